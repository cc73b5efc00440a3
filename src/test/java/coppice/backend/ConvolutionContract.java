package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.matrix.CsrPattern;
import coppice.oracle.OracleConvolution;
import coppice.oracle.Tolerances;
import coppice.random.Philox;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend must do with convolutions and pooling. A subclass gives the backend. */
public abstract class ConvolutionContract {
    private static final int SLICES = 8; // of the cases, for tests of some seconds each

    /** The backend under test; the same one each time will do. */
    protected abstract Backend backend();

    /** Takes every n-th of the cases, for a slow backend. */
    protected int every() {
        return 1;
    }

    static IntStream slices() {
        return IntStream.range(0, SLICES);
    }

    private List<ConvolutionCase> cases(int slice) {
        List<ConvolutionCase> all = ConvolutionCase.all();
        return IntStream.range(0, all.size())
                .filter(i -> i % SLICES == slice && i / SLICES % every() == slice % every())
                .mapToObj(all::get)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("slices")
    void agreesWithTheOracle(int slice) {
        for (ConvolutionCase shape : cases(slice)) {
            checkAgainstOracle(shape, ConvolutionRun.of(backend(), shape));
        }
    }

    @ParameterizedTest
    @MethodSource("slices")
    void sumsInTheStatedOrder(int slice) {
        for (ConvolutionCase shape : cases(slice)) {
            ConvolutionOrder.check(shape, ConvolutionRun.of(backend(), shape));
        }
    }

    @ParameterizedTest
    @MethodSource("slices")
    void activatesAndDrops(int slice) {
        for (ConvolutionCase shape : cases(slice)) {
            Map<String, float[]> results = ConvolutionRun.of(backend(), shape);
            float[] images = shape.images();
            checkActivation(shape, get(results, "z"), get(results, "a"), ConvolutionRun.ABOVE);
            checkActivation(shape, images, get(results, "below"), ConvolutionRun.BELOW);
            checkDerivative(shape, images, get(results, "dx"), get(results, "dBelow"));
            for (Pooling pooling : Pooling.values()) {
                if (shape.pool() != null) {
                    float[] z = get(results, pooling + " z");
                    checkActivation(shape, z, get(results, pooling + " a"), ConvolutionRun.ABOVE);
                    float[] dx = get(results, pooling + " dx");
                    checkDerivative(shape, images, dx, get(results, pooling + " dBelow"));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("slices")
    void paddingAndStaleColumnsChangeNoBit(int slice) {
        for (ConvolutionCase shape : cases(slice)) {
            Map<String, float[]> expected = ConvolutionRun.of(backend(), shape);
            for (int more : new int[] {1, 30, 70}) {
                ConvolutionCase padded = shape.withCapacity(shape.batch() + more);
                assertEquals(
                        List.of(),
                        NetworkRun.differences(expected, ConvolutionRun.of(backend(), padded)),
                        padded::toString);
            }
        }
    }

    @Test
    void theFirstOfEqualPixelsIsTheGreatest() {
        // Two windows of 2 x 2 that share their middle column: 3 is first in the left one and last in the right one.
        Window window = Window.valid(1, 2, 3, 2, 1);
        Tensor x = backend().activations(6, 1);
        backend().upload(x, new float[] {1, 3, 2, 3, 0, 3});
        Tensor z = backend().activations(2, 1);
        Neurons pooled = Neurons.of(backend(), Activation.IDENTITY, z, backend().activations(2, 1), null, null);
        Neurons below = Neurons.of(backend(), Activation.IDENTITY, x, backend().activations(6, 1), null, null);
        Pass pass = new Pass(1, true, 0);
        backend().pool(Pooling.MAX, window, x, pooled, pass);
        assertArrayEquals(new float[] {3, 3}, backend().download(z));
        backend().upload(z, new float[] {10, 100});
        backend().unpool(Pooling.MAX, window, z, below, pass);
        assertArrayEquals(new float[] {0, 110, 0, 0, 0, 0}, backend().download(below.gradient()));
    }

    private static float[] get(Map<String, float[]> results, String name) {
        return Objects.requireNonNull(results.get(name), name);
    }

    private static double[] wide(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static void checkAgainstOracle(ConvolutionCase shape, Map<String, float[]> results) {
        CsrPattern pattern = shape.pattern();
        double[] values = wide(shape.weights());
        double[][] weights = new double[shape.filters()][shape.window().terms()];
        for (int filter = 0; filter < shape.filters(); filter++) {
            for (int k = pattern.rowOffsets()[filter]; k < pattern.rowOffsets()[filter + 1]; k++) {
                weights[filter][pattern.columnIndices()[k]] = values[k];
            }
        }
        OracleConvolution oracle = new OracleConvolution(shape.window(), shape.batch(), weights, wide(shape.bias()));
        double[] x = wide(shape.images());
        double[] dz = wide(shape.gradient(shape.filters() * shape.window().positions()));
        near(shape, "z", oracle.forward(x), get(results, "z"));
        near(shape, "dx", oracle.backward(dz), get(results, "dx"));
        double[] biasGradient = oracle.biasGradient(dz);
        near(shape, "bias gradient", negated(biasGradient), get(results, "gradientBiasState"));
        double[][] gradient = oracle.weightGradient(dz, x);
        double[] atConnections = new double[pattern.connections()];
        for (int filter = 0; filter < shape.filters(); filter++) {
            for (int k = pattern.rowOffsets()[filter]; k < pattern.rowOffsets()[filter + 1]; k++) {
                atConnections[k] = gradient[filter][pattern.columnIndices()[k]];
            }
        }
        near(shape, "gradient", negated(atConnections), get(results, "gradientState"));
        for (int k = 0; k < values.length; k++) {
            values[k] -= atConnections[k];
        }
        near(shape, "weights", values, get(results, "gradient"));
    }

    private static double[] negated(double[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> -values[i]).toArray();
    }

    private static void near(ConvolutionCase shape, String name, double[] expected, float[] actual) {
        double greatest = 1;
        for (double value : expected) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        assertArrayEquals(expected, wide(actual), Tolerances.NETWORK * greatest, () -> shape + ": " + name);
    }

    /** a = dropout(leaky(z)), with what is dropped straight from Philox. */
    private static void checkActivation(ConvolutionCase shape, float[] z, float[] a, Dropout dropout) {
        float[] expected = new float[z.length];
        for (int i = 0; i < z.length; i++) {
            float value = z[i] > 0 ? z[i] : z[i] * ConvolutionRun.LEAKY.slope();
            boolean dropped = isDropped(dropout, i / shape.batch(), i % shape.batch());
            expected[i] = dropped ? 0 : value * dropout.scale();
        }
        assertArrayEquals(expected, a, () -> shape + ": activation");
    }

    private static void checkDerivative(ConvolutionCase shape, float[] z, float[] dx, float[] actual) {
        float[] expected = new float[z.length];
        Dropout dropout = ConvolutionRun.BELOW;
        for (int i = 0; i < z.length; i++) {
            boolean dropped = isDropped(dropout, i / shape.batch(), i % shape.batch());
            float scaled = dropped ? 0 : dx[i] * dropout.scale();
            expected[i] = z[i] > 0 ? scaled : scaled * ConvolutionRun.LEAKY.slope();
        }
        assertArrayEquals(expected, actual, () -> shape + ": derivative");
    }

    private static boolean isDropped(Dropout rule, int neuron, int column) {
        int[] block = new int[4];
        int number = 0;
        for (int j = 0; j < 16; j++) {
            int draw = column / 32 * 4 + j / 4;
            Philox.block(rule.seed(), draw, neuron, ConvolutionRun.STEP, rule.purposeWord(), block, 0);
            number = (number << 1) | ((block[j % 4] >>> (column % 32)) & 1);
        }
        return number < rule.threshold();
    }
}

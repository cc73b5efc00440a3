package coppice.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Backend;
import coppice.backend.Loss;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Totals;
import coppice.backend.Update.Kind;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.oracle.OracleActivation;
import coppice.oracle.OracleLayer;
import coppice.parallel.WorkerPool;
import coppice.topology.Evolution;
import coppice.topology.SetPrune;
import coppice.topology.UniformGrow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole convolutional networks on the plain kernels against the same in double precision. */
class ConvolutionalNetworkTest {
    private static final int CLASSES = 3;
    private static final Optimizer PLAIN = new Optimizer(Kind.SGD, 0, 0, false, 0, 1);

    private final Backend backend = Networks.backend();

    private static ModelSpec spec(String layers, String image) {
        Shape shape = Shape.parse(image);
        return ModelSpec.of(
                LayerGrammar.parse(layers),
                shape.neurons(),
                shape,
                CLASSES,
                Loss.CROSS_ENTROPY,
                Networks.sparsity(2, "uniform:0.7"));
    }

    /** First weights with biases and SReLU's parameters anywhere. */
    private static List<LayerState> draw(ModelSpec spec) {
        SplittableRandom random = new SplittableRandom(8);
        List<LayerState> states = Networks.draw(spec, 3, 1);
        for (LayerState state : states) {
            fill(state.bias(), random);
            if (state.slopes() != null) {
                fill(state.slopes(), random);
            }
        }
        return states;
    }

    private static void fill(float[] values, SplittableRandom random) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextDouble() - 0.5);
        }
    }

    /** A batch of images, (features, batch). */
    private static float[] images(int features, int batch) {
        float[] x = new float[features * batch];
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (2 * random.nextDouble() - 1);
        }
        return x;
    }

    private static int[] labels(int batch) {
        return IntStream.range(0, batch).map(b -> b * 7 % CLASSES).toArray();
    }

    private Network network(ModelSpec spec, List<LayerState> states, int batch) {
        return new Network(backend, spec, Networks.copy(states), 1, batch, 1);
    }

    /** One step of training; the mean loss before it. */
    private double step(Network network, int features, int batch, double rate) {
        Samples samples = backend.samples(new DenseMatrix(batch, 1, new float[batch]), labels(batch));
        backend.order(samples, IntStream.range(0, batch).toArray());
        backend.upload(network.input(), images(features, batch));
        backend.setTotals(Totals.ZERO);
        network.learn(samples, 0, new Pass(batch, true, 0), PLAIN.update(rate, 0), phase -> {});
        return backend.totals().meanLoss();
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double[][] rows(float[] values, int rows) {
        int columns = values.length / rows;
        return IntStream.range(0, rows)
                .mapToObj(row -> doubles(Arrays.copyOfRange(values, row * columns, (row + 1) * columns)))
                .toArray(double[][]::new);
    }

    private static double[][] dense(LayerState state) {
        CsrPattern pattern = state.pattern();
        if (pattern == null) {
            return rows(state.weights(), state.outputs());
        }
        double[][] dense = new double[state.outputs()][state.inputs()];
        for (int row = 0; row < dense.length; row++) {
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                dense[row][pattern.columnIndices()[k]] = state.weights()[k];
            }
        }
        return dense;
    }

    /** The network in double; SReLU's gradients are in the activations. */
    private record Oracle(List<OracleLayer> layers, List<OracleActivation> activations) {
        static Oracle of(ModelSpec spec, List<LayerState> states, int batch) {
            Oracle oracle = new Oracle(new ArrayList<>(), new ArrayList<>());
            int learned = 0;
            for (ModelSpec.Stage stage : spec.stages()) {
                Window window = stage.window();
                if (window != null && stage.spec().operation() instanceof LayerSpec.Pool pool) {
                    OracleActivation identity = new OracleActivation(stage.activation(), new double[0][]);
                    oracle.layers.add(new OracleLayer(window, batch, pool.pooling(), identity));
                    continue;
                }
                LayerState state = states.get(learned++);
                double[][] slopes = state.slopes() == null ? new double[0][] : rows(state.slopes(), 4);
                OracleActivation activation = new OracleActivation(stage.activation(), slopes);
                oracle.activations.add(activation);
                oracle.layers.add(new OracleLayer(window, batch, dense(state), doubles(state.bias()), activation));
            }
            return oracle;
        }

        /** The mean cross-entropy; all gradients are kept in the layers. */
        double run(double[] x, int[] labels) {
            double[] values = x;
            for (OracleLayer layer : layers) {
                values = layer.forward(values);
            }
            int batch = labels.length;
            double loss = 0;
            double[] gradient = new double[values.length];
            for (int b = 0; b < batch; b++) {
                double sum = 0;
                for (int k = 0; k < CLASSES; k++) {
                    sum += Math.exp(values[k * batch + b]);
                }
                loss += Math.log(sum) - values[labels[b] * batch + b];
                for (int k = 0; k < CLASSES; k++) {
                    gradient[k * batch + b] =
                            (Math.exp(values[k * batch + b]) / sum - (labels[b] == k ? 1 : 0)) / batch;
                }
            }
            List<OracleLayer> down = new ArrayList<>(layers);
            Collections.reverse(down);
            for (OracleLayer layer : down) {
                gradient = layer.backward(gradient);
            }
            return loss / batch;
        }
    }

    private static final class Comparison {
        private double greatest;

        void near(double gradient, double moved, String what) {
            assertEquals(gradient, moved, 4e-6 + 1e-5 * Math.abs(gradient), what);
            greatest = Math.max(greatest, Math.abs(gradient));
        }

        void near(double[] gradient, float[] before, float[] after, String what) {
            for (int i = 0; i < gradient.length; i++) {
                near(gradient[i], (double) before[i] - after[i], what + " " + i);
            }
        }

        void weights(double[][] gradient, LayerState before, LayerState after, String what) {
            CsrPattern pattern = before.pattern();
            for (int k = 0; k < before.weights().length; k++) {
                int at = k;
                int row = pattern == null
                        ? k / before.inputs()
                        : (int) IntStream.of(pattern.rowOffsets())
                                .skip(1)
                                .filter(end -> end <= at)
                                .count();
                int column = pattern == null ? k % before.inputs() : pattern.columnIndices()[k];
                near(gradient[row][column], (double) before.weights()[k] - after.weights()[k], what + " " + k);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "conv:3x3 tanh pool:2 dense:classes | 2x7x6 | 5",
                "conv:3x2,stride=2 srelu conv:4x3,valid leaky:0.3 dense:classes | 1x9x8 | 4",
                "sparse-conv:5x3,density=0.5 tanh avgpool:2,stride=1 sparse:6,density=0.5 sigmoid dense:classes |"
                        + " 3x5x5 | 33",
                "pool:3,stride=2 conv:4x1 relu sparse-conv:3x3,stride=3,valid,epsilon=1 relu dense:classes |"
                        + " 2x11x9 | 3",
                "avgpool:2 avgpool:1 sparse:7 relu sparse:classes | 2x4x5 | 2",
                "conv:2x5 relu pool:3,stride=1 conv:3x3,stride=2 allrelu:0.6 dense:classes | 1x3x4 | 1",
                "conv:4x3 relu conv:4x3 relu pool:2 conv:5x3 relu pool:2 sparse:9 relu dense:classes | 3x8x8 | 1",
                "sparse-conv:4x4,stride=3,density=0.3 srelu pool:2,stride=1 dense:classes | 2x10x7 | 35"
            })
    void aStepIsThatOfTheOracle(String layers, String image, int batch) {
        ModelSpec spec = spec(layers, image);
        List<LayerState> before = draw(spec);
        Network network = network(spec, before, batch);
        double loss = step(network, spec.inputs(), batch, 1);
        Oracle oracle = Oracle.of(spec, before, batch);
        assertEquals(oracle.run(doubles(images(spec.inputs(), batch)), labels(batch)), loss, 1e-5);
        List<LayerState> after = network.state();
        List<OracleLayer> learned =
                oracle.layers.stream().filter(layer -> layer.weights.length > 0).toList();
        Comparison comparison = new Comparison();
        for (int layer = 0; layer < before.size(); layer++) {
            LayerState old = before.get(layer);
            LayerState now = after.get(layer);
            comparison.weights(learned.get(layer).dWeights, old, now, layer + ": weight");
            comparison.near(learned.get(layer).dBias, old.bias(), now.bias(), layer + ": bias");
            if (old.slopes() != null) {
                double[] slopes = Arrays.stream(oracle.activations.get(layer).gradient)
                        .flatMapToDouble(Arrays::stream)
                        .toArray();
                comparison.near(slopes, old.slopes(), Networks.slopes(now), layer + ": slope");
            }
        }
        assertTrue(comparison.greatest > 0.01, "there must be a gradient to compare");
    }

    @Test
    void dropoutDiffersFromLayerToLayerAndStepsAreRepeatable() {
        ModelSpec plain = spec("conv:4x3 relu pool:2 pool:2 sparse:9 relu dense:classes", "1x8x8");
        ModelSpec dropping = spec(
                "conv:4x3 relu dropout:0.5 pool:2 dropout:0.5 pool:2 dropout:0.5 sparse:9 relu dense:classes", "1x8x8");
        List<LayerState> before = draw(plain);
        Network one = network(dropping, before, 5);
        Network other = network(dropping, before, 5);
        double loss = step(one, 64, 5, 0.1);
        assertEquals(loss, step(other, 64, 5, 0.1));
        assertTrue(loss != step(network(plain, before, 5), 64, 5, 0.1));
        for (int layer = 0; layer < before.size(); layer++) {
            assertArrayEquals(
                    one.state().get(layer).weights(), other.state().get(layer).weights());
        }
    }

    @Test
    void filtersEvolveLikeAnySparseLayer() {
        ModelSpec spec = spec(
                "conv:6x3 relu sparse-conv:8x3,density=0.3 relu pool:2 sparse:20,density=0.2 relu dense:classes",
                "1x8x8");
        Network network = network(spec, draw(spec), 4);
        step(network, 64, 4, 0.1);
        List<Integer> connections = network.connections();
        assertEquals(List.of(54, 130, 512, 60), connections);
        List<LayerState> before = Networks.copy(network.state());
        EvolutionRules rules = new EvolutionRules(
                new Evolution(new SetPrune(0.4, SetPrune.Counting.NEAREST), new UniformGrow()),
                Initializer.parse("uniform:50"),
                false);
        try (WorkerPool pool = new WorkerPool(1)) {
            assertTrue(network.evolve(rules, true, 2, 1, pool) > 200);
        }
        assertEquals(connections, network.connections());
        List<LayerState> after = network.state();
        for (int layer = 0; layer < 4; layer++) {
            boolean sparse = before.get(layer).pattern() != null;
            assertEquals(sparse, layer == 1 || layer == 2);
            assertEquals(
                    sparse,
                    !Arrays.equals(before.get(layer).weights(), after.get(layer).weights()));
            assertEquals(before.get(layer).window(), after.get(layer).window());
        }
        double loss = step(network(spec, after, 4), 64, 4, 0.1);
        assertEquals(loss, step(network, 64, 4, 0.1), "the state makes the same network again");
    }
}

package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import coppice.oracle.OracleNetwork;
import coppice.oracle.OracleUpdate;
import coppice.oracle.Tolerances;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend must do. A subclass gives the backend. */
public abstract class BackendContract {
    /** The backend under test; the same one each time will do. */
    protected abstract Backend backend();

    /** Takes every n-th of the cases, for a slow backend. */
    protected int every() {
        return 1;
    }

    private List<NetworkCase> cases(int hidden) {
        List<NetworkCase> all = NetworkCases.withHidden(hidden);
        return IntStream.range(0, all.size())
                .filter(i -> i % every() == hidden % every())
                .mapToObj(all::get)
                .toList();
    }

    static IntStream sizes() {
        return IntStream.of(NetworkCases.SIZES);
    }

    @ParameterizedTest(name = "{0} hidden neurons")
    @MethodSource("sizes")
    void agreesWithTheOracle(int hidden) {
        for (NetworkCase shape : cases(hidden)) {
            backend().setTotals(Totals.ZERO);
            OracleComparison.check(shape, NetworkRun.of(backend(), shape));
        }
    }

    @ParameterizedTest(name = "{0} hidden neurons")
    @MethodSource("sizes")
    void paddingAndStaleColumnsChangeNoBit(int hidden) {
        for (NetworkCase shape : cases(hidden)) {
            Map<String, float[]> expected = run(shape);
            for (int more : new int[] {1, 30, 70}) {
                NetworkCase padded = shape.withCapacity(shape.batch() + more);
                assertEquals(List.of(), NetworkRun.differences(expected, run(padded)), padded::toString);
            }
        }
    }

    @ParameterizedTest(name = "batch {0}, density {1}")
    @CsvSource({"1, 1", "3, 0.5", "17, 0.5", "31, 0.2", "32, 0.3", "100, 0.4", "128, 0.3", "5, -1", "33, -1", "128, -1"
    })
    void sumsInTheStatedOrder(int batch, double density) {
        NetworkCase shape = new NetworkCase(
                65,
                70,
                37,
                batch,
                batch + 2,
                density,
                new Activation(Activation.Kind.LEAKY, 0.25f),
                0,
                Loss.CROSS_ENTROPY,
                new Update(Update.Kind.SGD, 0.1f, 0.9f, 0.01f, false, 0, 0, 0),
                batch);
        SummationOrder.check(shape, run(shape));
    }

    private Map<String, float[]> run(NetworkCase shape) {
        backend().setTotals(Totals.ZERO);
        return NetworkRun.of(backend(), shape);
    }

    @Test
    void addsTheTotalsUp() {
        NetworkCase shape = NetworkCases.withHidden(32).get(5);
        float[] once = run(shape).getOrDefault("trainingTotals", new float[3]);
        backend().setTotals(new Totals(2, 100, 1000));
        float[] more = NetworkRun.of(backend(), shape).getOrDefault("trainingTotals", new float[3]);
        assertArrayEquals(new float[] {2 + once[0], 100 + once[1], 1000 + once[2]}, more, 1e-4f);
        assertEquals(0.1, new Totals(2, 100, 1000).accuracy());
    }

    @Test
    void gathersTheSameFromEveryStorage() {
        int rows = 50;
        int columns = 70;
        byte[] bytes = new byte[rows * columns];
        float[] floats = new float[rows * columns];
        int[] offsets = new int[rows + 1];
        int[] indices = new int[rows * columns];
        float[] values = new float[rows * columns];
        int connections = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int value = (row * 37 + column * 11) % 256;
                value = value % 3 == 0 ? value : 0;
                bytes[row * columns + column] = (byte) value;
                floats[row * columns + column] = value;
                if (value != 0) {
                    indices[connections] = column;
                    values[connections++] = value;
                }
            }
            offsets[row + 1] = connections;
        }
        Matrix sparse = new CsrMatrix(
                new CsrPattern(rows, columns, offsets, java.util.Arrays.copyOf(indices, connections)),
                java.util.Arrays.copyOf(values, connections));
        float[] expected = gather(new DenseMatrix(rows, columns, floats));
        assertArrayEquals(expected, gather(new ByteMatrix(rows, columns, bytes)));
        assertArrayEquals(expected, gather(sparse));
        assertEquals((floats[17 * columns + 5] - 1.5f) * 0.01f, expected[5 * 40 + 3]);
    }

    /** A batch of 40 from place 4 on, in an order that takes 10 + 1, 10 + 2, ... round the data set. */
    private float[] gather(Matrix features) {
        Samples samples = backend().samples(features, new int[features.rows()]);
        int[] order = IntStream.range(0, features.rows())
                .map(i -> (10 + i) % features.rows())
                .toArray();
        backend().order(samples, order);
        Tensor offset = filled(1, features.columns(), 1.5f);
        Tensor scale = filled(1, features.columns(), 0.01f);
        Tensor x = backend().activations(features.columns(), 40);
        backend().gather(samples, 4, offset, scale, x, new Pass(40, true, 0));
        return backend().download(x);
    }

    private Tensor filled(int rows, int columns, float value) {
        float[] values = new float[rows * columns];
        java.util.Arrays.fill(values, value);
        Tensor tensor = backend().tensor(rows, columns);
        backend().upload(tensor, values);
        return tensor;
    }

    @Test
    void rewiringCarriesTheStateOfSurvivors() {
        CsrPattern old = new CsrPattern(2, 4, new int[] {0, 2, 4}, new int[] {0, 3, 1, 2});
        SparseTensor tensor = backend().sparse(old, new float[] {1, 2, 3, 4}, 2);
        backend().setState(tensor, 0, new float[] {10, 20, 30, 40});
        backend().setState(tensor, 1, new float[] {11, 21, 31, 41});
        CsrPattern next = new CsrPattern(2, 4, new int[] {0, 3, 4}, new int[] {0, 1, 3, 2});
        backend().rewire(tensor, next, new float[] {1, 5, 2, 4}, new int[] {0, -1, 1, 3});
        assertEquals(next.connections(), tensor.pattern().connections());
        assertArrayEquals(new float[] {1, 5, 2, 4}, backend().weights(tensor));
        assertArrayEquals(new float[] {10, 0, 20, 40}, backend().state(tensor, 0));
        assertArrayEquals(new float[] {11, 0, 21, 41}, backend().state(tensor, 1));
    }

    @Test
    void downloadsWhatWasUploaded() {
        for (int batch : NetworkCases.BATCHES) {
            float[] values = NetworkCase.uniform(new java.util.Random(batch), 3 * batch);
            Tensor tensor = backend().activations(3, batch);
            backend().upload(tensor, values);
            assertArrayEquals(values, backend().download(tensor));
        }
    }

    /** Holds the results of a run against the oracle. */
    static final class OracleComparison {
        private final NetworkCase shape;
        private final Map<String, float[]> results;
        private final OracleNetwork oracle;

        private OracleComparison(NetworkCase shape, Map<String, float[]> results) {
            this.shape = shape;
            this.results = results;
            this.oracle = oracle(shape);
        }

        static void check(NetworkCase shape, Map<String, float[]> results) {
            OracleComparison comparison = new OracleComparison(shape, results);
            comparison.forward();
            comparison.backward();
        }

        private static OracleNetwork oracle(NetworkCase shape) {
            float[] features = shape.features().values();
            float[] offset = shape.vector(shape.inputs(), 20);
            float[] scale = shape.vector(shape.inputs(), 21);
            int[] order = shape.order();
            int[] labels = new int[shape.batch()];
            double[][] x = new double[shape.inputs()][shape.batch()];
            for (int b = 0; b < shape.batch(); b++) {
                labels[b] = shape.labels()[order[1 + b]];
                for (int f = 0; f < shape.inputs(); f++) {
                    x[f][b] = ((double) features[order[1 + b] * shape.inputs() + f] - offset[f]) * scale[f];
                }
            }
            return new OracleNetwork(
                    shape.activation(),
                    shape.loss(),
                    weights(shape, shape.hidden(), shape.inputs(), 1),
                    doubles(shape.vector(shape.hidden(), 11), shape.hidden())[0],
                    weights(shape, shape.outputs(), shape.hidden(), 2),
                    doubles(shape.vector(shape.outputs(), 12), shape.outputs())[0],
                    doubles(shape.vector(4 * shape.hidden(), 22), shape.hidden()),
                    shape.kept(),
                    x,
                    labels,
                    shape.classWeights());
        }

        private static double[][] weights(NetworkCase shape, int rows, int columns, int what) {
            if (shape.dense()) {
                return doubles(shape.weights(rows * columns, columns, what), columns);
            }
            CsrPattern pattern = shape.pattern(rows, columns, what);
            float[] values = shape.weights(pattern.connections(), columns, what);
            double[][] weights = new double[rows][columns];
            for (int row = 0; row < rows; row++) {
                for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                    weights[row][pattern.columnIndices()[k]] = values[k];
                }
            }
            return weights;
        }

        private static double[][] doubles(float[] values, int columns) {
            double[][] rows = new double[values.length / columns][columns];
            for (int i = 0; i < values.length; i++) {
                rows[i / columns][i % columns] = values[i];
            }
            return rows;
        }

        private void forward() {
            oracle.forward();
            near("x", oracle.x);
            near("hiddenZ", oracle.hiddenZ);
            near("hidden", oracle.hidden);
            near("logits", oracle.logits);
            float[] totals = result("trainingTotals");
            assertEquals(oracle.totalLoss, totals[0], Tolerances.LOSS * (1 + oracle.totalLoss), () -> shape + " loss");
            assertEquals(correct(), (long) totals[1], () -> shape + " correct");
            assertEquals(shape.batch(), totals[2]);
        }

        private long correct() {
            float[] logits = result("logits");
            long correct = 0;
            for (int b = 0; b < shape.batch(); b++) {
                int winner = 0;
                for (int k = 1; k < shape.outputs(); k++) {
                    winner = logits[k * shape.batch() + b] > logits[winner * shape.batch() + b] ? k : winner;
                }
                correct += winner == oracle.labels[b] ? 1 : 0;
            }
            return correct;
        }

        private void backward() {
            oracle.backward();
            near("dLogits", oracle.dLogits);
            near("dHiddenZ", oracle.dHiddenZ);
            if (shape.activation().kind() == Activation.Kind.SRELU) {
                near("dSlopes", oracle.dSlopes);
                stepped("slopes", oracle.slopes, oracle.dSlopes, shape.update().withoutDecay(), 5);
            }
            layer("first", oracle.firstWeights, oracle.firstBias, oracle.dFirstWeights, oracle.dFirstBias, 1);
            layer("second", oracle.secondWeights, oracle.secondBias, oracle.dSecondWeights, oracle.dSecondBias, 2);
        }

        private void layer(String name, double[][] w, double[] bias, double[][] dw, double[] dBias, int what) {
            stepped(
                    name + "Bias",
                    new double[][] {bias},
                    new double[][] {dBias},
                    shape.update().withoutDecay(),
                    what);
            if (shape.dense()) {
                stepped(name + "Weights", w, dw, shape.update(), 2 + what);
                return;
            }
            CsrPattern pattern = shape.pattern(w.length, w[0].length, what);
            double[][] weights = {atConnections(pattern, w)};
            double[][] gradient = {atConnections(pattern, dw)};
            near(name + "Gradient", gradient);
            stepped(name + "Weights", weights, gradient, shape.update(), 2 + what);
        }

        private static double[] atConnections(CsrPattern pattern, double[][] matrix) {
            double[] values = new double[pattern.connections()];
            for (int row = 0; row < pattern.rows(); row++) {
                for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                    values[k] = matrix[row][pattern.columnIndices()[k]];
                }
            }
            return values;
        }

        /** Compares the parameter after the step with the oracle's. */
        private void stepped(String name, double[][] before, double[][] gradient, Update update, int what) {
            int columns = before[0].length;
            float[] state = shape.vector(before.length * columns, 30 + what);
            double[][] after = new double[before.length][columns];
            for (int row = 0; row < before.length; row++) {
                for (int column = 0; column < columns; column++) {
                    double start = Math.abs(state[row * columns + column]) * 0.1f;
                    after[row][column] = OracleUpdate.step(
                            update, gradient[row][column], before[row][column], new double[] {start, start});
                }
            }
            near(name, after);
        }

        private float[] result(String name) {
            float[] found = results.get(name);
            if (found == null) {
                throw new AssertionError("no result " + name);
            }
            return found;
        }

        private void near(String name, double[][] expected) {
            float[] actual = result(name);
            int columns = expected[0].length;
            double greatest = 0;
            for (double[] row : expected) {
                for (double value : row) {
                    greatest = Math.max(greatest, Math.abs(value));
                }
            }
            assertEquals(expected.length * columns, actual.length, name);
            for (int i = 0; i < actual.length; i++) {
                double difference = Math.abs(expected[i / columns][i % columns] - actual[i]);
                if (!(difference <= Tolerances.NETWORK * greatest + Tolerances.NEAR_ONE)) {
                    throw new AssertionError(name + "[" + i / columns + ", " + i % columns + "] is " + actual[i]
                            + " and should be " + expected[i / columns][i % columns] + ": " + shape);
                }
            }
        }
    }
}

package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import coppice.matrix.CsrPattern;
import java.util.Arrays;
import java.util.Map;

/** Sums in the very order that {@link Backend} states, and checks that a backend's bits are those. */
final class SummationOrder {
    private final NetworkCase shape;
    private final Map<String, float[]> results;
    private final int batch;

    private SummationOrder(NetworkCase shape, Map<String, float[]> results) {
        this.shape = shape;
        this.results = results;
        this.batch = shape.batch();
    }

    /** Checks a run whose hidden layer is a bare function of z, without dropout or slopes. */
    static void check(NetworkCase shape, Map<String, float[]> results) {
        SummationOrder order = new SummationOrder(shape, results);
        order.layer("first", "x", "hiddenZ", "dHiddenZ", shape.hidden(), shape.inputs(), 1);
        order.layer("second", "hidden", "logits", "dLogits", shape.outputs(), shape.hidden(), 2);
        order.backward();
    }

    private float[] result(String name) {
        return results.getOrDefault(name, new float[0]);
    }

    private CsrPattern pattern(int rows, int columns, int what) {
        if (!shape.dense()) {
            return shape.pattern(rows, columns, what);
        }
        int[] offsets = new int[rows + 1];
        Arrays.setAll(offsets, row -> row * columns);
        int[] indices = new int[rows * columns];
        Arrays.setAll(indices, k -> k % columns);
        return new CsrPattern(rows, columns, offsets, indices);
    }

    private void layer(String name, String x, String z, String dz, int rows, int columns, int what) {
        CsrPattern pattern = pattern(rows, columns, what);
        float[] weights = shape.weights(pattern.connections(), columns, what);
        float[] bias = shape.vector(rows, 10 + what);
        float[] expected = new float[rows * batch];
        float[] gradient = new float[pattern.connections()];
        for (int row = 0; row < rows; row++) {
            for (int b = 0; b < batch; b++) {
                float sum = bias[row];
                for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                    sum = Math.fma(weights[k], result(x)[pattern.columnIndices()[k] * batch + b], sum);
                }
                expected[row * batch + b] = sum;
            }
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                int column = pattern.columnIndices()[k];
                gradient[k] = shape.dense() ? sequential(dz, row, x, column) : byLanes(dz, row, x, column);
            }
        }
        assertArrayEquals(expected, result(z), z);
        step(name + "Weights", weights, gradient, shape.update(), 2 + what);
        float[] biasGradient = new float[rows];
        for (int row = 0; row < rows; row++) {
            biasGradient[row] = lanesOf(dz, row);
        }
        step(name + "Bias", bias, biasGradient, shape.update().withoutDecay(), what);
    }

    private float sequential(String dz, int row, String x, int column) {
        float sum = 0;
        for (int b = 0; b < batch; b++) {
            sum = Math.fma(result(dz)[row * batch + b], result(x)[column * batch + b], sum);
        }
        return sum;
    }

    private float byLanes(String dz, int row, String x, int column) {
        float[] lanes = new float[32];
        for (int b = 0; b < batch; b++) {
            lanes[b % 32] = Math.fma(result(dz)[row * batch + b], result(x)[column * batch + b], lanes[b % 32]);
        }
        return fold(lanes);
    }

    private float lanesOf(String dz, int row) {
        float[] lanes = new float[32];
        for (int b = 0; b < batch; b++) {
            lanes[b % 32] = Math.fma(result(dz)[row * batch + b], 1f, lanes[b % 32]);
        }
        return fold(lanes);
    }

    private static float fold(float[] lanes) {
        for (int distance = 16; distance >= 1; distance /= 2) {
            for (int lane = 0; lane < distance; lane++) {
                lanes[lane] = lanes[lane] + lanes[lane + distance];
            }
        }
        return lanes[0];
    }

    /** One SGD step, in the operations that {@link Update} lists. */
    private void step(String name, float[] weights, float[] gradient, Update update, int what) {
        float[] expected = new float[weights.length];
        float[] state = shape.vector(weights.length, 30 + what);
        for (int i = 0; i < weights.length; i++) {
            float velocity = Math.abs(state[i]) * 0.1f;
            float step = update.rate() * Math.fma(update.decay(), weights[i], gradient[i]);
            expected[i] = weights[i] + Math.fma(update.momentum(), velocity, -step);
        }
        assertArrayEquals(expected, result(name), name);
    }

    private void backward() {
        CsrPattern pattern = pattern(shape.outputs(), shape.hidden(), 2);
        float[] weights = shape.weights(pattern.connections(), shape.hidden(), 2);
        float[] dx = new float[shape.hidden() * batch];
        for (int row = 0; row < shape.outputs(); row++) {
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                for (int b = 0; b < batch; b++) {
                    int at = pattern.columnIndices()[k] * batch + b;
                    dx[at] = Math.fma(weights[k], result("dLogits")[row * batch + b], dx[at]);
                }
            }
        }
        for (int i = 0; i < dx.length; i++) {
            dx[i] = result("hiddenZ")[i] > 0
                    ? dx[i]
                    : dx[i] * shape.activation().slope();
        }
        assertArrayEquals(dx, result("dHiddenZ"), "dHiddenZ");
    }
}

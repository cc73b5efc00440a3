package coppice.backend;

import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A network of two layers and all the data of one training step, drawn from the shape and the seed.
 *
 * @param capacity columns of the activation tensors, at least the batch
 * @param density of both layers; below zero for dense ones
 * @param dropout rate in the hidden layer; 0 for none
 */
record NetworkCase(
        int inputs,
        int hidden,
        int outputs,
        int batch,
        int capacity,
        double density,
        Activation activation,
        double dropout,
        Loss loss,
        Update update,
        long seed) {
    static final int SPARE_SAMPLES = 3;
    static final int STEP = 77;
    static final double DENSE = -1;

    NetworkCase withCapacity(int newCapacity) {
        return new NetworkCase(
                inputs, hidden, outputs, batch, newCapacity, density, activation, dropout, loss, update, seed);
    }

    boolean dense() {
        return density < 0;
    }

    Dropout dropoutRule() {
        return Dropout.of(dropout, seed, Philox.purposeWord(Stream.DROPOUT, 1));
    }

    private Random random(int what) {
        return new Random(seed * 31 + what);
    }

    static float[] uniform(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    /** Random cells; every fifth row is empty unless there is one row only. */
    CsrPattern pattern(int rows, int columns, int what) {
        Random random = random(what);
        int[] offsets = new int[rows + 1];
        int[] indices = new int[rows * columns];
        int connections = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                if (random.nextDouble() < density && (row % 5 != 3 || density == 1)) {
                    indices[connections++] = column;
                }
            }
            offsets[row + 1] = connections;
        }
        return new CsrPattern(rows, columns, offsets, Arrays.copyOf(indices, connections));
    }

    /** Weights that keep sums near one, one for each connection. */
    float[] weights(int connections, int columns, int what) {
        float[] weights = uniform(random(what), connections);
        double scale = Math.sqrt(3 / Math.max(1, columns * Math.abs(density)));
        for (int k = 0; k < connections; k++) {
            weights[k] *= (float) scale;
        }
        return weights;
    }

    float[] vector(int length, int what) {
        return uniform(random(what), length);
    }

    DenseMatrix features() {
        int rows = batch + SPARE_SAMPLES;
        return new DenseMatrix(rows, inputs, vector(rows * inputs, 100));
    }

    /** Classes, or the bits of numbers in [-1, 1). */
    int[] labels() {
        int rows = batch + SPARE_SAMPLES;
        if (loss != Loss.SQUARED_ERROR) {
            return random(101).ints(rows, 0, outputs).toArray();
        }
        float[] numbers = vector(rows, 101);
        int[] bits = new int[rows];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(numbers[i]));
        return bits;
    }

    /** Weights of the classes from 0 to 2; null in every other case, and for numbers. */
    float @Nullable [] classWeights() {
        if (loss == Loss.SQUARED_ERROR || (seed / 4) % 2 == 0) {
            return null;
        }
        float[] weights = vector(outputs, 102);
        for (int k = 0; k < outputs; k++) {
            weights[k] = k % 7 == 6 ? 0 : weights[k] + 1;
        }
        return weights;
    }

    /** The order of the samples: backwards. */
    int[] order() {
        int rows = batch + SPARE_SAMPLES;
        int[] order = new int[rows];
        Arrays.setAll(order, i -> rows - 1 - i);
        return order;
    }

    /** For each hidden output 0 or the factor that dropout gives it, straight from Philox. */
    double[][] kept() {
        double[][] kept = new double[hidden][batch];
        for (int neuron = 0; neuron < hidden; neuron++) {
            for (int b = 0; b < batch; b++) {
                kept[neuron][b] = dropout == 0
                        ? 1
                        : isDropped(neuron, b) ? 0 : dropoutRule().scale();
            }
        }
        return kept;
    }

    private boolean isDropped(int neuron, int column) {
        Dropout rule = dropoutRule();
        int[] block = new int[4];
        int number = 0;
        for (int j = 0; j < 16; j++) {
            Philox.block(rule.seed(), column / 32 * 4 + j / 4, neuron, STEP, rule.purposeWord(), block, 0);
            number = (number << 1) | ((block[j % 4] >>> (column % 32)) & 1);
        }
        return number < rule.threshold();
    }
}

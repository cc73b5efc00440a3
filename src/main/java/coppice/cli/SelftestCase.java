package coppice.cli;

import coppice.backend.Activation;
import coppice.backend.Dropout;
import coppice.backend.ImageMaps;
import coppice.backend.Loss;
import coppice.backend.Update;
import coppice.data.Augmentation;
import coppice.data.ImageShape;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A network of two layers and the data of its training steps, all drawn from the seed.
 *
 * @param density of both layers; below zero for dense ones
 * @param dropout rate in the hidden layer, 0 for none
 */
record SelftestCase(
        int inputs,
        int hidden,
        int outputs,
        int batch,
        double density,
        Activation activation,
        double dropout,
        Loss loss,
        Update update,
        int seed) {
    /** Samples beyond a batch, so that steps can start at different places. */
    static final int MORE_SAMPLES = 4;

    private static final int[] BATCHES = {1, 7, 32, 100, 128, 160};
    private static final int[] FEW_BATCHES = {1, 33};
    private static final int[] INPUTS = {70, 33, 256, 3};
    private static final int[] HIDDEN = {65, 127, 1, 200, 32};
    private static final int[] OUTPUTS = {10, 3, 37};
    private static final double[] DENSITIES = {0.3, 0.02, 1};
    private static final double[] DROPOUTS = {0.3, 0, 0.5, 0.9};
    private static final Loss[] LOSSES = Loss.values();
    private static final Update.Kind[] RULES = {Update.Kind.SGD, Update.Kind.NESTEROV, Update.Kind.ADAM};
    private static final Activation[] ACTIVATIONS = {
        new Activation(Activation.Kind.LEAKY, 0.25f),
        new Activation(Activation.Kind.SRELU, 0),
        new Activation(Activation.Kind.RELU, 0),
        new Activation(Activation.Kind.TANH, 0),
        new Activation(Activation.Kind.SIGMOID, 0),
        Activation.IDENTITY,
        new Activation(Activation.Kind.LEAKY, -0.6f),
    };

    /** Every activation with every batch in a sparse and a dense network; the other settings rotate. */
    static List<SelftestCase> all(boolean quick) {
        List<SelftestCase> cases = new ArrayList<>();
        int n = 0;
        for (int batch : quick ? FEW_BATCHES : BATCHES) {
            for (Activation activation : ACTIVATIONS) {
                cases.add(rotated(n, batch, DENSITIES[n % DENSITIES.length], activation));
                cases.add(rotated(n + 3, batch, -1, activation));
                n++;
            }
        }
        return cases;
    }

    private static SelftestCase rotated(int n, int batch, double density, Activation activation) {
        return new SelftestCase(
                INPUTS[n % INPUTS.length],
                HIDDEN[n % HIDDEN.length],
                OUTPUTS[n % OUTPUTS.length],
                batch,
                density,
                activation,
                DROPOUTS[n % DROPOUTS.length],
                LOSSES[n / 2 % LOSSES.length],
                update(n % 6),
                n);
    }

    /** Each rule, with coupled and with unscaled decay. */
    private static Update update(int which) {
        Update.Kind kind = RULES[which % RULES.length];
        boolean unscaled = which >= RULES.length;
        return kind == Update.Kind.ADAM
                ? new Update(kind, 0.004f, 0.9f, 0.01f, unscaled, 0.999f, 3.7f, 1e-8f)
                : new Update(kind, 0.05f, 0.9f, 0.01f, unscaled, 0, 0, 0);
    }

    /** The same network with other numbers. */
    SelftestCase redrawn() {
        int other = seed + 5040; // what is chosen by a small divisor of the seed stays
        return new SelftestCase(inputs, hidden, outputs, batch, density, activation, dropout, loss, update, other);
    }

    /** Columns of the activation tensors: sometimes more than the batch, as for the last batch of an epoch. */
    int capacity() {
        return batch + (seed % 3 == 0 ? 5 : 0);
    }

    boolean dense() {
        return density < 0;
    }

    int samples() {
        return batch + MORE_SAMPLES;
    }

    Dropout dropoutRule() {
        return Dropout.of(dropout, seed, Philox.purposeWord(Stream.DROPOUT, 1));
    }

    private Random random(int what) {
        return new Random(seed * 31L + what);
    }

    /** Numbers in [-1, 1). */
    float[] vector(int length, int what) {
        Random random = random(what);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    /** Weights that keep sums near one. */
    float[] weights(int count, int columns, int what) {
        float[] weights = vector(count, what);
        float scale = (float) Math.sqrt(3 / Math.max(1, columns * Math.abs(density)));
        for (int k = 0; k < count; k++) {
            weights[k] *= scale;
        }
        return weights;
    }

    /** Random cells; every fifth row is empty, but not at density 1. */
    CsrPattern pattern(int rows, int columns, int what) {
        Random random = random(what);
        int[] offsets = new int[rows + 1];
        int[] indices = new int[rows * columns];
        int count = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                if (random.nextDouble() < density && (row % 5 != 3 || density == 1)) {
                    indices[count++] = column;
                }
            }
            offsets[row + 1] = count;
        }
        return new CsrPattern(rows, columns, offsets, Arrays.copyOf(indices, count));
    }

    /** Two thirds of the features are zero. */
    ByteMatrix bytes() {
        byte[] values = new byte[samples() * inputs];
        random(100).nextBytes(values);
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 3 == 0 ? values[i] : 0;
        }
        return new ByteMatrix(samples(), inputs, values);
    }

    DenseMatrix floats() {
        byte[] bytes = bytes().values();
        float[] values = new float[bytes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Byte.toUnsignedInt(bytes[i]);
        }
        return new DenseMatrix(samples(), inputs, values);
    }

    CsrMatrix entries() {
        float[] all = floats().values();
        float[] values = new float[all.length];
        int[] indices = new int[all.length];
        int[] offsets = new int[samples() + 1];
        int count = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] != 0) {
                indices[count] = i % inputs;
                values[count++] = all[i];
            }
            offsets[i / inputs + 1] = count;
        }
        CsrPattern pattern = new CsrPattern(samples(), inputs, offsets, Arrays.copyOf(indices, count));
        return new CsrMatrix(pattern, Arrays.copyOf(values, count));
    }

    /** The features in one of the three storages. */
    Matrix features(int storage) {
        return switch (storage % 3) {
            case 0 -> bytes();
            case 1 -> floats();
            default -> entries();
        };
    }

    /** The samples as images of some shape, changed otherwise in each epoch. */
    ImageMaps images(int epoch) {
        ImageShape image = switch (inputs) {
            case 70 -> new ImageShape(2, 5, 7);
            case 33 -> new ImageShape(1, 3, 11);
            case 256 -> new ImageShape(4, 8, 8);
            default -> new ImageShape(inputs, 1, 1);
        };
        float[] maps = new Augmentation(40, 0.4, 2, true, Augmentation.Fill.ZERO).maps(image, samples(), seed, epoch);
        return new ImageMaps(image.channels(), image.height(), image.width(), seed % 2 == 0, maps);
    }

    /** Classes, or the bits of numbers. */
    int[] labels() {
        if (loss != Loss.SQUARED_ERROR) {
            return random(101).ints(samples(), 0, outputs).toArray();
        }
        float[] numbers = vector(samples(), 101);
        int[] bits = new int[numbers.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(numbers[i]));
        return bits;
    }

    /** Weights of the classes from 0 to 2; null in every third case, and for numbers. */
    float @Nullable [] classWeights() {
        if (loss == Loss.SQUARED_ERROR || seed % 3 == 0) {
            return null;
        }
        float[] weights = vector(outputs, 102);
        for (int k = 0; k < outputs; k++) {
            weights[k] += 1;
        }
        return weights;
    }

    /** The order of the samples: backwards. */
    int[] order() {
        int[] order = new int[samples()];
        Arrays.setAll(order, i -> order.length - 1 - i);
        return order;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d-%d-%d, %s, batch %d, %s, dropout %s, %s, %s",
                inputs,
                hidden,
                outputs,
                dense() ? "dense" : "density " + density,
                batch,
                activation.kind(),
                dropout,
                loss,
                update.kind());
    }
}

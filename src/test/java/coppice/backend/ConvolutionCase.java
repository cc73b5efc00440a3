package coppice.backend;

import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A convolution with all the data of one training step, drawn from the shape and the seed, and the same window as
 * pooling.
 *
 * @param capacity columns of the activation tensors, at least the batch
 * @param density of the filters; below zero for dense ones
 * @param seed also turns the optimizer's rule
 */
record ConvolutionCase(Window window, int filters, int batch, int capacity, double density, long seed) {
    static final double DENSE = -1;
    private static final int[][] IMAGES = {{5, 7}, {3, 33}, {9, 4}, {4, 17}, {6, 6}};
    private static final int[] KERNELS = {1, 2, 3, 5};
    private static final int[] STRIDES = {1, 2, 3};
    private static final int[] CHANNELS = {1, 3, 3, 5, 13};
    private static final int[] FILTERS = {1, 3, 7, 33, 12, 24};
    private static final int[] BATCHES = {1, 5, 31, 33, 100, 32, 64};
    private static final double[] DENSITIES = {DENSE, 0.3, DENSE, 1, DENSE, 0.05, 0};

    /** Each kernel, stride and padding with every batch. */
    static List<ConvolutionCase> all() {
        List<ConvolutionCase> cases = new ArrayList<>();
        for (int i = 0; i < BATCHES.length * 24; i++) {
            int kernel = KERNELS[i % 4];
            int stride = STRIDES[i / 4 % 3];
            boolean same = i / 12 % 2 == 0;
            int batch = BATCHES[i / 24];
            int[] image = IMAGES[(i + i / 24) % IMAGES.length];
            boolean fits = kernel <= Math.min(image[0], image[1]);
            int channels = CHANNELS[(i + i / 5) % CHANNELS.length];
            Window window = same || !fits
                    ? Window.same(channels, image[0], image[1], kernel, stride)
                    : Window.valid(channels, image[0], image[1], kernel, stride);
            int filters = FILTERS[(i + i / 6) % FILTERS.length];
            double density = DENSITIES[(i + i / 7) % DENSITIES.length];
            cases.add(new ConvolutionCase(window, filters, batch, batch, density, i));
        }
        cases.addAll(special());
        return cases;
    }

    /** Images smaller than the window, a single pixel, uneven padding. */
    private static List<ConvolutionCase> special() {
        return List.of(
                new ConvolutionCase(Window.same(2, 1, 1, 5, 1), 3, 5, 5, DENSE, 1000),
                new ConvolutionCase(Window.same(2, 2, 1, 3, 2), 4, 33, 33, 0.5, 1001),
                new ConvolutionCase(new Window(2, 4, 3, 4, 3, 3, 0, 3, 1), 5, 31, 31, DENSE, 1002),
                new ConvolutionCase(new Window(1, 40, 2, 3, 1, 2, 2, 42, 4), 2, 6, 6, 0.7, 1003),
                new ConvolutionCase(new Window(3, 6, 5, 1, 4, 0, 0, 2, 2), 26, 96, 96, DENSE, 1004));
    }

    /** Batches and filters that take more than one tile of a GPU's kernels, and images of many stripes. */
    static List<ConvolutionCase> wide() {
        return List.of(
                new ConvolutionCase(Window.same(5, 4, 4, 3, 1), 20, 130, 130, DENSE, 2000),
                new ConvolutionCase(Window.same(19, 4, 5, 3, 2), 33, 256, 260, DENSE, 2001),
                new ConvolutionCase(Window.valid(4, 9, 6, 3, 1), 17, 96, 96, DENSE, 2002),
                new ConvolutionCase(Window.same(37, 3, 4, 2, 1), 7, 300, 300, DENSE, 2003),
                new ConvolutionCase(Window.same(3, 9, 33, 3, 1), 33, 5, 5, DENSE, 2004),
                new ConvolutionCase(Window.same(3, 9, 33, 3, 1), 2, 33, 33, DENSE, 2005),
                new ConvolutionCase(Window.same(3, 9, 33, 3, 1), 4, 5, 5, 0.4, 2006),
                new ConvolutionCase(Window.same(3, 9, 33, 3, 1), 33, 3, 3, 0.6, 2007),
                new ConvolutionCase(Window.same(20, 5, 19, 3, 3), 6, 130, 130, 0.5, 2008),
                new ConvolutionCase(Window.valid(9, 4, 18, 2, 2), 40, 65, 70, 0.3, 2009));
    }

    ConvolutionCase withCapacity(int newCapacity) {
        return new ConvolutionCase(window, filters, batch, newCapacity, density, seed);
    }

    boolean dense() {
        return density < 0;
    }

    /** The window for pooling; null where it has pixels outside the image. */
    @org.jspecify.annotations.Nullable
    Window pool() {
        return window.kernel() > Math.min(window.height(), window.width())
                ? null
                : Window.valid(window.channels(), window.height(), window.width(), window.kernel(), window.stride());
    }

    private Random random(int what) {
        return new Random(seed * 31 + what);
    }

    /** The filters there are: random cells, every fifth filter empty unless the density is one; all if dense. */
    CsrPattern pattern() {
        Random random = random(1);
        int columns = window.terms();
        int[] offsets = new int[filters + 1];
        int[] indices = new int[filters * columns];
        int connections = 0;
        for (int row = 0; row < filters; row++) {
            for (int column = 0; column < columns; column++) {
                if (dense() || (random.nextDouble() < density && (row % 5 != 3 || density == 1))) {
                    indices[connections++] = column;
                }
            }
            offsets[row + 1] = connections;
        }
        return new CsrPattern(filters, columns, offsets, Arrays.copyOf(indices, connections));
    }

    /** One weight a connection. */
    float[] weights() {
        return vector(pattern().connections(), 2);
    }

    float[] bias() {
        return vector(filters, 3);
    }

    /** The images below, (inputs, batch), with many equal pixels. */
    float[] images() {
        float[] images = vector(window.inputs() * batch, 4);
        for (int i = 0; i < images.length; i++) {
            images[i] = i % 3 == 0 ? Math.round(3 * images[i]) / 3f : images[i];
        }
        return images;
    }

    /** Gradient of the outputs of a layer of {@code rows} neurons, (rows, batch). */
    float[] gradient(int rows) {
        return vector(rows * batch, 5);
    }

    private float[] vector(int length, int what) {
        return NetworkCase.uniform(random(what), length);
    }
}

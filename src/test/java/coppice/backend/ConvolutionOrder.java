package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Sums of convolutions and pooling in the very order that {@link Backend} states, element by element, in float; a
 * backend's bits must be those.
 */
final class ConvolutionOrder {
    private final ConvolutionCase shape;
    private final Window window;
    private final int batch;
    private final Map<String, float[]> results;
    private final float[][] weights; // (filters, terms)
    private final boolean[][] present;

    private ConvolutionOrder(ConvolutionCase shape, Map<String, float[]> results) {
        this.shape = shape;
        this.window = shape.window();
        this.batch = shape.batch();
        this.results = results;
        this.weights = new float[shape.filters()][window.terms()];
        this.present = new boolean[shape.filters()][window.terms()];
        CsrPattern pattern = shape.pattern();
        float[] values = shape.weights();
        for (int filter = 0; filter < shape.filters(); filter++) {
            for (int k = pattern.rowOffsets()[filter]; k < pattern.rowOffsets()[filter + 1]; k++) {
                weights[filter][pattern.columnIndices()[k]] = values[k];
                present[filter][pattern.columnIndices()[k]] = true;
            }
        }
    }

    static void check(ConvolutionCase shape, Map<String, float[]> results) {
        ConvolutionOrder order = new ConvolutionOrder(shape, results);
        order.forward();
        order.backward();
        order.update();
        Window pool = shape.pool();
        if (pool != null) {
            order.maximum(pool);
            order.average(pool);
        }
    }

    private void same(String name, float[] expected) {
        assertArrayEquals(expected, results.getOrDefault(name, new float[0]), () -> shape + ": " + name);
    }

    /** Row of a pixel, or -1 where it lies outside. */
    private static int pixel(Window window, int channel, int y, int x) {
        boolean inside = y >= 0 && y < window.height() && x >= 0 && x < window.width();
        return inside ? (channel * window.height() + y) * window.width() + x : -1;
    }

    private int pixel(int term, int oy, int ox) {
        int kernel = window.kernel();
        int y = oy * window.stride() - window.top() + term / kernel % kernel;
        int x = ox * window.stride() - window.left() + term % kernel;
        return pixel(window, term / kernel / kernel, y, x);
    }

    private int position(int filter, int oy, int ox) {
        return (filter * window.outHeight() + oy) * window.outWidth() + ox;
    }

    private void forward() {
        float[] x = shape.images();
        float[] z = new float[shape.filters() * window.positions() * batch];
        for (int i = 0; i < z.length; i++) {
            int position = i / batch;
            int filter = position / window.positions();
            int oy = position % window.positions() / window.outWidth();
            float sum = shape.bias()[filter];
            for (int n = 0; n < window.terms(); n++) {
                int term = shape.dense() ? denseTerm(n) : n;
                int pixel = pixel(term, oy, position % window.outWidth());
                if (present[filter][term] && pixel >= 0) {
                    sum = Math.fma(weights[filter][term], x[pixel * batch + i % batch], sum);
                }
            }
            z[i] = sum;
        }
        same("z", z);
    }

    /** The n-th term of dense sums: the channel runs fastest, then ky, then kx. */
    private int denseTerm(int n) {
        int kernel = window.kernel();
        int channel = n % window.channels();
        int ky = n / window.channels() % kernel;
        int kx = n / window.channels() / kernel;
        return (channel * kernel + ky) * kernel + kx;
    }

    private void backward() {
        int kernel = window.kernel();
        float[] dz = shape.gradient(shape.filters() * window.positions());
        float[] dx = new float[window.inputs() * batch];
        for (int outer = 0; outer < kernel; outer++) {
            for (int inner = 0; inner < kernel; inner++) {
                int ky = shape.dense() ? inner : outer;
                int kx = shape.dense() ? outer : inner;
                for (int filter = 0; filter < shape.filters(); filter++) {
                    for (int channel = 0; channel < window.channels(); channel++) {
                        int term = (channel * kernel + ky) * kernel + kx;
                        for (int position = 0; position < window.positions(); position++) {
                            int pixel = pixel(term, position / window.outWidth(), position % window.outWidth());
                            for (int b = 0; pixel >= 0 && present[filter][term] && b < batch; b++) {
                                float factor = dz[(filter * window.positions() + position) * batch + b];
                                int at = pixel * batch + b;
                                dx[at] = Math.fma(weights[filter][term], factor, dx[at]);
                            }
                        }
                    }
                }
            }
        }
        same("dx", dx);
    }

    private void update() {
        float[] x = shape.images();
        float[] dz = shape.gradient(shape.filters() * window.positions());
        List<Float> gradient = new ArrayList<>();
        float[] bias = new float[shape.filters()];
        for (int filter = 0; filter < shape.filters(); filter++) {
            for (int term = 0; term < window.terms(); term++) {
                if (present[filter][term]) {
                    gradient.add(0f - byBlocks(dz, filter, x, term));
                }
            }
            bias[filter] = 0f - byBlocks(dz, filter, x, -1);
        }
        float[] state = new float[gradient.size()];
        for (int i = 0; i < state.length; i++) {
            state[i] = gradient.get(i);
        }
        same("gradientState", state);
        same("gradientBiasState", bias);
    }

    /** Sum of dz times the term's pixels, or of dz for term -1. */
    private float byBlocks(float[] dz, int filter, float[] x, int term) {
        int height = (31 + window.outWidth()) / window.outWidth();
        float[] lanes = new float[32];
        for (int b = 0; b < batch; b++) {
            for (int top = 0; top < window.outHeight(); top += height) {
                float sum = 0;
                for (int oy = top; oy < Math.min(top + height, window.outHeight()); oy++) {
                    for (int ox = 0; ox < window.outWidth(); ox++) {
                        float d = dz[position(filter, oy, ox) * batch + b];
                        int pixel = term < 0 ? 0 : pixel(term, oy, ox);
                        sum = pixel < 0 ? sum : term < 0 ? sum + d : Math.fma(d, x[pixel * batch + b], sum);
                    }
                }
                lanes[b % 32] += sum;
            }
        }
        for (int half = 16; half >= 1; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] = lanes[lane] + lanes[lane + half];
            }
        }
        return lanes[0];
    }

    private void maximum(Window pool) {
        float[] x = results.getOrDefault("below", new float[0]);
        float[] dz = shape.gradient(pool.channels() * pool.positions());
        float[] z = new float[dz.length];
        float[] dx = new float[x.length];
        for (int i = 0; i < z.length; i++) {
            int b = i % batch;
            int greatest = -1;
            for (int pixel : pixels(pool, i / batch)) {
                greatest = greatest < 0 || x[pixel * batch + b] > x[greatest * batch + b] ? pixel : greatest;
            }
            z[i] = x[greatest * batch + b];
            dx[greatest * batch + b] += dz[i];
        }
        same("MAX z", z);
        same("MAX dx", dx);
    }

    private void average(Window pool) {
        float[] x = results.getOrDefault("below", new float[0]);
        float[] dz = shape.gradient(pool.channels() * pool.positions());
        float[] z = new float[dz.length];
        float[] dx = new float[x.length];
        float factor = (float) (1.0 / (pool.kernel() * pool.kernel()));
        for (int i = 0; i < z.length; i++) {
            for (int pixel : pixels(pool, i / batch)) {
                int at = pixel * batch + i % batch;
                z[i] = z[i] + x[at];
                dx[at] = Math.fma(dz[i], factor, dx[at]);
            }
            z[i] = z[i] * factor;
        }
        same("AVERAGE z", z);
        same("AVERAGE dx", dx);
    }

    /** The pixels of a position, row by row. */
    private static int[] pixels(Window pool, int row) {
        int position = row % pool.positions();
        int[] pixels = new int[pool.kernel() * pool.kernel()];
        for (int i = 0; i < pixels.length; i++) {
            int y = position / pool.outWidth() * pool.stride() + i / pool.kernel();
            int x = position % pool.outWidth() * pool.stride() + i % pool.kernel();
            pixels[i] = pixel(pool, row / pool.positions(), y, x);
        }
        return pixels;
    }
}

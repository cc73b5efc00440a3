package coppice.oracle;

import coppice.backend.Pooling;
import coppice.backend.Window;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A layer of any kind in double, by brute force: fully connected, a convolution, or pooling.
 *
 * <p>Activations are (neurons, batch) row after row.
 */
public final class OracleLayer {
    private final @Nullable Window window; // null for fully connected neurons
    private final @Nullable Pooling pooling; // null for a layer of weights
    private final int batch;
    private final OracleActivation activation;

    /** (outputs, inputs) or (filters, terms), zero where there is no connection; empty for pooling. */
    public final double[][] weights;

    public final double[] bias;
    public double[][] dWeights = {};
    public double[] dBias = {};
    private double[] x = {};
    private double[] z = {};

    /** A layer of weights. */
    public OracleLayer(
            @Nullable Window window, int batch, double[][] weights, double[] bias, OracleActivation activation) {
        this.window = window;
        this.pooling = null;
        this.batch = batch;
        this.weights = weights;
        this.bias = bias;
        this.activation = activation;
    }

    /** Pooling. */
    public OracleLayer(Window window, int batch, Pooling pooling, OracleActivation identity) {
        this.window = window;
        this.pooling = pooling;
        this.batch = batch;
        this.weights = new double[0][];
        this.bias = new double[0];
        this.activation = identity;
    }

    /** The outputs for inputs. */
    public double[] forward(double[] inputs) {
        x = inputs;
        z = pooling != null ? pool() : window != null ? convolution().forward(x) : full();
        double[] outputs = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            outputs[i] = activation.value(i / batch, z[i]);
        }
        return outputs;
    }

    /** The inputs' gradient for the outputs' gradient; keeps those of weights and biases. */
    public double[] backward(double[] gradient) {
        double[] dz = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            dz[i] = gradient[i] * activation.derivative(i / batch, z[i], gradient[i]);
        }
        if (pooling != null) {
            return unpool(dz);
        }
        if (window != null) {
            dWeights = convolution().weightGradient(dz, x);
            dBias = convolution().biasGradient(dz);
            return convolution().backward(dz);
        }
        return fullBackward(dz);
    }

    private OracleConvolution convolution() {
        return new OracleConvolution(Objects.requireNonNull(window), batch, weights, bias);
    }

    private double[] full() {
        double[] sums = new double[weights.length * batch];
        for (int row = 0; row < weights.length; row++) {
            for (int b = 0; b < batch; b++) {
                sums[row * batch + b] = bias[row];
                for (int column = 0; column < weights[row].length; column++) {
                    sums[row * batch + b] += weights[row][column] * x[column * batch + b];
                }
            }
        }
        return sums;
    }

    private double[] fullBackward(double[] dz) {
        double[] dx = new double[x.length];
        dWeights = new double[weights.length][x.length / batch];
        dBias = new double[weights.length];
        for (int i = 0; i < dz.length; i++) {
            int row = i / batch;
            dBias[row] += dz[i];
            for (int column = 0; column < weights[row].length; column++) {
                int from = column * batch + i % batch;
                dWeights[row][column] += dz[i] * x[from];
                dx[from] += weights[row][column] * dz[i];
            }
        }
        return dx;
    }

    /** Something done with the pixels that a position covers. */
    private interface Pixels {
        void take(int position, int[] pixels);
    }

    private void forEachPosition(Pixels action) {
        Window w = Objects.requireNonNull(window);
        for (int position = 0; position < w.channels() * w.positions(); position++) {
            int channel = position / w.positions();
            int oy = position % w.positions() / w.outWidth();
            int ox = position % w.outWidth();
            int[] pixels = new int[w.kernel() * w.kernel()];
            for (int k = 0; k < pixels.length; k++) {
                int y = oy * w.stride() + k / w.kernel();
                int pixelX = ox * w.stride() + k % w.kernel();
                pixels[k] = (channel * w.height() + y) * w.width() + pixelX;
            }
            action.take(position, pixels);
        }
    }

    private int greatest(int[] pixels, int b) {
        int best = pixels[0];
        for (int pixel : pixels) {
            best = x[pixel * batch + b] > x[best * batch + b] ? pixel : best;
        }
        return best;
    }

    private double[] pool() {
        Window w = Objects.requireNonNull(window);
        double[] pooled = new double[w.channels() * w.positions() * batch];
        forEachPosition((position, pixels) -> {
            for (int b = 0; b < batch; b++) {
                double mean = 0;
                for (int pixel : pixels) {
                    mean += x[pixel * batch + b] / pixels.length;
                }
                pooled[position * batch + b] = pooling == Pooling.MAX ? x[greatest(pixels, b) * batch + b] : mean;
            }
        });
        return pooled;
    }

    private double[] unpool(double[] dz) {
        double[] dx = new double[x.length];
        forEachPosition((position, pixels) -> {
            for (int b = 0; b < batch; b++) {
                double value = dz[position * batch + b];
                if (pooling == Pooling.MAX) {
                    dx[greatest(pixels, b) * batch + b] += value;
                } else {
                    for (int pixel : pixels) {
                        dx[pixel * batch + b] += value / pixels.length;
                    }
                }
            }
        });
        return dx;
    }
}

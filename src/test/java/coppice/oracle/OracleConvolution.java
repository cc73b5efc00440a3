package coppice.oracle;

import coppice.backend.Window;

/** A convolution by brute force in double precision, for dense filters with zeros where there is no connection. */
public final class OracleConvolution {
    private final Window window;
    private final int batch;
    private final double[][] weights; // (filters, terms)
    private final double[] bias; // (filters)

    /** A convolution of batches. */
    public OracleConvolution(Window window, int batch, double[][] weights, double[] bias) {
        this.window = window;
        this.batch = batch;
        this.weights = weights;
        this.bias = bias;
    }

    /** One product of a weight and a pixel that goes into a position. */
    private interface Product {
        void take(int filter, int term, int pixel, int position);
    }

    private void forEachProduct(Product product) {
        for (int filter = 0; filter < weights.length; filter++) {
            for (int oy = 0; oy < window.outHeight(); oy++) {
                for (int ox = 0; ox < window.outWidth(); ox++) {
                    int position = (filter * window.outHeight() + oy) * window.outWidth() + ox;
                    for (int channel = 0; channel < window.channels(); channel++) {
                        for (int ky = 0; ky < window.kernel(); ky++) {
                            for (int kx = 0; kx < window.kernel(); kx++) {
                                int y = oy * window.stride() + ky - window.top();
                                int x = ox * window.stride() + kx - window.left();
                                if (y >= 0 && y < window.height() && x >= 0 && x < window.width()) {
                                    int term = (channel * window.kernel() + ky) * window.kernel() + kx;
                                    int pixel = (channel * window.height() + y) * window.width() + x;
                                    product.take(filter, term, pixel, position);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /** z = W x + b, (filters * positions, batch). */
    public double[] forward(double[] x) {
        double[] z = new double[weights.length * window.positions() * batch];
        for (int i = 0; i < z.length; i++) {
            z[i] = bias[i / batch / window.positions()];
        }
        forEachProduct((filter, term, pixel, position) -> {
            for (int b = 0; b < batch; b++) {
                z[position * batch + b] += weights[filter][term] * x[pixel * batch + b];
            }
        });
        return z;
    }

    /** dx = W^T dz, (inputs, batch). */
    public double[] backward(double[] dz) {
        double[] dx = new double[window.inputs() * batch];
        forEachProduct((filter, term, pixel, position) -> {
            for (int b = 0; b < batch; b++) {
                dx[pixel * batch + b] += weights[filter][term] * dz[position * batch + b];
            }
        });
        return dx;
    }

    /** dW, (filters, terms). */
    public double[][] weightGradient(double[] dz, double[] x) {
        double[][] gradient = new double[weights.length][window.terms()];
        forEachProduct((filter, term, pixel, position) -> {
            for (int b = 0; b < batch; b++) {
                gradient[filter][term] += dz[position * batch + b] * x[pixel * batch + b];
            }
        });
        return gradient;
    }

    /** Bias gradient, (filters). */
    public double[] biasGradient(double[] dz) {
        double[] gradient = new double[weights.length];
        for (int i = 0; i < dz.length; i++) {
            gradient[i / batch / window.positions()] += dz[i];
        }
        return gradient;
    }
}

package coppice.backend.cpu;

import coppice.backend.Pooling;
import coppice.backend.Window;
import java.util.Arrays;

/**
 * Pooling of the channels [from, to).
 *
 * <p>Twin of kernels/convolution.cu.
 */
public class PoolingKernels {
    /** z of each position. */
    public void pool(Pooling pooling, Window window, CpuTensor x, CpuTensor z, int batch, int from, int to) {
        for (int channel = from; channel < to; channel++) {
            for (int row = 0; row < window.outHeight(); row++) {
                for (int column = 0; column < window.outWidth(); column++) {
                    int zAt = z.at((channel * window.outHeight() + row) * window.outWidth() + column);
                    if (pooling == Pooling.MAX) {
                        maximum(window, x, corner(window, channel, row, column), z.data(), zAt, batch);
                    } else {
                        mean(window, x, corner(window, channel, row, column), z.data(), zAt, batch);
                    }
                }
            }
        }
    }

    /** Row of the first pixel that a position covers. */
    protected static int corner(Window window, int channel, int row, int column) {
        return (channel * window.height() + row * window.stride()) * window.width() + column * window.stride();
    }

    /** z = the greatest pixel of one position. */
    protected void maximum(Window window, CpuTensor x, int corner, float[] z, int zAt, int batch) {
        System.arraycopy(x.data(), x.at(corner), z, zAt, batch);
        for (int ky = 0; ky < window.kernel(); ky++) {
            for (int kx = 0; kx < window.kernel(); kx++) {
                int at = x.at(corner + ky * window.width() + kx);
                for (int b = 0; b < batch; b++) {
                    z[zAt + b] = x.data()[at + b] > z[zAt + b] ? x.data()[at + b] : z[zAt + b];
                }
            }
        }
    }

    /** z = the mean of one position's pixels. */
    protected void mean(Window window, CpuTensor x, int corner, float[] z, int zAt, int batch) {
        Arrays.fill(z, zAt, zAt + batch, 0f);
        for (int ky = 0; ky < window.kernel(); ky++) {
            for (int kx = 0; kx < window.kernel(); kx++) {
                int at = x.at(corner + ky * window.width() + kx);
                for (int b = 0; b < batch; b++) {
                    z[zAt + b] += x.data()[at + b];
                }
            }
        }
        float factor = factor(window);
        for (int b = 0; b < batch; b++) {
            z[zAt + b] *= factor;
        }
    }

    /** One over the number of pixels. */
    protected static float factor(Window window) {
        return 1f / (window.kernel() * window.kernel());
    }

    /** dx of each pixel. */
    public void unpool(
            Pooling pooling, Window window, CpuTensor dz, CpuTensor x, CpuTensor dx, int batch, int from, int to) {
        int pixels = window.height() * window.width();
        for (int channel = from; channel < to; channel++) {
            for (int pixel = channel * pixels; pixel < (channel + 1) * pixels; pixel++) {
                Arrays.fill(dx.data(), dx.at(pixel), dx.at(pixel) + batch, 0f);
            }
            for (int row = 0; row < window.outHeight(); row++) {
                for (int column = 0; column < window.outWidth(); column++) {
                    int dzAt = dz.at((channel * window.outHeight() + row) * window.outWidth() + column);
                    int corner = corner(window, channel, row, column);
                    if (pooling == Pooling.MAX) {
                        toGreatest(window, dz.data(), dzAt, x, corner, dx, batch);
                    } else {
                        toAll(window, dz.data(), dzAt, corner, dx, batch);
                    }
                }
            }
        }
    }

    /** Adds dz of one position where the greatest of its pixels lies. */
    protected void toGreatest(Window window, float[] dz, int dzAt, CpuTensor x, int corner, CpuTensor dx, int batch) {
        for (int b = 0; b < batch; b++) {
            int greatest = corner;
            for (int ky = 0; ky < window.kernel(); ky++) {
                for (int kx = 0; kx < window.kernel(); kx++) {
                    int pixel = corner + ky * window.width() + kx;
                    greatest = x.data()[x.at(pixel) + b] > x.data()[x.at(greatest) + b] ? pixel : greatest;
                }
            }
            dx.data()[dx.at(greatest) + b] += dz[dzAt + b];
        }
    }

    /** Adds its share of dz of one position to all of its pixels. */
    protected void toAll(Window window, float[] dz, int dzAt, int corner, CpuTensor dx, int batch) {
        float factor = factor(window);
        for (int ky = 0; ky < window.kernel(); ky++) {
            for (int kx = 0; kx < window.kernel(); kx++) {
                int at = dx.at(corner + ky * window.width() + kx);
                for (int b = 0; b < batch; b++) {
                    dx.data()[at + b] = Math.fma(dz[dzAt + b], factor, dx.data()[at + b]);
                }
            }
        }
    }
}

package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Convolutions with dense and with sparse filters, in parts for several threads.
 *
 * <p>Twin of kernels/convolution.cu. Every sum takes its terms by fma in the order that {@link coppice.backend.Backend}
 * states.
 */
public class ConvolutionKernels {
    /** Filters or channels that are computed together: blocks begin at multiples of it. */
    public static final int TILE = 11;

    /** Updates weights from their gradients. */
    protected final UpdateKernels updates;

    /** Kernels that learn through the given ones. */
    public ConvolutionKernels(UpdateKernels updates) {
        this.updates = updates;
    }

    /**
     * A part of the images of a tensor.
     *
     * @param from first channel (for a convolution's outputs: filter)
     * @param to after the last channel
     * @param rowFrom first row of each image
     * @param rowTo after the last row of each image
     */
    public record Block(int from, int to, int rowFrom, int rowTo) {}

    /** A product whose blocks threads compute, once they have made all of its preparations. */
    @FunctionalInterface
    public interface Product {
        /** Number of preparations, which are independent of each other. */
        default int preparations() {
            return 0;
        }

        /** Makes one preparation. */
        default void prepare(int part) {}

        /** Computes a block. */
        void compute(Block block);
    }

    /** What threads do to learn filters and biases: all preparations, then all parts. */
    public interface Learning {
        /** Number of preparations, which are independent of each other. */
        default int preparations() {
            return 0;
        }

        /** Makes one preparation. */
        default void prepare(int part) {}

        /** Number of parts, which are independent of each other. */
        int parts();

        /** Learns a part of the filters. */
        void learn(int part);
    }

    /** z = W x + b; the blocks are of filters and rows of positions. */
    public Product forward(Window window, CpuTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch) {
        int square = window.kernel() * window.kernel();
        return block -> {
            for (int filter = block.from(); filter < block.to(); filter++) {
                fill(z, window.positions(), window.outWidth(), filter, bias.data()[bias.at(filter)], batch, block);
                for (int i = 0; i < square; i++) {
                    for (int term = inSummationOrder(window, i); term < window.terms(); term += square) {
                        addForward(window, w.data()[w.at(filter) + term], filter, term, x, z, batch, block);
                    }
                }
            }
        };
    }

    /** z = W x + b over the connections there are. */
    public Product forward(Window window, CpuSparseTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch) {
        CsrPattern pattern = w.pattern();
        return block -> {
            for (int filter = block.from(); filter < block.to(); filter++) {
                fill(z, window.positions(), window.outWidth(), filter, bias.data()[bias.at(filter)], batch, block);
                for (int k = pattern.rowOffsets()[filter]; k < pattern.rowOffsets()[filter + 1]; k++) {
                    addForward(window, w.values()[k], filter, pattern.columnIndices()[k], x, z, batch, block);
                }
            }
        };
    }

    /** The i-th place (ky, kx) of a window in the order of sums, in which ky runs faster; as ky * kernel + kx. */
    private static int inSummationOrder(Window window, int i) {
        return i % window.kernel() * window.kernel() + i / window.kernel();
    }

    private static void addForward(
            Window window, float weight, int filter, int term, CpuTensor x, CpuTensor z, int batch, Block block) {
        int ky = term / window.kernel() % window.kernel();
        int rowTo = Math.min(block.rowTo(), window.rowTo(ky));
        for (int row = Math.max(block.rowFrom(), window.rowFrom(ky)); row < rowTo; row++) {
            addRow(window, weight, filter, term, row, x, z, batch);
        }
    }

    private static void addRow(
            Window window, float weight, int filter, int term, int row, CpuTensor x, CpuTensor z, int batch) {
        int kx = term % window.kernel();
        for (int column = window.columnFrom(kx); column < window.columnTo(kx); column++) {
            int from = x.at(pixel(window, term, row, column));
            axpy(weight, x.data(), from, z.data(), z.at(position(window, filter, row, column)), batch);
        }
    }

    /** Row of the tensor below that a term takes at a position. */
    private static int pixel(Window window, int term, int row, int column) {
        int kernel = window.kernel();
        int channel = term / (kernel * kernel);
        int y = row * window.stride() - window.top() + term / kernel % kernel;
        int x = column * window.stride() - window.left() + term % kernel;
        return (channel * window.height() + y) * window.width() + x;
    }

    /** Row of the output tensor of a position. */
    private static int position(Window window, int filter, int row, int column) {
        return (filter * window.outHeight() + row) * window.outWidth() + column;
    }

    /** dx = W^T dz; the blocks are of channels and rows of pixels. */
    public Product backward(Window window, CpuTensor w, CpuTensor dz, CpuTensor dx, int batch) {
        int square = window.kernel() * window.kernel();
        return block -> {
            for (int channel = block.from(); channel < block.to(); channel++) {
                fill(dx, window.height() * window.width(), window.width(), channel, 0f, batch, block);
                for (int i = 0; i < square; i++) {
                    int term = channel * square + inSummationOrder(window, i);
                    for (int filter = 0; filter < w.rows(); filter++) {
                        addBackward(window, w.data()[w.at(filter) + term], filter, term, dz, dx, batch, block);
                    }
                }
            }
        };
    }

    /** dx = W^T dz over the connections there are. */
    public Product backward(Window window, CpuSparseTensor w, CpuTensor dz, CpuTensor dx, int batch) {
        int square = window.kernel() * window.kernel();
        CsrPattern.Transpose transpose = w.pattern().transpose();
        return block -> {
            for (int channel = block.from(); channel < block.to(); channel++) {
                fill(dx, window.height() * window.width(), window.width(), channel, 0f, batch, block);
                for (int term = channel * square; term < (channel + 1) * square; term++) {
                    for (int k = transpose.columnOffsets()[term]; k < transpose.columnOffsets()[term + 1]; k++) {
                        float weight = w.values()[transpose.valueIndices()[k]];
                        addBackward(window, weight, transpose.rowIndices()[k], term, dz, dx, batch, block);
                    }
                }
            }
        };
    }

    private static void addBackward(
            Window window, float weight, int filter, int term, CpuTensor dz, CpuTensor dx, int batch, Block block) {
        int kx = term % window.kernel();
        int ky = term / window.kernel() % window.kernel();
        for (int row = window.rowFrom(ky); row < window.rowTo(ky); row++) {
            int y = row * window.stride() - window.top() + ky;
            if (y < block.rowFrom() || y >= block.rowTo()) {
                continue;
            }
            for (int column = window.columnFrom(kx); column < window.columnTo(kx); column++) {
                int from = dz.at(position(window, filter, row, column));
                axpy(weight, dz.data(), from, dx.data(), dx.at(pixel(window, term, row, column)), batch);
            }
        }
    }

    private static void fill(
            CpuTensor images, int pixels, int width, int channel, float value, int batch, Block block) {
        int to = channel * pixels + block.rowTo() * width;
        for (int row = channel * pixels + block.rowFrom() * width; row < to; row++) {
            Arrays.fill(images.data(), images.at(row), images.at(row) + batch, value);
        }
    }

    private static void axpy(float a, float[] x, int xAt, float[] y, int yAt, int count) {
        for (int i = 0; i < count; i++) {
            y[yAt + i] = Math.fma(a, x[xAt + i], y[yAt + i]);
        }
    }

    /** Learns filters and biases from the gradients of their outputs. */
    public Learning update(
            Window window,
            CpuTensor w,
            float[][] state,
            CpuTensor bias,
            float[][] biasState,
            CpuTensor dz,
            CpuTensor x,
            Backend.Updates steps,
            int batch) {
        return parts(w.rows(), filter -> {
            float[] gradient = new float[window.terms()];
            BlockLanes lanes = new BlockLanes();
            for (int term = 0; term < gradient.length; term++) {
                gradient[term] = lanes.dot(window, filter, term, dz, x, batch);
            }
            updates.apply(steps.weights(), gradient, 0, w.data(), state, w.at(filter), gradient.length);
            updateBias(window, bias, biasState, dz, steps.bias(), batch, filter);
        });
    }

    /** Learns the connections there are, and biases. */
    public Learning update(
            Window window,
            CpuSparseTensor w,
            CpuTensor bias,
            float[][] biasState,
            CpuTensor dz,
            CpuTensor x,
            Backend.Updates steps,
            int batch) {
        CsrPattern pattern = w.pattern();
        return parts(pattern.rows(), filter -> {
            int first = pattern.rowOffsets()[filter];
            float[] gradient = new float[pattern.rowLength(filter)];
            BlockLanes lanes = new BlockLanes();
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] = lanes.dot(window, filter, pattern.columnIndices()[first + i], dz, x, batch);
            }
            updates.apply(steps.weights(), gradient, 0, w.values(), w.states(), first, gradient.length);
            updateBias(window, bias, biasState, dz, steps.bias(), batch, filter);
        });
    }

    private static Learning parts(int parts, IntConsumer learn) {
        return new Learning() {
            @Override
            public int parts() {
                return parts;
            }

            @Override
            public void learn(int part) {
                learn.accept(part);
            }
        };
    }

    private void updateBias(
            Window window, CpuTensor bias, float[][] state, CpuTensor dz, Update step, int batch, int filter) {
        float[] gradient = {new BlockLanes().sum(window, filter, dz, batch)};
        updates.apply(step, gradient, 0, bias.data(), state, bias.at(filter), 1);
    }

    /** Sums over positions and the batch: by lanes in blocks of columns and rows, and the blocks' lanes added up. */
    private static final class BlockLanes {
        private final float[] lanes = new float[Lanes.COUNT];
        private final float[] block = new float[Lanes.COUNT];

        /** Sum of dz * x over the positions where the term's pixel exists. */
        float dot(Window window, int filter, int term, CpuTensor dz, CpuTensor x, int batch) {
            int ky = term / window.kernel() % window.kernel();
            Arrays.fill(lanes, 0f);
            for (int b = 0; b < batch; b += Lanes.COUNT) {
                for (int top = 0; top < window.outHeight(); top += window.stripe()) {
                    Arrays.fill(block, 0f);
                    int to = Math.min(top + window.stripe(), window.rowTo(ky));
                    for (int row = Math.max(top, window.rowFrom(ky)); row < to; row++) {
                        dotRow(window, filter, term, row, dz, x, b, Math.min(Lanes.COUNT, batch - b));
                    }
                    addBlock();
                }
            }
            return Lanes.fold(lanes);
        }

        private void dotRow(Window window, int filter, int term, int row, CpuTensor dz, CpuTensor x, int b, int count) {
            int kx = term % window.kernel();
            for (int column = window.columnFrom(kx); column < window.columnTo(kx); column++) {
                int xAt = x.at(pixel(window, term, row, column)) + b;
                int dzAt = dz.at(position(window, filter, row, column)) + b;
                for (int lane = 0; lane < count; lane++) {
                    block[lane] = Math.fma(dz.data()[dzAt + lane], x.data()[xAt + lane], block[lane]);
                }
            }
        }

        /** Sum of dz over all positions. */
        float sum(Window window, int filter, CpuTensor dz, int batch) {
            Arrays.fill(lanes, 0f);
            for (int b = 0; b < batch; b += Lanes.COUNT) {
                for (int top = 0; top < window.outHeight(); top += window.stripe()) {
                    Arrays.fill(block, 0f);
                    int to = position(window, filter, Math.min(top + window.stripe(), window.outHeight()), 0);
                    for (int position = position(window, filter, top, 0); position < to; position++) {
                        int at = dz.at(position) + b;
                        for (int lane = 0; lane < Math.min(Lanes.COUNT, batch - b); lane++) {
                            block[lane] += dz.data()[at + lane];
                        }
                    }
                    addBlock();
                }
            }
            return Lanes.fold(lanes);
        }

        private void addBlock() {
            for (int lane = 0; lane < Lanes.COUNT; lane++) {
                lanes[lane] += block[lane];
            }
        }
    }
}

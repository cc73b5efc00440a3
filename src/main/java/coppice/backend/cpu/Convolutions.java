package coppice.backend.cpu;

import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels.Block;
import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;

/** Shares the images that convolutions make out over the threads of a pool. */
final class Convolutions {
    private static final int TASKS_PER_THREAD = 8;

    private final KernelSet kernels;
    private final WorkerPool pool;

    Convolutions(KernelSet kernels, WorkerPool pool) {
        this.kernels = kernels;
        this.pool = pool;
    }

    /** What is done for a part of the images. */
    @FunctionalInterface
    interface Body {
        void run(Block block);
    }

    /** Makes the outputs of filters, block by block, and activates them. */
    void forward(Window window, int filters, Neurons outputs, Pass pass, Body product) {
        run(filters, window.outHeight(), block -> {
            product.run(block);
            for (int filter = block.from(); filter < block.to(); filter++) {
                int first = filter * window.positions();
                kernels.neurons()
                        .activate(
                                outputs,
                                pass,
                                first + block.rowFrom() * window.outWidth(),
                                first + block.rowTo() * window.outWidth());
            }
        });
    }

    /** Makes the gradients of pixels, block by block, and takes them through the activation. */
    void backward(Window window, Neurons below, Pass pass, Body product) {
        run(window.channels(), window.height(), block -> {
            product.run(block);
            for (int channel = block.from(); channel < block.to(); channel++) {
                int first = channel * window.height() * window.width();
                kernels.neurons()
                        .derive(
                                below,
                                pass,
                                first + block.rowFrom() * window.width(),
                                first + block.rowTo() * window.width());
            }
        });
    }

    private void run(int channels, int rows, Body body) {
        int tasks = TASKS_PER_THREAD * pool.threads();
        int rowParts = Math.min(rows, tasks);
        int channelParts = Math.min(channels, (tasks + rowParts - 1) / rowParts);
        pool.run(rowParts * channelParts, task -> {
            int part = task / channelParts;
            int channel = task % channelParts;
            body.run(new Block(
                    Ranges.start(channels, channel, channelParts),
                    Ranges.start(channels, channel + 1, channelParts),
                    Ranges.start(rows, part, rowParts),
                    Ranges.start(rows, part + 1, rowParts)));
        });
    }
}

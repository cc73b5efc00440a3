package coppice.backend.cpu;

import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels.Block;
import coppice.backend.cpu.ConvolutionKernels.Learning;
import coppice.backend.cpu.ConvolutionKernels.Product;
import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;
import java.util.function.Consumer;

/** Shares convolutions out over the threads of a pool. */
final class Convolutions {
    private static final int TASKS_PER_THREAD = 4;

    private final NeuronKernels neurons;
    private final WorkerPool pool;

    Convolutions(NeuronKernels neurons, WorkerPool pool) {
        this.neurons = neurons;
        this.pool = pool;
    }

    /** Makes the images of filters, block by block, and activates each block. */
    void forward(Window window, int filters, Product product, Neurons outputs, Pass pass) {
        int width = window.outWidth();
        run(product, filters, window.outHeight(), block -> {
            product.compute(block);
            for (int filter = block.from(); filter < block.to(); filter++) {
                int first = filter * window.positions();
                neurons.activate(outputs, pass, first + block.rowFrom() * width, first + block.rowTo() * width);
            }
        });
    }

    /** Makes the gradients of pixels, block by block, and takes each block through the activation. */
    void backward(Window window, Product product, Neurons below, Pass pass) {
        int width = window.width();
        run(product, window.channels(), window.height(), block -> {
            product.compute(block);
            for (int channel = block.from(); channel < block.to(); channel++) {
                int first = channel * window.height() * width;
                neurons.derive(below, pass, first + block.rowFrom() * width, first + block.rowTo() * width);
            }
        });
    }

    /** Cuts images into blocks of rows and, where those are few, of channels as well. */
    private void run(Product product, int channels, int rows, Consumer<Block> body) {
        pool.run(product.preparations(), product::prepare);
        int tasks = TASKS_PER_THREAD * pool.threads();
        int rowParts = Math.min(rows, tasks);
        int tiles = (channels + ConvolutionKernels.TILE - 1) / ConvolutionKernels.TILE;
        int channelParts = Math.min(tiles, (tasks + rowParts - 1) / rowParts);
        pool.run(rowParts * channelParts, task -> {
            int part = task / channelParts;
            int channel = task % channelParts;
            body.accept(new Block(
                    Ranges.start(channels, channel, channelParts, ConvolutionKernels.TILE),
                    Ranges.start(channels, channel + 1, channelParts, ConvolutionKernels.TILE),
                    Ranges.start(rows, part, rowParts),
                    Ranges.start(rows, part + 1, rowParts)));
        });
    }

    /** Learns filters and biases. */
    void learn(Learning learning) {
        pool.run(learning.preparations(), learning::prepare);
        pool.run(learning.parts(), learning::learn);
    }
}

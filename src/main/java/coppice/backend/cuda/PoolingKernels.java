package coppice.backend.cuda;

import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Pooling;
import coppice.backend.Window;

/** Pooling. Twin of kernels/pooling.cu and backend/cpu/PoolingKernels. */
final class PoolingKernels {
    private final Kernels kernels;
    private final NeuronKernels neurons;

    PoolingKernels(Kernels kernels, NeuronKernels neurons) {
        this.kernels = kernels;
        this.neurons = neurons;
    }

    /** z of each channel at every position, a = dropout(f(z)). */
    void pool(Pooling pooling, Window window, CudaTensor x, Neurons outputs, Pass pass) {
        Arguments arguments = kernels.arguments().pointer(x.memory());
        neurons.write(arguments, outputs, pass);
        write(arguments, pooling, window, x);
        kernels.launchByRows("pool", outputs.output().rows());
    }

    /** dx at every pixel, then through the neurons below. */
    void unpool(Pooling pooling, Window window, CudaTensor dz, Neurons below, Pass pass) {
        Arguments arguments = kernels.arguments().pointer(dz.memory());
        neurons.write(arguments, below, pass);
        write(arguments, pooling, window, dz);
        kernels.launchByRows("unpool", below.output().rows());
    }

    @SuppressWarnings("EnumOrdinal") // the order is that of kernels/arguments.cuh
    private static void write(Arguments arguments, Pooling pooling, Window window, CudaTensor source) {
        arguments
                .window(window)
                .integer(pooling.ordinal())
                .number(1f / (window.kernel() * window.kernel()))
                .integer(source.stride());
    }
}

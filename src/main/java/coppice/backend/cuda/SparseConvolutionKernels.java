package coppice.backend.cuda;

import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Window;

/** Convolutions with sparse filters. Twin of kernels/sparse_convolution.cu and backend/cpu/ConvolutionKernels. */
final class SparseConvolutionKernels {
    private static final int GROUP = 32; // columns
    private static final int LINE = 8; // places of a row, that a warp has
    private static final int WARPS = 4;

    private final Kernels kernels;
    private final NeuronKernels neurons;

    SparseConvolutionKernels(Kernels kernels, NeuronKernels neurons) {
        this.kernels = kernels;
        this.neurons = neurons;
    }

    /** z = W x + b at every position, a = dropout(f(z)). */
    void forward(Window window, CudaSparseTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass) {
        int filters = w.pattern().rows();
        Arguments arguments = kernels.arguments()
                .pointer(w.rowOrder())
                .pointer(w.rowOffsets())
                .pointer(null)
                .pointer(null)
                .pointer(w.columnIndices())
                .pointer(w.values())
                .pointer(bias.memory())
                .pointer(x.memory());
        neurons.write(arguments, outputs, pass);
        arguments.window(window).integer(filters).integer(x.stride()).integer(0);
        int lines = Math.multiplyExact(window.outHeight(), parts(window.outWidth(), LINE));
        launch("sparse_convolve_forward", filters, lines, pass.batch());
    }

    /** dx = W^T dz at every pixel, then through the neurons below. */
    void backward(Window window, CudaSparseTensor w, CudaTensor dz, Neurons below, Pass pass) {
        CudaSparseTensor.Transpose transpose = w.transpose();
        Arguments arguments = kernels.arguments()
                .pointer(null)
                .pointer(transpose.columnOffsets())
                .pointer(transpose.rowIndices())
                .pointer(transpose.valueIndices())
                .pointer(w.columnIndices())
                .pointer(w.values())
                .pointer(null)
                .pointer(dz.memory());
        neurons.write(arguments, below, pass);
        arguments.window(window).integer(window.channels()).integer(dz.stride()).integer(0);
        int remainders = window.stride();
        int lines = Math.multiplyExact(window.height(), remainders * parts(parts(window.width(), remainders), LINE));
        launch("sparse_convolve_backward", window.channels(), lines, pass.batch());
        neurons.deriveSummed(below, pass);
    }

    private void launch(String kernel, int rows, int lines, int batch) {
        int blocks = Math.multiplyExact(Math.multiplyExact(parts(rows, WARPS), parts(batch, GROUP)), lines);
        kernels.launch(kernel, blocks, 1, WARPS * GROUP, 1);
    }

    private static int parts(int length, int part) {
        return (length + part - 1) / part;
    }
}

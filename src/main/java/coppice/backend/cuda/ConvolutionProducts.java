package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Window;

/** What is computed with dense filters, by our own kernels or by cuBLAS; {@link Backend} describes each. */
sealed interface ConvolutionProducts permits ConvolutionKernels, CublasConvolutions {
    /** z = W x + b at every position, a = dropout(f(z)). */
    void forward(Window window, CudaTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass);

    /** dx = W^T dz at every pixel, then through the neurons below. */
    void backward(Window window, CudaTensor w, CudaTensor dz, Neurons below, Pass pass);

    /** dW, in scratch that the next call overwrites. */
    DeviceMemory gradient(Window window, CudaTensor w, CudaTensor dz, CudaTensor x, int batch);
}

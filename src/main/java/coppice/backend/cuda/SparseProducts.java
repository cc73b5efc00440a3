package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;

/** What is computed with sparse weights, by our own kernels or by cuSPARSE; {@link Backend} describes each. */
sealed interface SparseProducts permits SparseKernels, CusparseProducts {
    /** z = W x + b, a = dropout(f(z)). */
    void forward(CudaSparseTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass);

    /** dx = W^T dz, then through the neurons below. */
    void backward(CudaSparseTensor w, CudaTensor dz, Neurons below, Pass pass);

    /** The weight gradient at the connections. */
    void sddmm(CudaSparseTensor w, CudaTensor dz, CudaTensor x, CudaTensor out, int batch);

    /** Learns weights and biases. */
    void update(CudaSparseTensor w, Parameter bias, CudaTensor dz, CudaTensor x, Backend.Updates steps, int batch);

    /** Gives back what is kept for a weight matrix, whose topology is about to change; no recorded step needs it. */
    default void forget(CudaSparseTensor w) {}
}

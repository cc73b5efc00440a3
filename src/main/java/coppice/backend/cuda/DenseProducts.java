package coppice.backend.cuda;

/** Products of dense matrices, by our own kernel or by cuBLAS. */
sealed interface DenseProducts permits DenseKernels, CublasProducts {
    /** z = W x + b. */
    void forward(CudaTensor w, CudaTensor bias, CudaTensor x, CudaTensor z, int batch);

    /** dx = W^T dz. */
    void backward(CudaTensor w, CudaTensor dz, CudaTensor dx, int batch);

    /** dW = dz x^T, in scratch that the next call overwrites. */
    DeviceMemory gradient(CudaTensor w, CudaTensor dz, CudaTensor x, int batch);
}

package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.ConvolutionContract;

/** The Vector API kernels of convolutions and pooling. */
class VectorConvolutionTest extends ConvolutionContract {
    private final Backend backend = CpuBackends.of(CpuBackends.vectorKernels(), 2);

    @Override
    protected Backend backend() {
        return backend;
    }
}

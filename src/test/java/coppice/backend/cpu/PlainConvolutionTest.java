package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.ConvolutionContract;

/** The plain-Java kernels of convolutions and pooling. */
class PlainConvolutionTest extends ConvolutionContract {
    private final Backend backend = CpuBackends.of(KernelSet.plain(), 3);

    @Override
    protected Backend backend() {
        return backend;
    }
}

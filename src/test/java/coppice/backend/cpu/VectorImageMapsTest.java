package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.ImageMapsContract;

/** The Vector API kernels for images. */
class VectorImageMapsTest extends ImageMapsContract {
    private final Backend backend = CpuBackends.of(CpuBackends.vectorKernels(), 2);

    @Override
    protected Backend backend() {
        return backend;
    }
}

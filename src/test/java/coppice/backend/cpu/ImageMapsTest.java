package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.ImageMapsContract;

/** The plain kernels for images. */
class ImageMapsTest extends ImageMapsContract {
    private final Backend backend = CpuBackends.of(KernelSet.plain(), 3);

    @Override
    protected Backend backend() {
        return backend;
    }
}

package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.BackendContract;

/** The Vector API kernels. */
class VectorCpuBackendTest extends BackendContract {
    private final Backend backend = CpuBackends.of(CpuBackends.vectorKernels(), 2);

    @Override
    protected Backend backend() {
        return backend;
    }
}

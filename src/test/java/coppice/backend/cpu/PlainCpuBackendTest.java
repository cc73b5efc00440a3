package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.BackendContract;

/** The plain-Java kernels. */
class PlainCpuBackendTest extends BackendContract {
    private final Backend backend = CpuBackends.of(KernelSet.plain(), 1);

    @Override
    protected Backend backend() {
        return backend;
    }
}

package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.StochasticContract;
import coppice.parallel.WorkerPool;

/** The plain kernels for stochastic units. */
class StochasticKernelsTest extends StochasticContract {
    private final CpuBackend backend = new CpuBackend(KernelSet.plain(), new WorkerPool(3));

    @Override
    protected Backend backend() {
        return backend;
    }
}

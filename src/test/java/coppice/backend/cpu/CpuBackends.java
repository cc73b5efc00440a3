package coppice.backend.cpu;

import coppice.parallel.WorkerPool;
import org.junit.jupiter.api.Assumptions;

/** Makes the CPU backends of tests. */
final class CpuBackends {
    private CpuBackends() {}

    /**
     * The Vector API kernels. Where they are absent the test is skipped, or fails with {@code -Drequire.vector=true}.
     */
    static KernelSet vectorKernels() {
        if (!Boolean.getBoolean("require.vector")) {
            Assumptions.assumeTrue(
                    KernelSet.vector().isPresent(),
                    "the Vector API or a vector unit of 256 bits or more is absent (-Drequire.vector=true fails)");
        }
        return KernelSet.vector().orElseThrow(() -> new AssertionError("the Vector API kernels are absent"));
    }

    static CpuBackend of(KernelSet kernels, int threads) {
        return new CpuBackend(kernels, new WorkerPool(threads));
    }
}

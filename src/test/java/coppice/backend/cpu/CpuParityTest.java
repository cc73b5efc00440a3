package coppice.backend.cpu;

import coppice.backend.BackendParity;
import coppice.parallel.WorkerPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Neither the kernels nor the number of threads changes a bit. */
class CpuParityTest {
    @ParameterizedTest(name = "{0} hidden neurons")
    @ValueSource(ints = {1, 2, 3, 31, 32, 33, 127, 256})
    void vectorKernelsGiveTheBitsOfPlainOnes(int hidden) {
        BackendParity.check(
                CpuBackends.of(KernelSet.plain(), 1), CpuBackends.of(CpuBackends.vectorKernels(), 1), hidden);
    }

    @ParameterizedTest(name = "plain, {0} threads, {1} hidden neurons")
    @CsvSource({"2, 33", "3, 127", "7, 256", "7, 1"})
    void threadsChangeNoBit(int threads, int hidden) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            BackendParity.check(CpuBackends.of(KernelSet.plain(), 1), new CpuBackend(KernelSet.plain(), pool), hidden);
        }
    }

    @ParameterizedTest(name = "Vector API, {0} threads, {1} hidden neurons")
    @CsvSource({"2, 33", "2, 256", "3, 127", "7, 256", "7, 1"})
    void threadsChangeNoBitOfVectorKernels(int threads, int hidden) {
        KernelSet kernels = CpuBackends.vectorKernels();
        try (WorkerPool pool = new WorkerPool(threads)) {
            BackendParity.check(CpuBackends.of(kernels, 1), new CpuBackend(kernels, pool), hidden);
        }
    }

    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {1, 3})
    void wideLayersHaveTheSameBits(int threads) {
        KernelSet kernels = CpuBackends.vectorKernels();
        try (WorkerPool pool = new WorkerPool(threads)) {
            BackendParity.checkWideLayers(CpuBackends.of(KernelSet.plain(), 1), new CpuBackend(kernels, pool));
        }
    }

    @Test
    void stochasticUnitsHaveTheSameBitsWithVectorsAndThreads() {
        try (WorkerPool pool = new WorkerPool(3)) {
            KernelSet vector = CpuBackends.vectorKernels();
            BackendParity.checkStochastic(CpuBackends.of(KernelSet.plain(), 1), new CpuBackend(vector, pool));
        }
    }

    @ParameterizedTest(name = "{0} threads, Vector API: {1}")
    @CsvSource({"2, false", "3, false", "1, true", "2, true", "3, true"})
    void convolutionsHaveTheSameBitsWithVectorsAndThreads(int threads, boolean vector) {
        KernelSet kernels = vector ? CpuBackends.vectorKernels() : KernelSet.plain();
        try (WorkerPool pool = new WorkerPool(threads)) {
            BackendParity.checkConvolutions(CpuBackends.of(KernelSet.plain(), 1), new CpuBackend(kernels, pool), 0, 1);
        }
    }

    @Test
    void mappedImagesHaveTheSameBitsWithVectorsAndThreads() {
        try (WorkerPool pool = new WorkerPool(3)) {
            KernelSet vector = CpuBackends.vectorKernels();
            BackendParity.checkImages(CpuBackends.of(KernelSet.plain(), 1), new CpuBackend(vector, pool));
        }
    }
}

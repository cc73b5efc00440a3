package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Backend;
import coppice.backend.BackendParity;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.parallel.WorkerPool;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The exact CUDA kernels give the bits of the CPU's, in whatever order a block's threads run. */
@Tag("cuda")
class CudaParityTest {
    @BeforeEach
    void load() {
        SimulatedCuda.load();
    }

    @ParameterizedTest(name = "thread order {0}")
    @ValueSource(ints = {0, 1, 2})
    void stochasticUnitsHaveTheBitsOfTheCpu(int order) {
        check(order, BackendParity::checkStochastic);
    }

    @ParameterizedTest(name = "thread order {0}")
    @ValueSource(ints = {0, 1, 2})
    void mappedImagesHaveTheBitsOfTheCpu(int order) {
        check(order, BackendParity::checkImages);
    }

    @ParameterizedTest(name = "{0} hidden neurons, thread order {1}")
    @CsvSource({"1, 0", "2, 1", "3, 2", "31, 0", "32, 1", "33, 2", "127, 0", "256, 1"})
    void givesTheBitsOfTheCpu(int hidden, int order) {
        check(order, (cpu, cuda) -> BackendParity.check(cpu, cuda, hidden));
    }

    @ParameterizedTest(name = "thread order {0}")
    @ValueSource(ints = {0, 1, 2})
    void givesTheBitsOfTheCpuForLongRows(int order) {
        check(order, BackendParity::checkLongRows);
    }

    private static void check(int order, BiConsumer<Backend, Backend> comparison) {
        SimulatedCuda.setOrder(order);
        try (WorkerPool pool = new WorkerPool(1);
                CpuBackend cpu = new CpuBackend(KernelSet.plain(), pool);
                CudaBackend cuda = CudaBackend.open(0)) {
            comparison.accept(cpu, cuda);
        } finally {
            SimulatedCuda.setOrder(0);
        }
        assertEquals(0, SimulatedCuda.liveAllocations(), "device memory that was not given back");
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }
}

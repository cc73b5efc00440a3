package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Backend;
import coppice.backend.BackendParity;
import coppice.backend.Update;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.parallel.WorkerPool;
import java.io.IOException;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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

    @ParameterizedTest(name = "thread order {0}")
    @ValueSource(ints = {0, 1, 2})
    void convolutionsHaveTheBitsOfTheCpu(int order) {
        check(order, (cpu, cuda) -> BackendParity.checkConvolutions(cpu, cuda, order, 3));
    }

    @ParameterizedTest(name = "thread order {0}")
    @ValueSource(ints = {0, 1, 2})
    void wideConvolutionsHaveTheBitsOfTheCpu(int order) {
        check(order, BackendParity::checkWideConvolutions);
    }

    @ParameterizedTest(name = "thread order {0}")
    @ValueSource(ints = {0, 1, 2})
    void wholeStepsHaveTheBitsOfTheCpu(int order) {
        check(order, CudaParityTest::checkWholeSteps);
    }

    @ParameterizedTest(name = "thread order {0}")
    @ValueSource(ints = {0, 1, 2})
    void kernelsBesideLibrariesHaveTheBitsOfPlainJava(int order) {
        check(order, (cpu, cuda) -> LibraryParity.check());
    }

    /** A kernel that nothing here compares with its twin may do anything. */
    @Test
    void everyKernelHasAParityCase() throws IOException {
        check(0, (cpu, cuda) -> {
            BackendParity.checkBriefly(cpu, cuda);
            checkWholeSteps(cpu, cuda);
            LibraryParity.check();
        });
        assertEquals(PtxTest.entries(), SimulatedCuda.launchedKernels(), "kernels of kernels/ptx and those compared");
    }

    /** Samples in each form, SReLU below and above convolutions, and evolution. */
    private static void checkWholeSteps(Backend cpu, Backend cuda) {
        for (int storage = 0; storage < 3; storage++) {
            int stored = storage;
            checkWholeSteps((backend, kind) -> new SmallNetwork(backend, kind, stored), cpu, cuda, Update.Kind.ADAM);
        }
        for (Update.Kind kind : Update.Kind.values()) {
            checkWholeSteps(SmallImages::new, cpu, cuda, kind);
        }
    }

    private static void checkWholeSteps(SmallTraining.Maker maker, Backend cpu, Backend cuda, Update.Kind kind) {
        List<float[]> expected = train(maker.make(cpu, kind));
        List<float[]> actual = train(maker.make(cuda, kind));
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), kind + ": result " + i);
        }
    }

    private static List<float[]> train(SmallTraining network) {
        for (int step = 0; step < 5; step++) {
            if (step == 3) {
                network.rewire();
            }
            network.stepDirectly(step % 3 * SmallTraining.BATCH, step);
        }
        network.evaluateDirectly(0);
        return network.results();
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

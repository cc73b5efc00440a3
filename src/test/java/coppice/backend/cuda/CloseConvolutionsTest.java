package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Update;
import coppice.backend.Window;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.oracle.Tolerances;
import coppice.parallel.WorkerPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Convolutions by cuBLAS are close to the CPU's: within a share of the sum of their terms' magnitudes. */
@Tag("cuda")
class CloseConvolutionsTest {
    private static final int[] BATCHES = {1, 5, 32, 33, 64, 100};
    private static final ProductLibraries CUBLAS = new ProductLibraries(false, true, false);

    private final WorkerPool pool = new WorkerPool(1);
    private final CpuBackend cpu = new CpuBackend(KernelSet.plain(), pool);

    @BeforeEach
    void load() {
        SimulatedLibraries.load();
    }

    @AfterEach
    void nothingLeft() {
        cpu.close();
        pool.close();
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
        assertEquals(0, SimulatedCuda.liveAllocations(), "device memory that was not given back");
        assertEquals(0, SimulatedCuda.liveHandles(), "handles that were not destroyed");
    }

    /** Windows of each kind with each batch, in tensors that are as wide as the batch and in wider ones. */
    private static List<ImagesCase> cases() {
        List<Window> windows = List.of(
                Window.same(3, 5, 4, 3, 1),
                Window.valid(2, 7, 5, 2, 2),
                Window.same(1, 4, 9, 5, 3),
                Window.valid(7, 3, 3, 1, 1));
        List<ImagesCase> cases = new ArrayList<>();
        for (int batch : BATCHES) {
            for (Window window : windows) {
                int i = cases.size();
                cases.add(new ImagesCase(window, 1 + i * 3 % 7, batch, batch + (i % 3 == 1 ? 5 : 0), i));
            }
        }
        return cases;
    }

    private Set<String> compare(ImagesCase shape, Map<String, float[]> actual) {
        Map<String, float[]> expected = shape.results(cpu, false);
        return CloseComparison.check(shape, expected, shape.results(cpu, true), actual, Tolerances.CLOSE);
    }

    @Test
    void convolutionsAreClose() {
        Set<String> other = new TreeSet<>();
        try (CudaBackend backend = CudaBackend.open(0, DataPlacement.UNLIMITED, CUBLAS)) {
            for (ImagesCase shape : cases()) {
                other.addAll(compare(shape, shape.results(backend, false)));
            }
        }
        // Else the library was not called.
        assertEquals(Set.of("forward", "backward", "update"), other);
    }

    /** Little memory for patches means products for few positions at a time, down to a single one. */
    @Test
    void slicesOfPositionsAreClose() {
        long[] limits = {2000, 9000, 40_000}; // bytes
        for (ImagesCase shape : cases()) {
            compare(shape, shape.results(limits[shape.seed() % limits.length]));
        }
    }

    @Test
    void recordedStepsAreClose() {
        for (Update.Kind kind : Update.Kind.values()) {
            List<float[]> expected = train(ProductLibraries.NONE, kind);
            List<float[]> actual = train(CUBLAS, kind);
            for (int i = 0; i < expected.size(); i++) {
                float[] values = expected.get(i);
                double greatest = 0;
                double error = 0;
                for (int k = 0; k < values.length; k++) {
                    greatest = Math.max(greatest, Math.abs(values[k]));
                    error = Math.max(error, Math.abs((double) values[k] - actual.get(i)[k]));
                }
                assertTrue(error <= Tolerances.NETWORK * greatest, kind + ": result " + i + " is off by " + error);
            }
        }
    }

    private static List<float[]> train(ProductLibraries libraries, Update.Kind kind) {
        try (CudaBackend backend = CudaBackend.open(0, DataPlacement.UNLIMITED, libraries)) {
            SmallImages network = new SmallImages(backend, kind);
            for (int step = 0; step < 9; step++) {
                if (step == 5) {
                    network.rewire();
                }
                network.step(step % 3 * SmallTraining.BATCH, step);
            }
            network.evaluate(0);
            return network.results();
        }
    }
}

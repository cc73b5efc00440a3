package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Backend;
import coppice.backend.Update;
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

/** Products by cuSPARSE and cuBLAS are close to the CPU's: within a share of the sum of their terms' magnitudes. */
@Tag("cuda")
class CloseProductsTest {
    private static final int[] SIZES = {1, 33, 3, 127, 32, 65, 2, 31};
    private static final int[] BATCHES = {1, 2, 3, 4, 5, 7, 31, 32, 33, 64, 65, 96, 100, 127, 128, 129, 130};
    private static final double[] DENSITIES = {0.3, ProductsCase.DENSE, 0.03, 1, ProductsCase.DENSE, 0};

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
        assertEquals(0, SimulatedCuda.liveHandles(), "handles or descriptors that were not destroyed");
    }

    /** Each density, also dense, with each batch, and most pairs of sizes. */
    private static List<ProductsCase> cases() {
        List<ProductsCase> cases = new ArrayList<>();
        for (int i = 0; i < BATCHES.length * DENSITIES.length; i++) {
            int batch = BATCHES[i % BATCHES.length];
            cases.add(new ProductsCase(
                    SIZES[i % SIZES.length],
                    SIZES[i / 3 % SIZES.length],
                    batch,
                    batch + (i % 3 == 0 ? 5 : 0),
                    DENSITIES[i % DENSITIES.length],
                    i));
        }
        return cases;
    }

    /** Gives the names of the results that are not the CPU's bits. */
    private Set<String> compare(Backend backend, ProductsCase shape, double tolerance) {
        Map<String, float[]> expected = shape.results(cpu, false);
        Map<String, float[]> magnitudes = shape.results(cpu, true);
        return CloseComparison.check(shape, expected, magnitudes, shape.results(backend, false), tolerance);
    }

    @Test
    void productsAreClose() {
        Set<String> other = new TreeSet<>();
        try (CudaBackend backend = CudaBackend.open(0, DataPlacement.UNLIMITED, SimulatedLibraries.BOTH)) {
            for (ProductsCase shape : cases()) {
                other.addAll(compare(backend, shape, Tolerances.CLOSE));
            }
        }
        // Else the libraries were not called.
        assertEquals(ProductsCase.PRODUCTS, other);
    }

    @Test
    void tf32IsUsedWhereItIsAskedFor() {
        ProductsCase shape = new ProductsCase(33, 65, 32, 32, ProductsCase.DENSE, 1);
        try (CudaBackend backend =
                CudaBackend.open(0, DataPlacement.UNLIMITED, new ProductLibraries(false, true, true))) {
            assertEquals("Simulated CUDA device, exact kernels, cuBLAS 12.0.1 in TF32", backend.description());
            compare(backend, shape, Tolerances.TF32);
            float[] exact = CloseComparison.of(shape.results(cpu, false), "dense forward");
            float[] rounded = CloseComparison.of(shape.results(backend, false), "dense forward");
            double greatest = 0;
            for (int i = 0; i < exact.length; i++) {
                greatest = Math.max(greatest, Math.abs(exact[i] - rounded[i]));
            }
            assertTrue(greatest > 100 * Tolerances.CLOSE, "TF32 is off by " + greatest + " only");
        }
    }

    @Test
    void eachLibraryTakesItsOwnProductsOnly() {
        try (CudaBackend backend =
                CudaBackend.open(0, DataPlacement.UNLIMITED, new ProductLibraries(true, false, false))) {
            ProductsCase dense = new ProductsCase(33, 65, 32, 32, ProductsCase.DENSE, 2);
            assertEquals(Set.of(), compare(backend, dense, 0));
        }
        try (CudaBackend backend =
                CudaBackend.open(0, DataPlacement.UNLIMITED, new ProductLibraries(false, true, false))) {
            ProductsCase sparse = new ProductsCase(33, 65, 32, 32, 0.3, 3);
            assertEquals(Set.of(), compare(backend, sparse, 0));
        }
    }

    /** A sum of one term, or of none, has one order: the kernels beside the libraries have the CPU's bits. */
    @Test
    void sumsOfOneTermHaveTheBitsOfTheCpu() {
        try (CudaBackend backend = CudaBackend.open(0, DataPlacement.UNLIMITED, SimulatedLibraries.BOTH)) {
            for (int batch : new int[] {1, 3, 33, 130}) {
                ProductsCase permutation = ProductsCase.permutation(65, batch);
                assertArrayEquals(
                        CloseComparison.of(permutation.results(cpu, false), "sparse backward"),
                        CloseComparison.of(permutation.results(backend, false), "sparse backward"));
                ProductsCase empty = new ProductsCase(33, 31, batch, batch + 2, 0, 5);
                assertEquals(Set.of(), compare(backend, empty, 0));
            }
        }
    }

    /** Steps made, recorded and replayed, with SReLU and dropout, before and after evolution. */
    @Test
    void recordedStepsAreClose() {
        for (Update.Kind kind : Update.Kind.values()) {
            List<float[]> expected = train(ProductLibraries.NONE, kind);
            List<float[]> actual = train(SimulatedLibraries.BOTH, kind);
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
            SmallNetwork network = new SmallNetwork(backend, kind);
            for (int step = 0; step < 9; step++) {
                if (step == 5) {
                    network.rewire();
                }
                network.step(step % 3 * SmallNetwork.BATCH, step);
            }
            network.evaluate(0);
            return network.results();
        }
    }
}

package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Backend;
import coppice.backend.ImageMapsContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** Images that stay in host memory and are sent batch by batch; {@link CudaParityTest} has those on the device. */
@Tag("cuda")
class CudaImageMapsTest extends ImageMapsContract {
    private CudaBackend backend;

    @BeforeEach
    void open() {
        SimulatedCuda.load();
        backend = CudaBackend.open(0, 0, ProductLibraries.NONE);
    }

    @AfterEach
    void close() {
        backend.close();
        assertEquals(0, SimulatedCuda.liveAllocations(), "device memory that was not given back");
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    @Override
    protected Backend backend() {
        return backend;
    }
}

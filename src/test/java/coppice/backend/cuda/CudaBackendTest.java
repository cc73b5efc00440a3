package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.BackendContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** The CUDA backend on the simulated driver. */
@Tag("cuda")
class CudaBackendTest extends BackendContract {
    private CudaBackend backend;

    @BeforeEach
    void open() {
        SimulatedCuda.load();
        backend = CudaBackend.open(0);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    @Override
    protected Backend backend() {
        return backend;
    }

    @Override
    protected int every() {
        return 7; // the simulation takes its time; CudaParityTest has the rest
    }
}

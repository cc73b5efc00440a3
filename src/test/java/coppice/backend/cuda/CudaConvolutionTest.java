package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.ConvolutionContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** Convolutions and pooling of the CUDA backend on the simulated driver. */
@Tag("cuda")
class CudaConvolutionTest extends ConvolutionContract {
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
        return 11; // the simulation takes its time; CudaParityTest has the rest
    }
}

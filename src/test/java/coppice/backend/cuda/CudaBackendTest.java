package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.BackendContract;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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

    /** A grid is at most 65,535 blocks high, and a tile of a product 64 rows. */
    @Test
    void aDenseLayerMayBeWiderThanAGridIsHigh() {
        int inputs = 65_536 * 64;
        Tensor w = backend.tensor(1, inputs);
        float[] weights = new float[inputs];
        for (int i = 0; i < inputs; i++) {
            weights[i] = i % 1000;
        }
        backend.upload(w, weights);
        Tensor dz = backend.activations(1, 1);
        backend.upload(dz, new float[] {0.5f});
        Tensor dx = backend.activations(inputs, 1);
        backend.backward(w, dz, Neurons.of(backend, Activation.IDENTITY, dx, dx, null, null), new Pass(1, true, 0));
        float[] result = backend.download(dx);
        for (int i = 0; i < inputs; i++) {
            assertEquals(0.5f * (i % 1000), result[i]);
        }
    }

    @Override
    protected int every() {
        return 7; // the simulation takes its time; CudaParityTest has the rest
    }
}

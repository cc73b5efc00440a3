package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Activation;
import coppice.backend.Dropout;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.matrix.CsrPattern;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Device memory is what docs/gpu.md says, so that a network can be sized for a card. */
@Tag("cuda")
class CudaMemoryTest {
    private static final int ROWS = 50;
    private static final int COLUMNS = 40;
    private static final int CONNECTIONS = ROWS * 3;

    private CudaBackend backend;
    private long before;

    @BeforeEach
    void open() {
        SimulatedCuda.load();
        backend = CudaBackend.open(0);
        before = SimulatedCuda.liveBytes();
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private long taken() {
        return SimulatedCuda.liveBytes() - before;
    }

    private SparseTensor layer(int stateBuffers) {
        int[] offsets = new int[ROWS + 1];
        int[] columns = new int[CONNECTIONS];
        for (int row = 0; row < ROWS; row++) {
            offsets[row + 1] = offsets[row] + 3;
            for (int i = 0; i < 3; i++) {
                columns[3 * row + i] = 10 * i + row % 10;
            }
        }
        return backend.sparse(new CsrPattern(ROWS, COLUMNS, offsets, columns), new float[CONNECTIONS], stateBuffers);
    }

    @ParameterizedTest(name = "{0} state buffers")
    @ValueSource(ints = {1, 2})
    void aConnectionTakesTwentyBytesAndTwelveWithoutTheTranspose(int stateBuffers) {
        SparseTensor weights = layer(stateBuffers);
        long adam = 4L * (stateBuffers - 1);
        long rows = 8L * ROWS + 4;
        assertEquals((12 + adam) * CONNECTIONS + rows, taken(), "first layer");
        Tensor dz = backend.activations(ROWS, 32);
        Tensor z = backend.activations(COLUMNS, 32);
        long activations = 4L * 32 * (ROWS + COLUMNS);
        Neurons below = Neurons.of(backend, Activation.IDENTITY, z, z, null, null);
        backend.backward(weights, dz, below, new Pass(32, true, 0));
        long columns = 8L * COLUMNS + 4;
        assertEquals((20 + adam) * CONNECTIONS + rows + columns + activations, taken(), "any other layer");
    }

    @ParameterizedTest(name = "{0}, batch {1}: {2} bytes, {3} with dropout")
    @CsvSource({
        "LEAKY, 128, 1040, 1056",
        "RELU, 100, 1040, 1056",
        "SRELU, 128, 1584, 1600",
        "TANH, 96, 1152, 1164",
        "SIGMOID, 1, 48, 52",
        "IDENTITY, 33, 512, 520"
    })
    void aNeuronTakesBytesByItsActivation(Activation.Kind kind, int batch, long plain, long withDropout) {
        neurons(kind, batch, null);
        assertEquals(plain * ROWS, taken());
        neurons(kind, batch, Dropout.of(0.3, 1, 2));
        assertEquals((plain + withDropout) * ROWS, taken());
    }

    private void neurons(Activation.Kind kind, int batch, @Nullable Dropout dropout) {
        Parameter slopes = kind == Activation.Kind.SRELU
                ? new Parameter(backend.tensor(4, ROWS), List.of(backend.tensor(4, ROWS)))
                : null;
        Tensor output = backend.activations(ROWS, batch);
        Tensor gradient = backend.activations(ROWS, batch);
        Neurons.of(backend, new Activation(kind, 0.1f), output, gradient, slopes, dropout);
    }
}

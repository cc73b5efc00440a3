package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Backend;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import coppice.parallel.WorkerPool;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Samples that stay in host memory give the bits of those on the device and of the CPU backend. */
@Tag("cuda")
class StreamedFeaturesTest {
    private static final int EPOCHS = 8;
    private static final String STREAMED = "in host memory, sent batch by batch: they take 1 MiB and the GPU has ";

    @BeforeEach
    void load() {
        SimulatedCuda.load();
    }

    @AfterEach
    void nothingLeft() {
        assertEquals(0, SimulatedCuda.liveAllocations());
        assertEquals(0, SimulatedCuda.liveHandles());
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    /**
     * Epochs in another order each, of whole batches and a shorter one, with evaluation and an evolution between; in
     * some of them dense samples are mapped images.
     */
    private static List<float[]> train(Backend backend, int storage) {
        SmallNetwork network = new SmallNetwork(backend, Update.Kind.SGD, storage);
        int step = 0;
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            if (storage != 2 && epoch % 4 >= 2) {
                network.shuffleImages(epoch + 2);
            } else {
                network.shuffle(epoch + 2);
            }
            for (int start = 0; start < SmallNetwork.SAMPLES; start += SmallNetwork.BATCH) {
                network.step(start, step++);
                if (epoch % 2 == 1) {
                    network.evaluate(start);
                }
            }
            if (epoch == 3) {
                network.rewire();
            }
        }
        network.evaluateDirectly(2);
        return network.results();
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual, String where) {
        assertEquals(expected.size(), actual.size(), where);
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), where + ", result " + i);
        }
    }

    @ParameterizedTest(name = "storage {0}")
    @ValueSource(ints = {0, 1, 2})
    void theBitsAreThoseOfTheCpuAndOfResidentSamples(int storage) {
        List<float[]> expected;
        try (WorkerPool pool = new WorkerPool(1);
                CpuBackend cpu = new CpuBackend(KernelSet.plain(), pool)) {
            expected = train(cpu, storage);
        }
        for (boolean deferred : new boolean[] {true, false}) {
            SimulatedCuda.setDeferred(deferred);
            try (CudaBackend resident = CudaBackend.open(0);
                    CudaBackend streamed = CudaBackend.open(0, 0, ProductLibraries.NONE)) {
                assertSame(expected, train(resident, storage), "resident");
                assertSame(expected, train(streamed, storage), "streamed");
            }
        }
    }

    @Test
    void aStepIsOneLaunchAndTwoCopies() {
        try (CudaBackend backend = CudaBackend.open(0, 0, ProductLibraries.NONE)) {
            SmallNetwork network = new SmallNetwork(backend, Update.Kind.SGD);
            for (int step = 0; step < 3; step++) {
                network.step(0, step); // made, then recorded in either slot
            }
            long launches = SimulatedCuda.calls(SimulatedCuda.Calls.LAUNCH);
            long copies = SimulatedCuda.calls(SimulatedCuda.Calls.COPY);
            long allocations = SimulatedCuda.calls(SimulatedCuda.Calls.ALLOC);
            network.step(SmallNetwork.BATCH, 3);
            network.step(0, 4);
            assertEquals(2, SimulatedCuda.calls(SimulatedCuda.Calls.LAUNCH) - launches);
            assertEquals(4, SimulatedCuda.calls(SimulatedCuda.Calls.COPY) - copies, "batches and states of steps");
            assertEquals(allocations, SimulatedCuda.calls(SimulatedCuda.Calls.ALLOC));
        }
    }

    /** A greater batch needs greater slots, and recordings that read the old ones end. */
    @Test
    void slotsGrow() {
        try (CudaBackend resident = CudaBackend.open(0);
                CudaBackend streamed = CudaBackend.open(0, 0, ProductLibraries.NONE)) {
            assertSame(growing(resident), growing(streamed), "streamed");
        }
    }

    private static List<float[]> growing(CudaBackend backend) {
        SmallNetwork network = new SmallNetwork(backend, Update.Kind.SGD, 2);
        int last = SmallNetwork.SAMPLES / SmallNetwork.BATCH * SmallNetwork.BATCH;
        for (int step = 0; step < 4; step++) {
            network.step(last, step);
        }
        for (int step = 4; step < 8; step++) {
            network.step(0, step);
            network.step(last, step);
        }
        return network.results();
    }

    /** Batches wider than a tile, of samples some of which are empty. */
    @ParameterizedTest(name = "storage {0}")
    @ValueSource(ints = {0, 1, 2})
    void gathersWhatTheCpuGathers(int storage) {
        Matrix features = features(storage, new Random(storage));
        try (WorkerPool pool = new WorkerPool(1);
                CpuBackend cpu = new CpuBackend(KernelSet.plain(), pool);
                CudaBackend streamed = CudaBackend.open(0, 0, ProductLibraries.NONE)) {
            for (int batch : new int[] {7, 33, 40, 64}) {
                assertArrayEquals(gather(cpu, features, batch), gather(streamed, features, batch), "batch " + batch);
            }
        }
    }

    private static Matrix features(int storage, Random random) {
        int rows = 83;
        int columns = 71;
        float[] values = new float[rows * columns];
        byte[] bytes = new byte[rows * columns];
        int[] indices = new int[rows * columns];
        int[] offsets = new int[rows + 1];
        int count = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                bytes[row * columns + column] = (byte) random.nextInt(256);
                if (storage == 1) {
                    values[row * columns + column] = random.nextFloat();
                } else if (row % 7 != 0 && random.nextInt(4) == 0) {
                    indices[count] = column;
                    values[count++] = random.nextFloat();
                }
            }
            offsets[row + 1] = count;
        }
        return switch (storage) {
            case 0 -> new ByteMatrix(rows, columns, bytes);
            case 1 -> new DenseMatrix(rows, columns, values);
            default ->
                new CsrMatrix(
                        new CsrPattern(rows, columns, offsets, Arrays.copyOf(indices, count)),
                        Arrays.copyOf(values, count));
        };
    }

    /** Batches one after the other, the last one shorter, in three orders; all that each left. */
    private static float[] gather(Backend backend, Matrix features, int batch) {
        int rows = features.rows();
        Samples samples = backend.samples(features, new int[rows]);
        Tensor offset = backend.tensor(1, features.columns());
        Tensor scale = backend.tensor(1, features.columns());
        float[] numbers = new float[features.columns()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = 0.1f * i + 0.3f;
        }
        backend.upload(offset, numbers);
        backend.upload(scale, numbers);
        Tensor x = backend.activations(features.columns(), batch);
        int places = features.columns() * batch;
        float[] all = new float[3 * ((rows + batch - 1) / batch) * places];
        int at = 0;
        for (int apart : new int[] {1, 5, 82}) {
            int[] order = new int[rows];
            Arrays.setAll(order, i -> (i * apart + 3) % rows);
            backend.order(samples, order);
            for (int start = 0; start < rows; start += batch) {
                Pass pass = new Pass(Math.min(batch, rows - start), true, 0);
                backend.gather(samples, start, offset, scale, x, pass);
                System.arraycopy(backend.download(x), 0, all, at, places);
                at += places;
            }
        }
        return all;
    }

    @Test
    void whatFitsIsDecidedBeforeAnyIsTaken() {
        long needed = 13 * (9 * 4 + 8);
        SimulatedCuda.setMemory(1 << 20);
        try (CudaBackend backend = CudaBackend.open(0, needed, ProductLibraries.NONE)) {
            assertEquals("on the GPU (1 MiB)", new SmallNetwork(backend, Update.Kind.SGD).placement());
            assertEquals(STREAMED + "0 MiB for data", new SmallNetwork(backend, Update.Kind.SGD).placement(), "spent");
        }
        try (CudaBackend backend = CudaBackend.open(0)) {
            backend.tensor(
                    1, (1 << 18) - (1 << 14) - 4096); // a sixteenth and 16 KiB are left, and its gradient to come
            long before = SimulatedCuda.liveBytes();
            SmallNetwork network = new SmallNetwork(backend, Update.Kind.SGD);
            assertEquals(STREAMED + "0 MiB for data", network.placement());
            assertTrue(SimulatedCuda.liveBytes() - before < 16 << 10);
            network.step(0, 0);
        }
        SimulatedCuda.setMemory(4L << 30);
    }

    @Test
    void aBatchOfTooManyBytesIsSaid() {
        try (Device device = Device.open(0)) {
            StreamedFeatures features = new StreamedFeatures(device, new DenseMatrix(1, 1, new float[1]));
            String message = assertThrows(CudaException.class, () -> features.begin(0, 1 << 30))
                    .getMessage();
            assertEquals(
                    "a batch of 1073741824 samples takes 4096 MiB, and at most 2048 MiB can be sent at once; "
                            + "a smaller --batch-size is needed",
                    message);
        }
    }
}

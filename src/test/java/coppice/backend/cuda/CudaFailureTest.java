package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.SparseTensor;
import coppice.backend.Update;
import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whichever call to the driver fails, training ends with one clear line and gives everything back. */
@Tag("cuda")
@Timeout(300)
class CudaFailureTest {
    private static final int STEPS = 4;

    @BeforeEach
    void load() {
        SimulatedCuda.load();
    }

    /** What a run ended with: results, or a failure. */
    private record Outcome(List<float[]> results, @Nullable RuntimeException failure, boolean opened) {}

    private static final long RESIDENT = DataPlacement.UNLIMITED;
    private static final long STREAMED = 0;

    private static Outcome run(Function<CudaBackend, List<float[]>> work, long dataMemory) {
        boolean opened = false;
        try (CudaBackend backend = CudaBackend.open(0, dataMemory, ProductLibraries.NONE)) {
            opened = true;
            return new Outcome(work.apply(backend), null, true);
        } catch (CudaException | CudaUnavailableException e) {
            return new Outcome(List.of(), e, opened);
        }
    }

    /** Steps of two kinds, each often enough to be made, recorded and replayed, before and after evolution. */
    private static List<float[]> train(CudaBackend backend) {
        SmallNetwork network = new SmallNetwork(backend, Update.Kind.SGD);
        for (int step = 0; step < STEPS; step++) {
            network.step(step % 2 * SmallNetwork.BATCH, step);
        }
        network.step(2 * SmallNetwork.BATCH, STEPS);
        network.evaluate(0);
        network.evaluate(SmallNetwork.BATCH);
        network.rewire();
        for (int step = 0; step < STEPS; step++) {
            network.step(step % 2 * SmallNetwork.BATCH, STEPS + 1 + step);
        }
        return network.results();
    }

    /** A step of a convolutional network made, recorded and replayed, and made again after evolution. */
    private static List<float[]> trainOnImages(CudaBackend backend) {
        SmallImages network = new SmallImages(backend, Update.Kind.SGD);
        for (int step = 0; step < 3; step++) {
            network.step(0, step);
        }
        network.rewire();
        network.step(2 * SmallImages.BATCH, 3);
        return network.results();
    }

    private static boolean contextInUse() {
        int[] flags = {0};
        int[] active = {0};
        assertEquals(0, JCudaDriver.cuDevicePrimaryCtxGetState(new CUdevice(), flags, active));
        return active[0] != 0;
    }

    private static void assertNothingLeft(String where) {
        assertEquals(0, SimulatedCuda.violations(), () -> where + ": " + SimulatedCuda.lastViolation());
        assertEquals(0, SimulatedCuda.liveAllocations(), where + ": memory that was not given back");
        assertEquals(0, SimulatedCuda.liveHandles(), where + ": streams or graphs that were not destroyed");
        assertEquals(false, contextInUse(), where + ": the context was not given back");
    }

    private static void assertClear(Outcome outcome, String where) {
        RuntimeException failure = outcome.failure();
        if (failure != null) {
            String message = String.valueOf(failure.getMessage());
            assertEquals(1, message.lines().count(), where + ": " + message);
            assertTrue(message.length() > 20, where + ": " + message);
            assertEquals(false, outcome.opened() && failure instanceof CudaUnavailableException, where);
        }
    }

    /** A run that failed in no way counts its calls and gives what the others have to give. */
    private static long calls(SimulatedCuda.Calls kind, Function<CudaBackend, List<float[]>> work, long dataMemory) {
        SimulatedCuda.reset();
        run(work, dataMemory);
        return SimulatedCuda.calls(kind);
    }

    private static void requireSame(List<float[]> expected, List<float[]> actual, String where) {
        assertEquals(expected.size(), actual.size(), where);
        for (int i = 0; i < expected.size(); i++) {
            assertTrue(Arrays.equals(expected.get(i), actual.get(i)), where + ": result " + i + " is another");
        }
    }

    /** Some calls can fail without harm, as asking how much memory is free; then the results are the right ones. */
    @ParameterizedTest(name = "{0}, error {1}")
    @CsvSource({"ALLOC, 2", "ALLOC, 999", "COPY, 999", "LAUNCH, 719", "OTHER, 999", "OTHER, 700"})
    void everyCallMayFail(SimulatedCuda.Calls kind, int code) {
        everyCallMayFail(kind, code, CudaFailureTest::train, RESIDENT);
    }

    @ParameterizedTest(name = "{0}, error {1}")
    @CsvSource({"ALLOC, 2", "COPY, 999", "LAUNCH, 719", "OTHER, 700"})
    void everyCallMayFailWithConvolutions(SimulatedCuda.Calls kind, int code) {
        everyCallMayFail(kind, code, CudaFailureTest::trainOnImages, RESIDENT);
    }

    @ParameterizedTest(name = "{0}, error {1}")
    @CsvSource({"ALLOC, 2", "COPY, 999", "LAUNCH, 719", "OTHER, 700"})
    void everyCallMayFailWithStreamedSamples(SimulatedCuda.Calls kind, int code) {
        everyCallMayFail(kind, code, CudaFailureTest::train, STREAMED);
    }

    private static void everyCallMayFail(
            SimulatedCuda.Calls kind, int code, Function<CudaBackend, List<float[]>> work, long dataMemory) {
        SimulatedCuda.reset();
        List<float[]> expected = run(work, dataMemory).results();
        assertNothingLeft("no failure");
        long calls = calls(kind, work, dataMemory);
        int failed = 0;
        for (long n = 1; n <= calls; n++) {
            String where = kind + " " + n + " of " + calls + " failed with " + code;
            SimulatedCuda.reset();
            SimulatedCuda.failNth(kind, n, code);
            Outcome outcome = run(work, dataMemory);
            SimulatedCuda.failNth(kind, 0, 0);
            assertNothingLeft(where);
            assertClear(outcome, where);
            if (outcome.failure() == null) {
                assertEquals(SimulatedCuda.Calls.OTHER, kind, where + ", which went unnoticed");
                requireSame(expected, outcome.results(), where);
            } else {
                failed++;
            }
        }
        assertTrue(failed > calls / 2, failed + " of " + calls + " failures were noticed");
    }

    @Test
    void outOfMemoryIsSaidWithSizes() {
        long needed = mostMemory();
        List<String> messages = new ArrayList<>();
        for (long bytes = 0; bytes < needed; bytes += needed / 24) {
            SimulatedCuda.reset();
            SimulatedCuda.setMemory(bytes);
            Outcome outcome = run(CudaFailureTest::train, RESIDENT);
            assertNothingLeft(bytes + " bytes of memory");
            CudaException failure =
                    assertInstanceOf(CudaException.class, outcome.failure(), bytes + " bytes of memory were enough");
            messages.add(String.valueOf(failure.getMessage()));
        }
        String line = "the GPU is out of memory: .+ needs \\d+ MiB and \\d+ of \\d+ MiB are free; a smaller .+";
        messages.forEach(message -> assertTrue(message.matches(line), message));
        SimulatedCuda.reset();
        SimulatedCuda.setMemory(3L << 20);
        try (CudaBackend backend = CudaBackend.open(0)) {
            String message = assertThrows(CudaException.class, () -> backend.tensor(1000, 1000))
                    .getMessage();
            assertEquals(
                    "the GPU is out of memory: a tensor of 1000 x 1000 needs 4 MiB and 2 of 3 MiB are free; "
                            + "a smaller network or batch is needed",
                    message);
        }
        assertNothingLeft("one tensor too many");
    }

    /** A tensor that could not be given its new topology is as it was, and the next try succeeds. */
    @ParameterizedTest(name = "{0}")
    @EnumSource(
            value = SimulatedCuda.Calls.class,
            names = {"ALLOC", "COPY", "LAUNCH"})
    void aRewireThatFailsLeavesTheOldTopology(SimulatedCuda.Calls kind) {
        CsrPattern old = new CsrPattern(3, 4, new int[] {0, 2, 2, 4}, new int[] {0, 3, 1, 2});
        CsrPattern next = new CsrPattern(3, 4, new int[] {0, 3, 3, 5}, new int[] {0, 1, 3, 2, 3});
        float[] values = {1, 5, 2, 4, 6};
        int[] origin = {0, -1, 1, 3, -1};
        try (CudaBackend backend = CudaBackend.open(0)) {
            SparseTensor tensor = backend.sparse(old, new float[] {1, 2, 3, 4}, 2);
            backend.setState(tensor, 0, new float[] {10, 20, 30, 40});
            backend.setState(tensor, 1, new float[] {11, 21, 31, 41});
            backend.weights(tensor);
            ((CudaSparseTensor) tensor).transpose();
            int failures = 0;
            for (int n = 1; n <= 20 && tensor.pattern() == old; n++) {
                long bytes = SimulatedCuda.liveBytes();
                SimulatedCuda.failNth(kind, n, CUresult.CUDA_ERROR_OUT_OF_MEMORY);
                try {
                    backend.rewire(tensor, next, values, origin);
                } catch (CudaException e) {
                    failures++;
                    assertEquals(1, String.valueOf(e.getMessage()).lines().count());
                    assertArrayEquals(new float[] {1, 2, 3, 4}, backend.weights(tensor));
                    assertArrayEquals(new float[] {10, 20, 30, 40}, backend.state(tensor, 0));
                    assertArrayEquals(new float[] {11, 21, 31, 41}, backend.state(tensor, 1));
                    ((CudaSparseTensor) tensor).transpose();
                    assertEquals(bytes, SimulatedCuda.liveBytes(), "memory that was not given back");
                }
                SimulatedCuda.failNth(kind, 0, 0);
            }
            assertTrue(failures >= 2, failures + " calls failed");
            assertArrayEquals(values, backend.weights(tensor));
            assertArrayEquals(new float[] {10, 0, 20, 40, 0}, backend.state(tensor, 0));
            assertArrayEquals(new float[] {11, 0, 21, 41, 0}, backend.state(tensor, 1));
        }
        assertNothingLeft("failed rewires");
    }

    private static long mostMemory() {
        SimulatedCuda.reset();
        try (CudaBackend backend = CudaBackend.open(0)) {
            train(backend);
            return SimulatedCuda.liveBytes();
        }
    }

    /** After the failure of a kernel every call gives its error; closing must still work. */
    @Test
    void aKernelThatFailsOnTheDeviceIsSaidWhenItIsWaitedFor() {
        try (CudaBackend backend = CudaBackend.open(0)) {
            backend.tensor(2, 2);
            SimulatedCuda.failNth(SimulatedCuda.Calls.OTHER, 1, CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
            String message = assertThrows(CudaException.class, backend::totals).getMessage();
            assertEquals("CUDA failed while computing: CUDA_ERROR_ILLEGAL_ADDRESS", message);
        }
        assertNothingLeft("a failed kernel");
    }

    @Test
    void closingTwiceDoesNothingMore() {
        CudaBackend backend = CudaBackend.open(0);
        backend.close();
        backend.close();
        assertNothingLeft("closed twice");
    }
}

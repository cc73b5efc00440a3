package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Update;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whichever call to cuSPARSE, to cuBLAS or to the driver beneath fails, it is one clear line and nothing is left. */
@Tag("cuda")
@Timeout(300)
class CudaLibraryFailureTest {
    private static final int EXECUTION_FAILED = 6; // of cuSPARSE

    @BeforeEach
    void load() {
        SimulatedLibraries.load();
    }

    /** Steps made, recorded and replayed, before and after evolution; gives what they failed with. */
    private static @Nullable RuntimeException run() {
        return run(SmallNetwork::new);
    }

    private static @Nullable RuntimeException run(SmallTraining.Maker maker) {
        try (CudaBackend backend = CudaBackend.open(0, DataPlacement.UNLIMITED, SimulatedLibraries.BOTH)) {
            SmallTraining network = maker.make(backend, Update.Kind.ADAM);
            for (int step = 0; step < 6; step++) {
                if (step == 3) {
                    network.rewire();
                }
                network.step(0, step);
            }
            network.evaluate(2 * SmallTraining.BATCH);
            network.results();
            return null;
        } catch (CudaException | CudaUnavailableException e) {
            return e;
        }
    }

    private static void assertNothingLeft(String where) {
        assertEquals(0, SimulatedCuda.violations(), () -> where + ": " + SimulatedCuda.lastViolation());
        assertEquals(0, SimulatedCuda.liveAllocations(), where + ": memory that was not given back");
        assertEquals(
                0, SimulatedCuda.liveHandles(), where + ": handles, descriptors or graphs that were not destroyed");
    }

    @ParameterizedTest(name = "{0}, error {1}")
    @CsvSource({"LIBRARY, 6", "LIBRARY, 15", "ALLOC, 2", "LAUNCH, 719"})
    void everyCallMayFail(SimulatedCuda.Calls kind, int code) {
        everyCallMayFail(SmallNetwork::new, kind, code);
    }

    @ParameterizedTest(name = "{0}, error {1}")
    @CsvSource({"LIBRARY, 15", "ALLOC, 2"})
    void everyCallMayFailWithConvolutions(SimulatedCuda.Calls kind, int code) {
        everyCallMayFail(SmallImages::new, kind, code);
    }

    private static void everyCallMayFail(SmallTraining.Maker maker, SimulatedCuda.Calls kind, int code) {
        SimulatedCuda.reset();
        assertEquals(null, run(maker));
        assertNothingLeft("no failure");
        long calls = SimulatedCuda.calls(kind);
        assertTrue(calls > 20, "only " + calls + " calls");
        Set<String> messages = new TreeSet<>();
        for (long n = 1; n <= calls; n++) {
            String where = kind + " " + n + " of " + calls + " failed with " + code;
            SimulatedCuda.reset();
            SimulatedCuda.failNth(kind, n, code);
            RuntimeException failure = run(maker);
            SimulatedCuda.failNth(kind, 0, 0);
            assertNotNull(failure, where + " and nobody noticed");
            String message = String.valueOf(failure.getMessage());
            assertEquals(1, message.lines().count(), where + ": " + message);
            assertNothingLeft(where);
            messages.add(message);
        }
        if (kind == SimulatedCuda.Calls.LIBRARY) {
            String status = code == EXECUTION_FAILED
                    ? "cuSPARSE .*: CUSPARSE_STATUS_EXECUTION_FAILED.*"
                    : "cuBLAS .*: CUBLAS_STATUS_NOT_SUPPORTED.*";
            assertTrue(messages.stream().anyMatch(message -> message.matches(status)), messages.toString());
        }
    }

    @Test
    void aLibraryThatDoesNotStartIsNotAvailable() {
        SimulatedCuda.failNth(SimulatedCuda.Calls.LIBRARY, 1, 1);
        RuntimeException failure = assertInstanceOf(CudaUnavailableException.class, run());
        assertEquals(
                "cuSPARSE does not start: CUSPARSE_STATUS_NOT_INITIALIZED; its version may be too new for the driver",
                failure.getMessage());
        assertNothingLeft("cuSPARSE that does not start");
    }

    /** Descriptors, workspaces and plans are made once a topology: later steps call for products only. */
    @Test
    void plansAreMadeOnce() {
        SimulatedCuda.reset();
        try (CudaBackend backend = CudaBackend.open(0, DataPlacement.UNLIMITED, SimulatedLibraries.BOTH)) {
            SmallNetwork network = new SmallNetwork(backend, Update.Kind.SGD);
            network.stepDirectly(0, 0);
            long first = SimulatedCuda.calls(SimulatedCuda.Calls.LIBRARY);
            long memory = SimulatedCuda.liveAllocations();
            network.stepDirectly(0, 1);
            long second = SimulatedCuda.calls(SimulatedCuda.Calls.LIBRARY) - first;
            assertEquals(memory, SimulatedCuda.liveAllocations());
            // Three sparse products, each aimed with three calls, less the backward one of the first layer; three
            // dense.
            assertEquals(2 * 4 + 3, second);
            network.rewire();
            network.stepDirectly(0, 2);
            assertEquals(memory, SimulatedCuda.liveAllocations(), "workspaces of the old topology stay");
        }
        assertNothingLeft("plans");
    }
}

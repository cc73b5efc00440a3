package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.cuda.SimulatedCuda;
import coppice.backend.cuda.SimulatedCuda.Calls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run whose GPU fails ends with one line, and goes on from its checkpoint to the bits of one that did not fail. */
@Tag("cuda")
@Timeout(300)
class CudaFailureRunTest {
    private static final int UNKNOWN_ERROR = 999;

    @BeforeEach
    void load() {
        SimulatedCuda.load();
    }

    private static Cli train(Path directory, String... words) {
        String[] all = {"--quiet", "--train-samples", "96", "--test-samples", "40", "--batch-size", "32"};
        return Cli.train(directory, Stream.of(all, words).flatMap(Stream::of).toArray(String[]::new));
    }

    private static boolean hasCheckpoint(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.anyMatch(file -> file.toString().endsWith(".safetensors"));
        }
    }

    private static void failAndResume(Path directory, Calls kind, long n, String expected) throws Exception {
        String where = kind + " " + n;
        SimulatedCuda.reset();
        SimulatedCuda.failNth(kind, n, UNKNOWN_ERROR);
        Cli failed = train(directory, "--backend", "cuda");
        SimulatedCuda.failNth(kind, 0, 0);
        assertEquals(ExitCode.FAILED, failed.code(), where + ": " + failed.err());
        assertEquals(1, failed.errors().size(), where + ": " + failed.err());
        assertTrue(failed.err().startsWith("coppice: CUDA failed while "), where + ": " + failed.err());
        assertEquals("", failed.out(), where);
        assertEquals(0, SimulatedCuda.liveAllocations(), where);
        assertEquals(0, SimulatedCuda.liveHandles(), where);
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
        if (Files.exists(directory) && hasCheckpoint(directory)) {
            Cli inspected = Cli.run("inspect", "--from", directory.toString());
            assertEquals(ExitCode.DONE, inspected.code(), where + ": " + inspected.err());
        }
        Cli resumed = train(directory, "--backend", "cpu", "--resume");
        assertEquals(ExitCode.DONE, resumed.code(), where + ": " + resumed.err());
        assertEquals(expected, resumed.sha256(), where);
    }

    @Test
    void theLastCheckpointIsResumed(@TempDir Path temp) throws Exception {
        SimulatedCuda.reset();
        Cli whole = train(temp.resolve("whole"), "--backend", "cuda");
        assertEquals(ExitCode.DONE, whole.code(), whole.err());
        List<Calls> kinds = List.of(Calls.ALLOC, Calls.COPY, Calls.LAUNCH);
        List<Long> calls = kinds.stream().map(SimulatedCuda::calls).toList();
        for (int i = 0; i < kinds.size(); i++) {
            long last = calls.get(i);
            for (long n : new long[] {1, last / 3, last * 3 / 4, last}) {
                failAndResume(temp.resolve(kinds.get(i) + "-" + n), kinds.get(i), n, whole.sha256());
            }
        }
        assertTrue(hasCheckpoint(temp.resolve("LAUNCH-" + calls.get(2) * 3 / 4)), "no run failed after a checkpoint");
    }

    @Test
    void aGpuThatDoesNotStartIsNotAvailable(@TempDir Path temp) {
        SimulatedCuda.failNth(Calls.OTHER, 1, UNKNOWN_ERROR);
        Cli failed = train(temp.resolve("run"), "--backend", "cuda");
        assertEquals(ExitCode.BACKEND_UNAVAILABLE, failed.code(), failed.err());
        assertEquals(1, failed.errors().size(), failed.err());
    }

    @Test
    void aGpuTooSmallIsSaidWithSizes(@TempDir Path temp) {
        SimulatedCuda.setMemory(20_000);
        Cli failed = train(temp.resolve("run"), "--backend", "cuda");
        assertEquals(ExitCode.FAILED, failed.code(), failed.err());
        assertEquals(1, failed.errors().size(), failed.err());
        assertTrue(failed.err().startsWith("coppice: the GPU is out of memory: "), failed.err());
        assertEquals(0, SimulatedCuda.liveAllocations());
    }
}

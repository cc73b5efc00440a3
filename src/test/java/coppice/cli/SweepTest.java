package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs scripts/sweep.sh on the classes under test. */
@EnabledOnOs(OS.LINUX)
class SweepTest {
    private static final Path SCRIPT = Path.of("scripts", "sweep.sh").toAbsolutePath();
    private static final long PATIENCE_SECONDS = 300;

    @TempDir
    Path temp = Path.of("");

    private Path coppice = Path.of("");

    @BeforeEach
    void writeProgram() throws IOException {
        coppice = ClassesUnderTest.program(temp.resolve("coppice"));
    }

    @Test
    void aSweepKilledAndRestartedGivesTheTableOfAnUndisturbedOne() throws Exception {
        Path grid = grid("hidden = 40,20\nepochs = 5\nepsilon = 5 10\nzeta = 0.1 0.3\nseed = 1..3\nthreads = 1\n");
        assertEquals(0, sweep(grid, temp.resolve("undisturbed"), "-j", "2").code());
        Path out = temp.resolve("disturbed");
        Random random = new Random(1);
        for (boolean gently : List.of(true, false, false)) {
            Sweep sweep = start(grid, out, "-j", "2");
            while (!sweep.output().contains("done ")) { // however fast the machine, some of the 12 runs are left
                assertTrue(sweep.stillRunsAfter(20), sweep.output());
            }
            assertTrue(sweep.stillRunsAfter(random.nextInt(400)), sweep.output());
            sweep.kill(gently);
        }
        Sweep last = sweep(grid, out, "-j", "2");
        assertEquals(0, last.code(), last.output());
        assertTrue(last.output().contains("12 of 12 runs finished, 0 failed, 0 open"), last.output());
        assertArrayEquals(
                Files.readAllBytes(temp.resolve("undisturbed").resolve("table.csv")),
                Files.readAllBytes(out.resolve("table.csv")));
    }

    @Test
    void twoSweepsDivideTheRuns() throws Exception {
        Path grid = grid("hidden = 10\nepochs = 2\nseed = 1..4\n");
        Path out = temp.resolve("shared");
        Sweep first = start(grid, out);
        Sweep second = start(grid, out);
        assertEquals(0, first.code());
        assertEquals(0, second.code());
        String words = first.output() + second.output();
        assertEquals(4, words.lines().filter(line -> line.startsWith("done")).count(), words);
    }

    @Test
    void aFailedRunIsReportedAndNotRunAgainUnlessAsked() throws Exception {
        Path grid = grid("hidden = 10\nepochs = 1\ntest-fraction = 0.2 7\n");
        Path out = temp.resolve("failing");
        Sweep first = sweep(grid, out);
        assertEquals(1, first.code());
        assertTrue(first.output().contains("failed    test-fraction=7  exit 2: "), first.output());
        Sweep again = sweep(grid, out);
        assertEquals(1, again.code());
        assertTrue(again.output().startsWith("1 of 2 runs finished, 1 failed, 0 open"), again.output());
        assertTrue(sweep(grid, out, "--retry").output().contains("start     test-fraction=7"));
    }

    @Test
    void badGridsAreNamedByLine() throws Exception {
        for (String bad : List.of("epochs 3\n", "epochs =\n", "layers = \"a\n", "seed = 1\nseed = 2\n", "out = x\n")) {
            Sweep outcome = sweep(grid(bad), temp.resolve("bad"));
            assertEquals(2, outcome.code(), bad);
            long line = bad.lines().count();
            assertTrue(outcome.output().contains("test.grid, line " + line + ": "), outcome.output());
        }
    }

    @Test
    void listsRunsInTheOrderOfTheGrid() throws Exception {
        Path grid = grid("layers = \"a b\" c # comment\nseed = 9..10\ndense = true false\nepochs = 4\n");
        Path out = temp.resolve("none");
        assertEquals("8\n", sweep(grid, out, "--count").output());
        List<String> lines = sweep(grid, out, "--list").output().lines().toList();
        assertEquals("1\topen\tlayers=a-b_seed=9_dense=true", lines.get(0));
        assertEquals("8\topen\tlayers=c_seed=10_dense=false", lines.get(7));
        assertTrue(Files.notExists(out));
    }

    private Path grid(String text) throws IOException {
        Path file = temp.resolve("test.grid");
        Files.writeString(file, text);
        return file;
    }

    private Sweep sweep(Path grid, Path out, String... options) throws Exception {
        Sweep sweep = start(grid, out, options);
        sweep.code();
        return sweep;
    }

    private Sweep start(Path grid, Path out, String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of(SCRIPT.toString(), grid.toString(), "--out", out.toString()));
        words.addAll(Arrays.asList(options));
        Path log = Files.createTempFile(temp, "sweep", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("COPPICE", coppice.toString());
        return new Sweep(builder.start(), log);
    }

    private record Sweep(Process process, Path log) {
        int code() throws InterruptedException {
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
            return process.exitValue();
        }

        String output() throws IOException {
            return Files.readString(log);
        }

        boolean stillRunsAfter(long milliseconds) throws InterruptedException {
            return !process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
        }

        /** Ends the sweep, gently by SIGTERM or with all it started by SIGKILL, and waits for the last process. */
        void kill(boolean gently) throws Exception {
            List<ProcessHandle> started = process.descendants().toList();
            if (gently) {
                process.destroy();
            } else {
                process.destroyForcibly();
                started.forEach(ProcessHandle::destroyForcibly);
            }
            assertEquals(gently ? 75 : 137, code());
            for (ProcessHandle one : started) {
                one.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }
}

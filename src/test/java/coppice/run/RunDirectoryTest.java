package coppice.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One run, one directory. */
class RunDirectoryTest {
    private final Path parent;
    private final Path directory;

    RunDirectoryTest(@TempDir Path parent) {
        this.parent = parent;
        this.directory = parent.resolve("runs").resolve("first");
    }

    /** Opens a directory from a process of its own: exits 0 where it got it, 3 where it was refused. */
    static final class Opener {
        private Opener() {}

        public static void main(String[] arguments) throws IOException {
            try (RunDirectory run = RunDirectory.open(Path.of(arguments[0]), true)) {
                System.exit(run.hasCheckpoint() ? 1 : 0);
            } catch (RunDirectoryException refused) {
                System.exit(3);
            }
        }
    }

    @Test
    void createsTheDirectoryAndNamesItsFiles() throws IOException {
        try (RunDirectory run = RunDirectory.open(directory, false)) {
            assertTrue(Files.isDirectory(directory));
            assertEquals(directory, run.path());
            assertEquals(
                    List.of(
                            "run.json",
                            "metrics.jsonl",
                            "result.json",
                            "last.safetensors",
                            "best.safetensors",
                            "train.log"),
                    Stream.of(run.manifest(), run.metrics(), run.result(), run.last(), run.best(), run.log())
                            .map(file -> directory.relativize(file).toString())
                            .toList());
            assertFalse(run.hasCheckpoint());
        }
    }

    @Test
    void anExistingRunIsContinuedOnlyWhenAsked() throws IOException {
        RunDirectory.open(directory, true).close();
        RunDirectory.open(directory, false).close(); // nothing was written, so there is nothing to protect
        Files.writeString(directory.resolve("run.json"), "{}");
        RunDirectoryException e = assertThrows(RunDirectoryException.class, () -> RunDirectory.open(directory, false));
        assertEquals(
                directory + " already holds a run; give --resume to continue it or choose another --out",
                e.getMessage());
        RunDirectory.open(directory, true).close();
    }

    @Test
    void aForeignDirectoryIsNotTouched() throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("thesis.tex"), "text");
        assertThrows(RunDirectoryException.class, () -> RunDirectory.open(directory, false));
        assertFalse(Files.exists(directory.resolve("run.lock")));
    }

    @Test
    void aFileInItsPlaceIsAnError() throws IOException {
        Files.writeString(parent.resolve("runs"), "");
        assertThrows(RunDirectoryException.class, () -> RunDirectory.open(parent.resolve("runs"), true));
    }

    @Test
    void twoRunsOfOneProcessNeverShareIt() throws IOException {
        try (RunDirectory run = RunDirectory.open(directory, false)) {
            RunDirectoryException e =
                    assertThrows(RunDirectoryException.class, () -> RunDirectory.open(run.path(), true));
            assertEquals(directory + " is in use by another run", e.getMessage());
            Path otherName = parent.resolve("runs").resolve(".").resolve("first");
            assertThrows(RunDirectoryException.class, () -> RunDirectory.open(otherName, true));
        }
    }

    @Test
    void closingTwiceDoesNotReleaseAnotherHolder() throws IOException {
        RunDirectory first = RunDirectory.open(directory, false);
        first.close();
        try (RunDirectory second = RunDirectory.open(directory, false)) {
            first.close();
            assertThrows(RunDirectoryException.class, () -> RunDirectory.open(second.path(), true));
        }
    }

    @Test
    void twoProcessesNeverShareIt() throws Exception {
        try (RunDirectory run = RunDirectory.open(directory, false)) {
            // On POSIX a careless second open here would drop the lock that the other process must see.
            assertThrows(RunDirectoryException.class, () -> RunDirectory.open(run.path(), true));
            assertEquals(3, openElsewhere());
        }
        assertEquals(0, openElsewhere());
    }

    @Test
    void leftoversOfAKilledWriterAreRemoved() throws IOException {
        Files.createDirectories(directory);
        Path leftover = AtomicFile.temporaryBeside(directory.resolve("last.safetensors"));
        Files.writeString(leftover, "half a checkpoint");
        RunDirectory.open(directory, false).close();
        assertFalse(Files.exists(leftover));
    }

    @Test
    void bestKeepsItsBytesWhenLastMovesOn() throws IOException {
        try (RunDirectory run = RunDirectory.open(directory, false)) {
            checkpoint(run, 1);
            byte[] first = Files.readAllBytes(run.last());
            run.linkBest();
            run.linkBest(); // both names are one file now; renaming one onto the other must leave nothing behind
            checkpoint(run, 2);
            assertArrayEquals(first, Files.readAllBytes(run.best()));
            run.linkBest();
            assertArrayEquals(Files.readAllBytes(run.last()), Files.readAllBytes(run.best()));
            checkpoint(run, 3);
            run.copyBest();
            assertArrayEquals(Files.readAllBytes(run.last()), Files.readAllBytes(run.best()));
            assertFalse(Files.isSameFile(run.last(), run.best()));
            try (Stream<Path> files = Files.list(directory)) {
                assertEquals(
                        List.of("best.safetensors", "last.safetensors", "run.lock"),
                        files.map(file -> directory.relativize(file).toString())
                                .sorted()
                                .toList());
            }
        }
    }

    @Test
    void thereIsNoBestWithoutALast() throws IOException {
        try (RunDirectory run = RunDirectory.open(directory, false)) {
            assertThrows(IOException.class, run::linkBest);
            assertFalse(Files.exists(run.best()));
        }
    }

    private static void checkpoint(RunDirectory run, int value) throws IOException {
        SafeTensors.write(run.last(), Map.of(), List.of(TensorEntry.ints("epoch", new int[] {value}, 1)));
    }

    private int openElsewhere() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Opener.class.getName(),
                        directory.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the other process must end");
        return process.exitValue();
    }
}

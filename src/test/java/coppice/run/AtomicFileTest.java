package coppice.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A file is the old one or the new one. */
class AtomicFileTest {
    private final Path directory;

    AtomicFileTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void replacesTheFileAsAWhole() throws IOException {
        Path file = directory.resolve("run.json");
        AtomicFile.write(file, text("first, and longer"));
        AtomicFile.write(file, text("second"));
        assertEquals("second", Files.readString(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void theTargetIsUntouchedUntilTheEnd() throws IOException {
        Path file = directory.resolve("run.json");
        AtomicFile.write(file, text("first"));
        AtomicFile.write(file, channel -> {
            channel.write(ByteBuffer.wrap(text("second")));
            assertEquals("first", Files.readString(file));
            assertEquals(2, files().size());
            assertTrue(files().stream().anyMatch(AtomicFile::isTemporary));
        });
        assertEquals("second", Files.readString(file));
    }

    @Test
    void aFailureLeavesThePreviousFileAlone() throws IOException {
        Path file = directory.resolve("run.json");
        AtomicFile.write(file, text("first"));
        assertThrows(
                IllegalStateException.class,
                () -> AtomicFile.write(file, channel -> {
                    channel.write(ByteBuffer.wrap(text("sec")));
                    throw new IllegalStateException("source failed");
                }));
        assertEquals("first", Files.readString(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void aSymbolicLinkStaysAndItsFileIsReplaced() throws IOException {
        Path file = Files.createDirectory(directory.resolve("elsewhere")).resolve("run.json");
        Path middle = Files.createSymbolicLink(directory.resolve("middle"), Path.of("elsewhere", "run.json"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), middle);
        for (String content : List.of("the file is not there yet", "now it is")) {
            AtomicFile.write(link, text(content));
            assertTrue(Files.isSymbolicLink(link));
            assertTrue(Files.isSymbolicLink(middle));
            assertEquals(content, Files.readString(file));
        }
        assertEquals(3, files().size());
        Path loop = Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
        assertThrows(FileSystemLoopException.class, () -> AtomicFile.write(loop, text("nowhere")));
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "named pipes are made by mkfifo")
    void aPipeIsWrittenToAndStays() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        FutureTask<String> reader = new FutureTask<>(() -> Files.readString(pipe));
        new Thread(reader, "reader").start();
        AtomicFile.write(pipe, text("through the pipe"));
        assertEquals("through the pipe", reader.get());
        assertFalse(Files.isRegularFile(pipe));
        assertEquals(List.of(pipe), files());
    }

    @Test
    void anErrorOfTheSystemNamesTheFile() {
        Path file = directory.resolve("run.json");
        FileSystemException error = assertThrows(
                FileSystemException.class,
                () -> AtomicFile.write(file, channel -> {
                    throw new IOException("No space left on device");
                }));
        assertEquals(file + ": No space left on device", error.getMessage());
    }

    @Test
    void temporariesAreToldFromOtherFiles() throws IOException {
        Path file = directory.resolve("run.json");
        Path temporary = AtomicFile.temporaryBeside(file);
        assertNotEquals(temporary, AtomicFile.temporaryBeside(file));
        assertTrue(AtomicFile.isTemporary(temporary));
        for (String other : List.of("run.json", "notes.tmp", ".hidden", ".a.tmp", ".a.1-2.tmp.txt", "a.1-2.tmp")) {
            assertFalse(AtomicFile.isTemporary(directory.resolve(other)), other);
        }
        Files.writeString(temporary, "half");
        Files.writeString(directory.resolve("notes.tmp"), "mine");
        AtomicFile.deleteTemporaries(directory);
        assertEquals(List.of(directory.resolve("notes.tmp")), files());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }
}

package coppice.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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

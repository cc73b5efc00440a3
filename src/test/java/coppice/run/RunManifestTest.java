package coppice.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The manifest comes back as it was written. */
class RunManifestTest {
    private final Path directory;

    RunManifestTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private static RunManifest manifest() {
        Map<String, String> configuration = new LinkedHashMap<>();
        configuration.put("zeta", "0.3");
        configuration.put("batch-size", "128");
        return new RunManifest(
                "0.1.0",
                "2026-01-02T03:04:05Z",
                List.of("train", "--seed", "9007199254740993"),
                configuration,
                9007199254740993L,
                new RunManifest.BackendChoice("cpu", "Vector API, 256 bits"),
                8,
                List.of(new RunManifest.DataSource("train", List.of("a.csv", "b.csv"), "00ff", 60000, 784, 10)),
                RunManifest.JavaRuntime.current(),
                RunManifest.Machine.current(),
                new RunManifest.Start("a/model.npz", "0f"));
    }

    @Test
    void comesBackInTheSameOrder() throws IOException {
        Path file = directory.resolve("run.json");
        manifest().write(file);
        RunManifest read = RunManifest.read(file);
        assertEquals(manifest(), read);
        assertEquals(
                List.of("zeta", "batch-size"), List.copyOf(read.configuration().keySet()));
    }

    @Test
    void isReadableText() {
        String text = Json.pretty(manifest());
        assertTrue(text.startsWith("{\n  \"coppice_version\": \"0.1.0\",\n  \"started\": "), text);
        assertTrue(text.contains("\"batch-size\": \"128\""), text);
        assertTrue(text.contains("\"seed\": 9007199254740993"), text);
    }

    @Test
    void describesThisMachine() {
        RunManifest.Machine machine = RunManifest.Machine.current();
        assertFalse(machine.cpu().isBlank());
        assertEquals(Runtime.getRuntime().availableProcessors(), machine.cores());
        assertEquals(
                System.getProperty("java.version"),
                RunManifest.JavaRuntime.current().version());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"threads\": 8 | \"threads\": 0 | threads must be at least 1 but was 0",
                "\"threads\": 8 | \"threads\": \"x\" | int",
                "\"started\": \"2026 | \"started\": \"later | later",
                "\"rows\": 60000 | \"rows\": -1 | data.rows must be at least 0 but was -1",
                "\"vendor\" | \"seller\" | java.vendor is missing"
            })
    void aManifestOfAnythingElseIsMalformed(String part, String replacement, String reason) throws IOException {
        Path file = directory.resolve("run.json");
        String text = Json.pretty(manifest());
        String changed = text.replace(part, replacement);
        assertFalse(changed.equals(text), part);
        Files.writeString(file, changed);
        MalformedDataException e = assertThrows(MalformedDataException.class, () -> RunManifest.read(file));
        assertTrue(String.valueOf(e.getMessage()).contains(reason), e.getMessage());
        assertEquals(1, String.valueOf(e.getMessage()).lines().count());
    }
}

package coppice.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A resumed run's metrics read as if it had never stopped. */
class MetricsLogTest {
    private record Line(int epoch, double loss) {}

    private static final String THREE =
            "{\"epoch\":1,\"loss\":0.5}\n{\"epoch\":2,\"loss\":null}\n{\"epoch\":3,\"loss\":0.25}\n";

    private final Path directory;

    MetricsLogTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private Path file() {
        return directory.resolve("metrics.jsonl");
    }

    @Test
    void eachLineIsThereAsSoonAsItIsAppended() throws IOException {
        try (MetricsLog log = MetricsLog.open(file(), 0)) {
            log.append(new Line(1, 0.5));
            assertEquals("{\"epoch\":1,\"loss\":0.5}\n", Files.readString(file()));
            log.append(new Line(2, Double.NaN));
            log.append(Map.of("epoch", 3));
        }
        assertEquals(
                List.of("{\"epoch\":1,\"loss\":0.5}", "{\"epoch\":2,\"loss\":null}", "{\"epoch\":3}"),
                Files.readAllLines(file()));
    }

    @Test
    void onlyObjectsAreLines() throws IOException {
        try (MetricsLog log = MetricsLog.open(file(), 0)) {
            assertThrows(IllegalArgumentException.class, () -> log.append(List.of(1)));
            assertEquals(0, Files.size(file()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 9})
    void resumingKeepsTheEpochsOfTheCheckpoint(int keep) throws IOException {
        Files.writeString(file(), THREE);
        try (MetricsLog log = MetricsLog.open(file(), keep)) {
            log.append(new Line(keep + 1, 1));
        }
        List<String> expected = Stream.concat(
                        THREE.lines().limit(keep), Stream.of("{\"epoch\":" + (keep + 1) + ",\"loss\":1.0}"))
                .toList();
        assertEquals(expected, Files.readAllLines(file()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"epoch\":", "{\"epoch\":4,\"loss\":\"\u00e9", "\0\0\0\0", "4"})
    void aHalfWrittenLastLineIsDropped(String half) throws IOException {
        Files.writeString(file(), THREE + half);
        MetricsLog.open(file(), 9).close();
        assertEquals(THREE, Files.readString(file()));
    }

    @Test
    void aLastLineThatLacksOnlyItsEndIsKept() throws IOException {
        Files.writeString(file(), THREE.stripTrailing());
        MetricsLog.open(file(), 9).close();
        assertEquals(THREE, Files.readString(file()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n",
                "{\n",
                "[]\n",
                "{}\n",
                "{\"epoch\":1.5}\n",
                "{\"epoch\":\"1\"}\n",
                "{\"epoch\":3000000000}\n"
            })
    void damageElsewhereNamesTheLine(String damage) throws IOException {
        Files.writeString(file(), THREE + damage + THREE);
        MalformedDataException e = assertThrows(
                MalformedDataException.class, () -> MetricsLog.open(file(), 9).close());
        assertTrue(String.valueOf(e.getMessage()).startsWith(file() + ":4: "), e.getMessage());
        assertEquals(THREE + damage + THREE, Files.readString(file()));
    }
}

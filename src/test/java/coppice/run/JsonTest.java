package coppice.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The text is the same everywhere and is always JSON. */
class JsonTest {
    private final Path directory;

    JsonTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private record Epoch(int epoch, double trainLoss, float lastRate, List<Double> losses) {}

    @Test
    void recordsKeepTheirOrderInSnakeCase() {
        assertEquals(
                "{\"epoch\":1,\"train_loss\":0.1,\"last_rate\":0.1,\"losses\":[1.0,2.5]}",
                Json.compact(new Epoch(1, 0.1, 0.1f, List.of(1.0, 2.5))));
    }

    @Test
    void mapsKeepTheirOrderAndKeys() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("zetaMax", 1);
        map.put("alpha", "é\n");
        assertEquals("{\"zetaMax\":1,\"alpha\":\"é\\n\"}", Json.compact(map));
    }

    @Test
    void prettyFormIsTheSameOnEveryPlatform() {
        assertEquals(
                "{\n  \"epoch\": 1,\n  \"train_loss\": 2.0,\n  \"last_rate\": 3.0,\n  \"losses\": [\n    1.0\n  ]\n}",
                Json.pretty(new Epoch(1, 2, 3, List.of(1.0))));
    }

    @Test
    void numbersThatJsonLacksBecomeNull() {
        assertEquals(
                "{\"epoch\":1,\"train_loss\":null,\"last_rate\":null,\"losses\":[null,1.0]}",
                Json.compact(
                        new Epoch(1, Double.NaN, Float.POSITIVE_INFINITY, List.of(Double.NEGATIVE_INFINITY, 1.0))));
        assertEquals("[null,1.5]", Json.compact(new double[] {Double.NaN, 1.5}));
        assertEquals("[null,1.5]", Json.compact(new float[] {Float.NaN, 1.5f}));
        assertEquals("{\"a\":null}", Json.compact(Map.of("a", Double.NaN)));
    }

    @Test
    void numbersTakeTheFewestDigits() {
        // Double.toString of JDK 17 has one digit too many here.
        assertEquals("2.0E23", Json.compact(Double.parseDouble("2e23")));
        assertEquals("[0.1,1.0E-4]", Json.compact(new float[] {0.1f, 1e-4f}));
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 10_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            float single = Float.intBitsToFloat(random.nextInt());
            if (Double.isFinite(value) && Float.isFinite(single)) {
                assertEquals(value, Double.parseDouble(Json.compact(value)));
                assertEquals(single, Float.parseFloat(Json.compact(single)));
            }
        }
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        Path file = directory.resolve("epoch.json");
        Epoch epoch = new Epoch(3, 1.0 / 3, 1f / 3, List.of(1e-300));
        Json.write(file, epoch);
        assertEquals(epoch, Json.read(file, Epoch.class));
        assertTrue(Files.readString(file).endsWith("}\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{\"epoch\":1",
                "{\"epoch\":1}{}",
                "{\"epoch\":\n\"one\"}",
                "{\"epoch\":1,\"epoch\":2}"
            })
    void aFileOfAnythingElseIsMalformed(String text) throws IOException {
        Path file = directory.resolve("epoch.json");
        Files.writeString(file, text);
        MalformedDataException e = assertThrows(MalformedDataException.class, () -> Json.read(file, Epoch.class));
        assertTrue(String.valueOf(e.getMessage()).startsWith(file + ":"), e.getMessage());
        assertEquals(1, String.valueOf(e.getMessage()).lines().count(), e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Json.parse(text, Epoch.class));
    }

    @Test
    void theLineOfAFaultIsNamed() throws IOException {
        Path file = directory.resolve("epoch.json");
        Files.writeString(file, "{\n\"epoch\": x}");
        MalformedDataException e = assertThrows(MalformedDataException.class, () -> Json.read(file, JsonNode.class));
        assertTrue(String.valueOf(e.getMessage()).startsWith(file + ":2: "), e.getMessage());
    }
}

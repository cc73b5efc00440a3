package coppice.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files read back by {@link EventReader}. */
class EventFileTest {
    @Test
    void theReadersChecksumIsCrc32c() {
        assertEquals(0xE3069283, EventReader.crc32c("123456789".getBytes(StandardCharsets.US_ASCII)));
        assertEquals(0x8A9136AA, EventReader.crc32c(new byte[32])); // RFC 3720, B.4
    }

    /** Every event file begins with a record of 24 bytes: the checksum of that length is the same in all of them. */
    @Test
    void beginsAsTensorFlowsOwnFilesDo(@TempDir Path directory) throws IOException {
        EventFile.create(directory, 1).close();
        byte[] bytes = Files.readAllBytes(onlyFile(directory));
        assertArrayEquals(HexFormat.of().parseHex("1800000000000000a37f4b2209"), Arrays.copyOf(bytes, 13));
        assertEquals("\u001a\rbrain.Event:2", new String(bytes, 21, 15, StandardCharsets.US_ASCII));
        double seconds =
                ByteBuffer.wrap(bytes, 13, 8).order(ByteOrder.LITTLE_ENDIAN).getDouble();
        assertEquals(System.currentTimeMillis() * 1e-3, seconds, 60);
    }

    @Test
    void scalarsComeBack(@TempDir Path directory) throws IOException {
        Map<String, Double> first = new LinkedHashMap<>();
        first.put("loss/train", 0.1);
        first.put("größe " + "x".repeat(300), -1e30);
        first.put("not a number", Double.NaN);
        try (EventFile file = EventFile.create(directory, 300)) {
            file.scalars(300, first);
            file.scalars(5_000_000_000L, Map.of("loss/train", 0.0));
        }
        List<EventReader.Event> events = EventReader.read(onlyFile(directory));
        assertEquals(4, events.size());
        assertEquals("brain.Event:2", events.get(0).version());
        assertEquals(300, events.get(1).step());
        assertTrue(events.get(1).starts());
        assertEquals(300, events.get(2).step());
        Map<String, Float> expected = new LinkedHashMap<>();
        first.forEach((tag, value) -> expected.put(tag, value.floatValue()));
        assertEquals(expected, events.get(2).scalars());
        assertEquals(5_000_000_000L, events.get(3).step());
        assertEquals(Map.of("loss/train", 0f), events.get(3).scalars());
    }

    @Test
    void filesOfASecondDoNotMeet(@TempDir Path directory) throws IOException {
        for (int i = 0; i < 3; i++) {
            EventFile.create(directory.resolve("made"), i).close();
        }
        try (Stream<Path> files = Files.list(directory.resolve("made"))) {
            List<Path> sorted = files.sorted().toList();
            assertEquals(3, sorted.size());
            for (int i = 0; i < 3; i++) {
                assertEquals(i, EventReader.read(sorted.get(i)).get(1).step());
            }
        }
    }

    private static Path onlyFile(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> all = files.toList();
            assertEquals(1, all.size());
            return all.get(0);
        }
    }
}

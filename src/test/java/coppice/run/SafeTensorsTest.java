package coppice.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is written is the format to the byte, and comes back as it was. */
class SafeTensorsTest {
    private final Path directory;

    SafeTensorsTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private Path file() {
        return directory.resolve("model.safetensors");
    }

    @Test
    void tinyFileHasTheBytesOfTheFormat() throws IOException {
        SafeTensors.write(
                file(),
                Map.of("k", "v"),
                List.of(
                        TensorEntry.bytes("b", new long[] {3}, new byte[] {1, 2, -1}),
                        TensorEntry.floats("f", new long[] {1, 2}, new float[] {1f, -2f}),
                        TensorEntry.offsets("o", new int[] {0, 258})));

        // Values by width: o takes bytes 0 to 16, f 16 to 24, b 24 to 27; the header keeps the given order.
        String json = "{\"__metadata__\":{\"k\":\"v\"},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[24,27]},"
                + "\"f\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
                + "\"o\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]}}";
        assertEquals(191, json.length());
        String expected = "c000000000000000"
                + HexFormat.of().formatHex((json + " ").getBytes(StandardCharsets.US_ASCII))
                + "0000000000000000" + "0201000000000000"
                + "0000803f" + "000000c0"
                + "0102ff";
        assertEquals(expected, HexFormat.of().formatHex(Files.readAllBytes(file())));
    }

    @Test
    void headerIsPaddedWithSpacesToAMultipleOfEight() throws IOException {
        SafeTensors.write(file(), Map.of(), List.of());
        assertEquals("0800000000000000" + "7b7d202020202020", HexFormat.of().formatHex(Files.readAllBytes(file())));
    }

    @Test
    void everyKindComesBack() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        // Longer than the 1 MiB buffer, and of a length that no chunk divides.
        float[] floats = new float[700_001];
        int[] ints = new int[700_001];
        long[] longs = new long[300_001];
        int[] offsets = new int[300_001];
        byte[] bytes = new byte[2_100_001];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = Float.intBitsToFloat(random.nextInt() & 0x7f7fffff);
            ints[i] = random.nextInt();
        }
        for (int i = 0; i < longs.length; i++) {
            longs[i] = random.nextLong();
            offsets[i] = random.nextInt(Integer.MAX_VALUE);
        }
        random.nextBytes(bytes);
        SafeTensors.write(
                file(),
                Map.of(),
                List.of(
                        TensorEntry.bytes("bytes", new long[] {bytes.length}, bytes),
                        TensorEntry.floats("floats", new long[] {1, floats.length}, floats),
                        TensorEntry.longs("longs", new long[] {longs.length}, longs),
                        TensorEntry.ints("ints", new long[] {ints.length, 1}, ints),
                        TensorEntry.offsets("offsets", offsets)));

        try (SafeTensorsReader reader = SafeTensors.open(file())) {
            assertEquals(List.of("bytes", "floats", "longs", "ints", "offsets"), List.copyOf(reader.names()));
            assertArrayEquals(floats, reader.floats("floats"));
            assertArrayEquals(ints, reader.ints("ints"));
            assertArrayEquals(longs, reader.longs("longs"));
            assertArrayEquals(offsets, reader.offsetsAsInts("offsets"));
            assertArrayEquals(bytes, reader.bytes("bytes"));
            assertArrayEquals(new long[] {1, floats.length}, reader.shape("floats"));
            assertEquals(DataType.I64, reader.dtype("offsets"));
        }
    }

    @Test
    void prefixesAndStridedMatricesLeaveTheRestOut() throws IOException {
        float[] padded = {1, 2, 3, Float.NaN, 4, 5, 6, Float.NaN};
        SafeTensors.write(
                file(),
                Map.of(),
                List.of(
                        TensorEntry.matrix("matrix", 2, 3, 4, padded),
                        TensorEntry.matrix("no rows", 0, 3, 4, new float[0]),
                        TensorEntry.matrix("no columns", 2, 0, 4, padded),
                        TensorEntry.floats("floats", padded, 3),
                        TensorEntry.ints("ints", new int[] {7, 8, 9}, 2),
                        TensorEntry.longs("longs", new long[] {7, 8, 9}, 1),
                        TensorEntry.offsets("offsets", new int[] {0, 4, 9}, 2),
                        TensorEntry.bytes("bytes", new byte[] {7, 8, 9}, 0)));

        try (SafeTensorsReader reader = SafeTensors.open(file())) {
            assertArrayEquals(new long[] {2, 3}, reader.shape("matrix"));
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, reader.floats("matrix"));
            assertArrayEquals(new long[] {0, 3}, reader.shape("no rows"));
            assertArrayEquals(new long[] {2, 0}, reader.shape("no columns"));
            assertArrayEquals(new float[] {1, 2, 3}, reader.floats("floats"));
            assertArrayEquals(new int[] {7, 8}, reader.ints("ints"));
            assertArrayEquals(new long[] {7}, reader.longs("longs"));
            assertArrayEquals(new int[] {0, 4}, reader.offsetsAsInts("offsets"));
            assertArrayEquals(new byte[0], reader.bytes("bytes"));
        }
    }

    @Test
    void emptyTensorsScalarsAndUnicodeMetadataComeBack() throws IOException {
        Map<String, String> metadata = Map.of("épsilon", "20 \n\t\"quoted\" \\ \u0000", "日本", "🌱", "", "");
        SafeTensors.write(
                file(),
                metadata,
                List.of(
                        TensorEntry.floats("empty", new long[] {0, 5}, new float[0]),
                        TensorEntry.floats("scalar", new long[0], new float[] {Float.NEGATIVE_INFINITY}),
                        TensorEntry.offsets("größe", new int[0])));

        try (SafeTensorsReader reader = SafeTensors.open(file())) {
            assertEquals(metadata, reader.metadata());
            assertArrayEquals(new long[] {0, 5}, reader.shape("empty"));
            assertEquals(0, reader.floats("empty").length);
            assertArrayEquals(new long[0], reader.shape("scalar"));
            assertEquals(Float.NEGATIVE_INFINITY, reader.floats("scalar")[0]);
            assertEquals(0, reader.offsetsAsInts("größe").length);
        }
    }

    @Test
    void sha256IsThatOfTheFileAndTheBytesAreTheSameEachTime() throws Exception {
        List<TensorEntry> tensors = List.of(TensorEntry.floats("w", new long[] {2, 2}, new float[] {1, 2, 3, 4}));
        String first = SafeTensors.write(file(), Map.of("a", "1", "b", "2", "c", "3"), tensors);
        byte[] bytes = Files.readAllBytes(file());
        assertEquals(
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)), first);
        assertEquals(first, SafeTensors.write(file(), Map.of("c", "3", "b", "2", "a", "1"), tensors));
        assertArrayEquals(bytes, Files.readAllBytes(file()));
    }

    @Test
    void eachTensorIsAlignedAndThereAreNoHoles() throws IOException {
        List<TensorEntry> tensors = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            tensors.add(TensorEntry.bytes("u" + i, new byte[i], i));
            tensors.add(TensorEntry.ints("i" + i, new int[i], i));
            tensors.add(TensorEntry.longs("l" + i, new long[i], i));
        }
        SafeTensors.write(file(), Map.of("padding", "x"), tensors);
        byte[] bytes = Files.readAllBytes(file());
        int start = 8 + ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
        assertEquals(0, start % 8);
        JsonNode header = Json.parse(new String(bytes, 8, start - 8, StandardCharsets.UTF_8), JsonNode.class);
        for (TensorEntry tensor : tensors) {
            int begin = header.path(tensor.name()).path("data_offsets").path(0).intValue();
            assertEquals(0, (start + begin) % tensor.type().itemBytes(), tensor.name());
        }
        SafeTensors.open(file()).close(); // refuses holes
    }

    @Test
    void aWriterThatFailsMidwayLeavesThePreviousFile() throws IOException {
        SafeTensors.write(file(), Map.of(), List.of(TensorEntry.ints("a", new int[] {1}, 1)));
        byte[] before = Files.readAllBytes(file());
        TensorEntry failing = new TensorEntry("b", DataType.F32, new long[] {1_000_000}, sink -> {
            sink.floats(new float[500_000], 0, 500_000);
            throw new IOException("disk is gone");
        });
        IOException e = assertThrows(IOException.class, () -> SafeTensors.write(file(), Map.of(), List.of(failing)));
        assertEquals(file() + ": disk is gone", e.getMessage());
        assertArrayEquals(before, Files.readAllBytes(file()));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(List.of(file()), files.toList());
        }
    }

    @Test
    void aSourceOfTheWrongLengthIsRefused() {
        TensorEntry shortSource =
                new TensorEntry("b", DataType.F32, new long[] {3}, sink -> sink.floats(new float[2], 0, 2));
        IllegalStateException e = assertThrows(
                IllegalStateException.class, () -> SafeTensors.write(file(), Map.of(), List.of(shortSource)));
        assertEquals("tensor b must take 12 bytes but 8 were written", e.getMessage());
        assertFalse(Files.exists(file()));
    }

    @Test
    void entriesThatCannotBeWrittenAreRefused() {
        float[] four = new float[4];
        assertRefused("array has 4", () -> TensorEntry.floats("w", new long[] {5}, four));
        assertRefused(">= 0", () -> TensorEntry.floats("w", new long[] {-1, -4}, four));
        assertRefused("[0, 4]", () -> TensorEntry.floats("w", four, 5));
        assertRefused("[0, 4]", () -> TensorEntry.floats("w", four, -1));
        assertRefused("stride 1", () -> TensorEntry.matrix("w", 2, 2, 1, four));
        assertRefused("needs 5", () -> TensorEntry.matrix("w", 2, 2, 3, four));
        TensorEntry entry = TensorEntry.floats("w", four, 4);
        assertRefused("distinct", () -> SafeTensors.write(file(), Map.of(), List.of(entry, entry)));
        TensorEntry reserved = TensorEntry.floats("__metadata__", four, 4);
        assertRefused("__metadata__", () -> SafeTensors.write(file(), Map.of(), List.of(reserved)));
        assertFalse(Files.exists(file()));
    }

    @Test
    void whatIsAskedForMustBeThereAndOfTheType() throws IOException {
        SafeTensors.write(file(), Map.of(), List.of(TensorEntry.longs("l", new long[] {2}, new long[] {1L << 31, -1})));
        try (SafeTensorsReader reader = SafeTensors.open(file())) {
            assertMalformed("no tensor of this name", () -> reader.floats("missing\nname"));
            assertMalformed("no tensor of this name", () -> reader.shape("missing"));
            assertMalformed("dtype must be F32 but is I64", () -> reader.floats("l"));
            assertMalformed("dtype must be I32 but is I64", () -> reader.ints("l"));
            assertMalformed("dtype must be U8 but is I64", () -> reader.bytes("l"));
            assertMalformed("element 0 must be in [0, 2147483647] but is 2147483648", () -> reader.offsetsAsInts("l"));
        }
    }

    private static void assertRefused(String reason, Executable action) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action);
        assertTrue(String.valueOf(e.getMessage()).contains(reason), e.getMessage());
    }

    private static void assertMalformed(String reason, Executable action) {
        MalformedDataException e = assertThrows(MalformedDataException.class, action);
        assertTrue(String.valueOf(e.getMessage()).contains(reason), e.getMessage());
        assertEquals(1, String.valueOf(e.getMessage()).lines().count());
    }
}

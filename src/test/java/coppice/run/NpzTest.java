package coppice.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import coppice.matrix.CsrPattern;
import coppice.model.LayerState;
import coppice.model.VisibleUnits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models as NPZ files: a sparse layer of 3 x 5 with an empty row, then a dense one of 2 x 3. */
class NpzTest {
    private static Checkpoint model() {
        return model(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    }

    private static Checkpoint model(float @Nullable [] slopes) {
        CsrPattern pattern = new CsrPattern(3, 5, new int[] {0, 2, 2, 4}, new int[] {1, 4, 0, 3});
        LayerState sparse = new LayerState(
                3,
                5,
                pattern,
                null,
                new float[] {-0f, Float.MIN_VALUE, 1.5f, -2.25f},
                List.of(new float[] {9, 9, 9, 9}),
                new float[] {1, 2, 3},
                List.of(new float[] {9, 9, 9}),
                slopes,
                slopes == null ? List.of() : List.of(new float[12]),
                null);
        LayerState dense = new LayerState(
                2,
                3,
                null,
                null,
                new float[] {1, 2, 3, 4, 5, 6},
                List.of(new float[6]),
                new float[] {-1, -2},
                List.of(new float[2]),
                null,
                List.of(),
                null);
        return new Checkpoint(
                Map.of("hidden", "3"),
                "{\"step\":12}",
                List.of("größe", "日本 \uD83D\uDE00"),
                new float[] {1, 2, 3, 4, 5},
                new float[] {5, 4, 3, 2, 1},
                List.of(sparse, dense));
    }

    private static Checkpoint machine() {
        LayerState layer = model().layers().get(0);
        LayerState hidden = new LayerState(
                3,
                5,
                layer.pattern(),
                null,
                layer.weights(),
                List.of(),
                layer.bias(),
                List.of(),
                null,
                List.of(),
                null);
        VisibleUnits units = new VisibleUnits(
                new float[] {1, 2, 3, 4, 5}, List.of(), new float[] {6, 7, 8, 9, 10}, new float[] {0, 1, 0});
        return new Checkpoint(
                Map.of("model", "rbm"),
                "{}",
                List.of(),
                new float[5],
                new float[5],
                List.of(hidden.withVisible(units)));
    }

    private static void assertSameWeights(Checkpoint expected, Checkpoint actual) {
        assertEquals(expected.configuration(), actual.configuration());
        assertEquals(expected.training(), actual.training());
        assertEquals(expected.classes(), actual.classes());
        assertArrayEquals(expected.offset(), actual.offset());
        assertArrayEquals(expected.scale(), actual.scale());
        assertEquals(expected.layers().size(), actual.layers().size());
        for (int n = 0; n < expected.layers().size(); n++) {
            LayerState a = expected.layers().get(n);
            LayerState b = actual.layers().get(n);
            assertEquals(List.of(a.outputs(), a.inputs()), List.of(b.outputs(), b.inputs()));
            assertArrayEquals(a.weights(), b.weights());
            assertArrayEquals(a.bias(), b.bias());
            assertArrayEquals(a.slopes(), b.slopes());
            CsrPattern pattern = b.pattern();
            assertEquals(a.pattern() == null, pattern == null);
            if (a.pattern() != null && pattern != null) {
                assertArrayEquals(a.pattern().rowOffsets(), pattern.rowOffsets());
                assertArrayEquals(a.pattern().columnIndices(), pattern.columnIndices());
            }
        }
    }

    private static void assertNoState(LayerState layer) {
        assertEquals(List.of(), layer.weightState());
        assertEquals(List.of(), layer.biasState());
        assertEquals(List.of(), layer.slopeState());
    }

    @Test
    void comesBackWithoutWhatOnlyTrainingNeeds(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("checkpoint.safetensors");
        model().write(file);
        Checkpoint weights = Checkpoint.readWeights(file);
        assertSameWeights(model(), weights);
        weights.layers().forEach(NpzTest::assertNoState);

        Path npz = directory.resolve("model.npz");
        weights.writeNpz(npz);
        assertSameWeights(model(), Checkpoint.read(npz));
        Checkpoint.read(npz).layers().forEach(NpzTest::assertNoState);
        Path again = directory.resolve("again.npz");
        weights.writeNpz(again);
        assertArrayEquals(Files.readAllBytes(npz), Files.readAllBytes(again));

        Path export = directory.resolve("export.safetensors");
        weights.write(export);
        try (SafeTensorsReader reader = SafeTensors.open(export)) {
            assertEquals(
                    List.of(
                            "layer.0.row_offsets",
                            "layer.0.column_indices",
                            "layer.0.values",
                            "layer.0.bias",
                            "layer.0.srelu",
                            "layer.1.weight",
                            "layer.1.bias",
                            "input.offset",
                            "input.scale"),
                    List.copyOf(reader.names()));
        }
    }

    @Test
    void keepsTheVisibleUnitsOfAMachine(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("checkpoint.safetensors");
        machine().write(file);
        Path npz = directory.resolve("machine.npz");
        Checkpoint.readWeights(file).writeNpz(npz);
        VisibleUnits units =
                Objects.requireNonNull(Checkpoint.read(npz).layers().get(0).visible());
        assertArrayEquals(new float[] {1, 2, 3, 4, 5}, units.bias());
        assertArrayEquals(new float[] {6, 7, 8, 9, 10}, units.baseBias());
        assertNull(units.chains());
    }

    /** The bytes of each entry, in the archive's order. */
    private static Map<String, byte[]> entries(Path file) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            Enumeration<? extends ZipEntry> all = zip.entries();
            while (all.hasMoreElements()) {
                ZipEntry entry = all.nextElement();
                try (InputStream in = zip.getInputStream(entry)) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
            }
        }
        return entries;
    }

    /** Writes entries compressed, as {@code numpy.savez_compressed} does. */
    private static void write(Path file, Map<String, byte[]> entries) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        }
    }

    /** An NPY file as NumPy lays it out, the header not padded. */
    private static byte[] npy(String header, byte[] values) {
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(10 + text.length + values.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
                .putShort((short) text.length)
                .put(text)
                .put(values)
                .array();
    }

    private static byte[] npy(String type, String shape, byte[] values) {
        return npy("{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n", values);
    }

    private static Map<String, byte[]> good(Path directory) throws IOException {
        Path file = directory.resolve("good.npz");
        model().writeNpz(file);
        return entries(file);
    }

    @Test
    void readsCompressedArchivesAndWideIndices(@TempDir Path directory) throws IOException {
        Map<String, byte[]> entries = good(directory);
        byte[] wide = ByteBuffer.allocate(32)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(1)
                .putLong(4)
                .putLong(0)
                .putLong(3)
                .array();
        entries.put("layer.0.indices.npy", npy("<i8", "(4,)", wide));
        entries.put("notes.txt", new byte[] {1});
        Path file = directory.resolve("compressed.npz");
        write(file, entries);
        assertSameWeights(model(), Checkpoint.read(file));
    }

    private static String message(Path file) {
        String message = String.valueOf(assertThrows(MalformedDataException.class, () -> Checkpoint.read(file))
                .getMessage());
        assertTrue(message.startsWith(file + ": "), message);
        assertFalse(message.contains("\n"), message);
        return message.substring(file.toString().length() + 2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "layer.0.data.npy | <f8 | (4,) | 32 | type must be <f4 but is <f8",
                "layer.0.data.npy | >f4 | (4,) | 16 | type must be <f4 but is >f4",
                "layer.0.data.npy | <f4 | (5,) | 16 | needs 20 bytes of values, which it does not have",
                "layer.0.data.npy | <f4 | (3,) | 12 | has 3 elements; 4 were expected",
                "layer.0.data.npy | <f4 | (99999999999,) | 16 | at most 2147483639 elements can be read",
                "layer.0.data.npy | <f4 | (99999999999,99999999999) | 16 | has too great a shape",
                "layer.0.data.npy | <f4 | (99999999999999999999,) | 16 | has too great a shape",
                "layer.0.data.npy | <f4 | (2000000000,) | 16 | needs 8000000000 bytes of values",
                "layer.0.data.npy | <f4 | (x,) | 16 | has a header that is not understood",
                "layer.0.indices.npy | <f4 | (4,) | 16 | type must be <i4 but is <f4",
                "layer.0.indices.npy | <i4 | (4,) | 16 | tensors layer.0.*: row 0 holds column 0 after column 0",
                "layer.0.indptr.npy | <i8 | (4,) | 32 | row offsets must run from 0 to 4",
                "metadata.classes.npy | <f4 | () | 4 | a text was expected but it is <f4",
                "metadata.classes.npy | <U3 | () | 12 | metadata classes: "
            })
    void arraysAreChecked(String name, String type, String shape, int bytes, String expected, @TempDir Path directory)
            throws IOException {
        Map<String, byte[]> entries = good(directory);
        entries.put(name, npy(type, shape, new byte[bytes]));
        Path file = directory.resolve("damaged.npz");
        write(file, entries);
        String actual = message(file);
        assertTrue(actual.contains(expected), actual);
        entries.remove(name);
        write(file, entries);
        String missing = message(file);
        assertTrue(missing.contains(name.startsWith("metadata") ? "metadata classes is missing" : name), missing);
    }

    @Test
    void refusesNegativeIndicesColumnOrderAndOtherFiles(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("damaged.npz");
        Map<String, byte[]> entries = good(directory);
        byte[] negative = new byte[16];
        Arrays.fill(negative, (byte) 0xff);
        entries.put("layer.0.indices.npy", npy("<i4", "(4,)", negative));
        write(file, entries);
        assertTrue(message(file).contains("element 0 must be in [0, 2147483647] but is -1"));

        entries = good(directory);
        entries.put(
                "layer.1.weight.npy",
                npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", new byte[24]));
        write(file, entries);
        assertTrue(message(file).contains("must lie row by row (C order)"));

        entries = good(directory);
        entries.put("layer.1.weight.npy", "this is no array".getBytes(StandardCharsets.US_ASCII));
        write(file, entries);
        assertTrue(message(file).contains("array layer.1.weight.npy is no NPY file"));

        write(file, Map.of("other.npy", npy("<f4", "()", new byte[4])));
        assertTrue(message(file).contains("metadata format coppice-checkpoint/1 was expected but it is null"));
    }

    /** Without slopes, whose name a flipped bit may take away: only the activation says whether they must be there. */
    @Test
    void aDamagedArchiveIsMalformedDataOrTheSame(@TempDir Path directory) throws IOException {
        Path good = directory.resolve("good.npz");
        Path file = directory.resolve("damaged.npz");
        Checkpoint model = model(null);
        model.writeNpz(good);
        byte[] bytes = Files.readAllBytes(good);
        for (int length = 5; length < bytes.length; length += 113) {
            Files.write(file, Arrays.copyOf(bytes, length));
            message(file);
        }
        for (int at = 5; at < bytes.length; at += 11) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= (byte) (1 << (at % 8));
            Files.write(file, flipped);
            try {
                assertSameWeights(model, Checkpoint.read(file));
            } catch (MalformedDataException e) {
                message(file);
            }
        }
    }
}

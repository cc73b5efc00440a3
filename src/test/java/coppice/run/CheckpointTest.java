package coppice.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import coppice.model.LayerState;
import coppice.model.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks in files: a sparse layer of 4 x 5 with SReLU, a dense one of 3 x 4, and Adam's buffers. */
class CheckpointTest {
    private static final SplittableRandom RANDOM = new SplittableRandom(1);

    private static float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = Float.intBitsToFloat(RANDOM.nextInt() & 0xbf7fffff);
        }
        return values;
    }

    private static List<float[]> buffers(int buffers, int count) {
        return Stream.generate(() -> floats(count)).limit(buffers).toList();
    }

    private static Checkpoint checkpoint(int buffers) {
        CsrPattern pattern = new CsrPattern(4, 5, new int[] {0, 2, 2, 5, 6}, new int[] {1, 4, 0, 2, 3, 4});
        LayerState sparse = new LayerState(
                4,
                5,
                pattern,
                null,
                floats(6),
                buffers(buffers, 6),
                floats(4),
                buffers(buffers, 4),
                floats(16),
                buffers(buffers, 16),
                null);
        LayerState dense = new LayerState(
                3,
                4,
                null,
                null,
                floats(12),
                buffers(buffers, 12),
                floats(3),
                buffers(buffers, 3),
                null,
                List.of(),
                null);
        Map<String, String> configuration = new LinkedHashMap<>();
        configuration.put("hidden", "4");
        configuration.put("data", "größe.csv");
        return new Checkpoint(
                configuration,
                "{\"step\":12,\"open_loss\":0.1}",
                List.of("a", "b \"c\"", "日本"),
                floats(5),
                floats(5),
                TrainingStatistics.NONE,
                List.of(sparse, dense),
                new Inputs(List.of("a", "b", "größe", "\"d\"", ""), new Shape(5, 1, 1)));
    }

    /** Two filters of 3 x 3 on images of 1 x 4 x 3, sparse filters on what they make, and 2 classes. */
    private static Checkpoint convolutions() {
        Window first = Window.same(1, 4, 3, 3, 1);
        Window second = Window.valid(2, 4, 3, 2, 1);
        CsrPattern pattern = new CsrPattern(1, 8, new int[] {0, 3}, new int[] {0, 2, 7});
        return new Checkpoint(
                Map.of("layers", "..."),
                "{}",
                List.of("a", "b"),
                floats(12),
                floats(12),
                TrainingStatistics.NONE,
                List.of(
                        new LayerState(
                                2,
                                9,
                                null,
                                first,
                                floats(18),
                                buffers(1, 18),
                                floats(2),
                                buffers(1, 2),
                                floats(4 * 24),
                                buffers(1, 4 * 24),
                                null),
                        new LayerState(
                                1,
                                8,
                                pattern,
                                second,
                                floats(3),
                                buffers(1, 3),
                                floats(1),
                                buffers(1, 1),
                                null,
                                List.of(),
                                null),
                        new LayerState(
                                2,
                                6,
                                null,
                                null,
                                floats(12),
                                buffers(1, 12),
                                floats(2),
                                buffers(1, 2),
                                null,
                                List.of(),
                                null)),
                new Inputs(List.of(), new Shape(1, 4, 3)));
    }

    @Test
    void convolutionsComeBackBitForBit(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("a.safetensors");
        Checkpoint written = convolutions();
        String sha256 = written.write(file);
        Checkpoint read = Checkpoint.read(file);
        assertEquals(new Shape(1, 4, 3), read.inputs().image());
        for (int n = 0; n < 3; n++) {
            assertEquals(written.layers().get(n).window(), read.layers().get(n).window());
            assertBits(arrays(written.layers().get(n)), arrays(read.layers().get(n)));
        }
        assertEquals(sha256, read.write(directory.resolve("b.safetensors")));
        try (SafeTensorsReader reader = SafeTensors.open(file)) {
            assertArrayEquals(new long[] {2, 1, 3, 3}, reader.shape("layer.0.weight"));
            assertArrayEquals(new long[] {2, 1, 3, 3}, reader.shape("layer.0.velocity"));
            assertArrayEquals(new long[] {4, 24}, reader.shape("layer.0.srelu"));
            assertEquals(
                    "{\"channels\":1,\"height\":4,\"width\":3}",
                    reader.metadata().get("image"));
            assertTrue(String.valueOf(reader.metadata().get("layers"))
                    .startsWith("[{\"inputs\":9,\"outputs\":2,\"sparse\":false,\"window\":{\"channels\":1,\"height\":4,"
                            + "\"width\":3,\"kernel\":3,\"stride\":1,\"top\":1,\"left\":1,\"out_height\":4,"
                            + "\"out_width\":3}},"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "image | 1x4 | metadata image: ",
                "image | {\"channels\":1,\"height\":4,\"width\":0} | metadata image: ",
                "image | {\"channels\":9,\"height\":99999,\"width\":99999} | metadata image: ",
                "image | {\"channels\":1,\"height\":4,\"width\":4} | tensor input.offset has 12 elements; 16 were",
                "kernel\":3 | kernel\":2 | layer 0 needs inputs and outputs",
                "kernel\":3 | kernel\":99999 | layer 0 has a window that is none",
                "kernel\":3 | kernel\":null | layer 0 has a window that is none",
                "\"top\":1 | \"top\":3 | layer 0 has a window that is none: a position of the window would cover no",
                "\"window\":{\"channels\":1 | \"window\":{\"channels\":1,\"kernel\":3 | layer",
                "out_height\":4 | out_height\":2000000000 | layer 0 has a window that is none",
                "\"window\":{\"channels\":1 | \"window\":{\"kanals\":1 | layer 0 has a window that is none"
            })
    void windowsAreChecked(String key, String text, String message, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("damaged.safetensors");
        Parts parts = Parts.of(convolutions(), file);
        if (key.equals("image")) {
            parts.metadata().put(key, text);
        } else {
            String layers = String.valueOf(parts.metadata().get("layers"));
            assertTrue(layers.contains(key));
            parts.metadata().put("layers", layers.replaceFirst(Pattern.quote(key), text));
        }
        parts.write(file);
        assertTrue(message(file).contains(message), message(file));
    }

    /** Compares bits, so that zeros of either sign and NaNs count. */
    private static void assertBits(List<float[]> expected, List<float[]> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(bits(expected.get(i)), bits(actual.get(i)));
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    private static List<float[]> arrays(LayerState layer) {
        List<float[]> arrays = new ArrayList<>(List.of(layer.weights(), layer.bias()));
        float[] slopes = layer.slopes();
        if (slopes != null) {
            arrays.add(slopes);
        }
        arrays.addAll(layer.weightState());
        arrays.addAll(layer.biasState());
        arrays.addAll(layer.slopeState());
        return arrays;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void comesBackBitForBit(int buffers, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("a.safetensors");
        Checkpoint written = checkpoint(buffers);
        LayerState sparse = written.layers().get(0);
        sparse.weights()[0] = -0f;
        sparse.weights()[1] = Float.NaN;
        sparse.weights()[2] = Float.NEGATIVE_INFINITY;
        sparse.weights()[3] = Float.MIN_VALUE;
        String sha256 = written.write(file);
        Checkpoint read = Checkpoint.read(file);
        assertEquals(written.configuration(), read.configuration());
        assertEquals(written.training(), read.training());
        assertEquals(written.classes(), read.classes());
        assertEquals(written.inputs(), read.inputs());
        assertBits(List.of(written.offset(), written.scale()), List.of(read.offset(), read.scale()));
        assertEquals(2, read.layers().size());
        for (int n = 0; n < 2; n++) {
            LayerState a = written.layers().get(n);
            LayerState b = read.layers().get(n);
            assertEquals(a.inputs(), b.inputs());
            assertEquals(a.outputs(), b.outputs());
            assertEquals(buffers, b.weightState().size());
            assertBits(arrays(a), arrays(b));
            CsrPattern pattern = b.pattern();
            assertEquals(a.pattern() == null, pattern == null);
            if (a.pattern() != null && pattern != null) {
                assertArrayEquals(a.pattern().rowOffsets(), pattern.rowOffsets());
                assertArrayEquals(a.pattern().columnIndices(), pattern.columnIndices());
            }
        }
        assertEquals(18, read.connections());
        assertEquals(18 + 7 + 16, read.parameters());
        Path again = directory.resolve("b.safetensors");
        assertEquals(sha256, read.write(again));
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(again));
    }

    /** The tensors of a good checkpoint by name, and its metadata, to be damaged. */
    private record Parts(Map<String, String> metadata, Map<String, TensorEntry> tensors) {
        static Parts of(Path file) throws IOException {
            return of(checkpoint(2), file);
        }

        static Parts of(Checkpoint checkpoint, Path file) throws IOException {
            checkpoint.write(file);
            Map<String, TensorEntry> tensors = new LinkedHashMap<>();
            try (SafeTensorsReader reader = SafeTensors.open(file)) {
                for (String name : reader.names()) {
                    long[] shape = reader.shape(name);
                    tensors.put(
                            name,
                            switch (reader.dtype(name)) {
                                case F32 -> TensorEntry.floats(name, shape, reader.floats(name));
                                case I32 -> TensorEntry.ints(name, shape, reader.ints(name));
                                case I64 -> TensorEntry.longs(name, shape, reader.longs(name));
                                case U8 -> TensorEntry.bytes(name, shape, reader.bytes(name));
                            });
                }
                return new Parts(new LinkedHashMap<>(reader.metadata()), tensors);
            }
        }

        void put(TensorEntry tensor) {
            tensors.put(tensor.name(), tensor);
        }

        void write(Path file) throws IOException {
            SafeTensors.write(file, metadata, List.copyOf(tensors.values()));
        }
    }

    private static String message(Path file) {
        String message = String.valueOf(assertThrows(MalformedDataException.class, () -> Checkpoint.read(file))
                .getMessage());
        assertTrue(message.startsWith(file + ": "), message);
        assertFalse(message.contains("\n"), message);
        return message.substring(file.toString().length() + 2);
    }

    @Test
    void whatIsKnownOfTheInputsIsOptionalButMustFit(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("a.safetensors");
        Parts parts = Parts.of(file);
        parts.metadata().keySet().removeAll(List.of("features", "image"));
        parts.write(file);
        assertEquals(Inputs.UNKNOWN, Checkpoint.read(file).inputs());
        parts.metadata().put("features", "[\"a\",\"b\"]");
        parts.write(file);
        assertEquals("metadata features: 5 names were expected but there are 2", message(file));
        parts.metadata().remove("features");
        for (String image : List.of(
                "{\"channels\":1,\"height\":2,\"width\":3}",
                "{\"channels\":-5,\"height\":-1,\"width\":1}",
                "[]",
                "{\"channels\":65536,\"height\":65536,\"width\":65536}")) {
            parts.metadata().put("image", image);
            parts.write(file);
            assertTrue(message(file).startsWith("metadata image: "), image);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "layer.0.row_offsets",
                "layer.0.column_indices",
                "layer.0.values",
                "layer.0.bias",
                "layer.1.weight",
                "layer.1.bias",
                "input.offset",
                "input.scale"
            })
    void eachTensorMustBeThereAndHaveItsLength(String name, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("damaged.safetensors");
        Parts parts = Parts.of(file);
        TensorEntry tensor = parts.tensors().remove(name);
        parts.write(file);
        assertTrue(message(file).contains(name));
        parts.put(
                switch (tensor.type()) {
                    case F32 -> TensorEntry.floats(name, new float[2], 2);
                    case I32 -> TensorEntry.ints(name, new int[2], 2);
                    case I64 -> TensorEntry.longs(name, new long[2], 2);
                    case U8 -> TensorEntry.bytes(name, new byte[2], 2);
                });
        parts.write(file);
        assertTrue(message(file).contains(name.startsWith("layer.0.") ? "layer.0." : name));
        parts.put(TensorEntry.bytes(name, new byte[2], 2));
        parts.write(file);
        assertTrue(message(file).contains(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "layer.0.srelu",
                "layer.0.first_moment",
                "layer.0.bias_second_moment",
                "layer.0.srelu_first_moment",
                "layer.1.second_moment"
            })
    void tensorsThatMayBeAbsentHaveTheirLengthToo(String name, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("damaged.safetensors");
        Parts parts = Parts.of(file);
        parts.put(TensorEntry.floats(name, new float[2], 2));
        parts.write(file);
        assertTrue(message(file).startsWith("tensor " + name + " has 2 elements; "));
    }

    @Test
    void aTopologyMustBeOne(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("damaged.safetensors");
        Parts parts = Parts.of(file);
        parts.put(TensorEntry.ints("layer.0.column_indices", new int[] {1, 5, 0, 2, 3, 4}, 6));
        parts.write(file);
        assertTrue(message(file).startsWith("tensors layer.0.*: row 0 holds column 5"));
        parts.put(TensorEntry.ints("layer.0.column_indices", new int[] {1, 4, 0, 2, 3, 4}, 6));
        parts.put(TensorEntry.longs("layer.0.row_offsets", new long[] {0, 3, 2, 5, 6}, 5));
        parts.write(file);
        assertTrue(message(file).startsWith("tensors layer.0.*: "));
        parts.put(TensorEntry.longs("layer.0.row_offsets", new long[] {0, -1, 2, 5, 6}, 5));
        parts.write(file);
        assertTrue(message(file).contains("layer.0.row_offsets"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "format | coppice-checkpoint/9 | metadata format coppice-checkpoint/1 was expected but it is"
                        + " coppice-checkpoint/9",
                "configuration | {x | metadata configuration: ",
                "configuration | [] | metadata configuration: ",
                "configuration | null | metadata configuration: ",
                "classes | `` | metadata classes: ",
                "classes | {} | metadata classes: ",
                "classes | [\"a\",\"b\"] | a class for each of 3 outputs was expected but there are 2",
                "training | nothing | metadata training: ",
                "training | 12 | metadata training: ",
                "layers | [ | metadata layers: ",
                "layers | {} | metadata layers: ",
                "layers | [] | a class for each of 0 outputs was expected but there are 3",
                "layers | [7] | metadata layers: layer 0 needs inputs and outputs above 0 and sparse but is 7",
                "layers | [{\"inputs\":5,\"outputs\":0,\"sparse\":true}] | metadata layers: layer 0 needs ",
                "layers | [{\"inputs\":5,\"outputs\":4}] | metadata layers: layer 0 needs ",
                "layers | [{\"inputs\":5.5,\"outputs\":4,\"sparse\":true}] | metadata layers: layer 0 needs ",
                "layers | [{\"inputs\":99999999999,\"outputs\":4,\"sparse\":true}] | metadata layers: layer 0 needs ",
                "layers | [{\"inputs\":5,\"outputs\":4,\"sparse\":true},{\"inputs\":3,\"outputs\":4,\"sparse\":false}]"
                        + " | layer 1 takes 3 inputs but layer 0 has 4 outputs",
                "layers | [{\"inputs\":5,\"outputs\":4,\"sparse\":false}] | tensor \"layer.0.weight\"",
                "layers | [{\"inputs\":2147483647,\"outputs\":2147483647,\"sparse\":true}] | tensors layer.0.*: "
            })
    void metadataAreChecked(String key, String text, String message, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("damaged.safetensors");
        Parts parts = Parts.of(file);
        parts.metadata().put(key, text);
        parts.write(file);
        String actual = message(file);
        assertTrue(actual.contains(message.strip()), actual);
        parts.metadata().remove(key);
        parts.write(file);
        assertTrue(message(file).contains("metadata " + key));
    }

    @Test
    void aFileCutShortIsMalformedData(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("damaged.safetensors");
        checkpoint(1).write(file);
        byte[] bytes = Files.readAllBytes(file);
        for (int length = 0; length < bytes.length; length += 61) {
            Files.write(file, Arrays.copyOf(bytes, length));
            message(file);
        }
    }
}

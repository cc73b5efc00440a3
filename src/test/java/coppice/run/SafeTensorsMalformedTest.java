package coppice.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import coppice.MalformedDataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged file is one clear error, whatever the damage. */
class SafeTensorsMalformedTest {
    private static final String W = "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    private final Path directory;

    SafeTensorsMalformedTest(@TempDir Path directory) {
        this.directory = directory;
    }

    static Stream<Arguments> files() {
        return Stream.of(
                arguments("empty file", new byte[0], "at least 8 bytes but this one has 0"),
                arguments("seven bytes", new byte[7], "at least 8 bytes but this one has 7"),
                arguments("header of length 0", new byte[8], "at byte 8: the header must be a JSON object"),
                arguments("header past the end", withLength(3, "{}"), "must be in [0, 2] but is 3"),
                arguments("header past 100 MB", withLength(100_000_001, "{}"), "but is 100000001"),
                arguments("length 2^63", withLength(Long.MIN_VALUE, "{}"), "but is 9223372036854775808"),
                arguments("length 2^64-1", withLength(-1, "{}"), "but is 18446744073709551615"),
                arguments("not JSON", file("{w}", 0), "at byte 9: the header is not JSON"),
                arguments("cut short", file("{\"w\":{", 0), "the header is not JSON"),
                arguments("line end in a token", file("{\"w\n\":1}", 0), "the header is not JSON"),
                arguments("array", file("[]", 0), "the header must be a JSON object"),
                arguments("byte order mark", file("\ufeff{}", 0), "the header must be a JSON object"),
                arguments("UTF-16", utf16("{}"), "the header must be a JSON object"),
                arguments("two objects", file("{}{}", 0), "more follows"),
                arguments("zeros after it", file("{}\0\0", 0), "not JSON"),
                arguments("NaN", file("{\"w\":NaN}", 0), "not JSON"),
                arguments("deep nesting", file("{\"w\":" + "[".repeat(100_000), 0), "must be an object"),
                arguments("duplicate name", file("{" + W + "," + W + "}", 8), "Duplicate"),
                arguments("duplicate field", file(tensor("\"dtype\":\"F32\",\"dtype\":\"F32\""), 8), "Duplicate"),
                arguments("entry is a number", file("{\"w\":1}", 0), "at byte 13: a tensor's entry must be an object"),
                arguments("entry is empty", file("{\"w\":{}}", 0), "\"w\": dtype, shape and data_offsets must all"),
                arguments("no offsets", file(tensor("\"dtype\":\"F32\",\"shape\":[2]"), 8), "must all be given"),
                arguments("unknown field", file(tensor("\"strides\":[1]"), 8), "not strides"),
                arguments("unknown dtype", file(tensor("F16", "[2]", "[0,4]"), 4), "but is F16"),
                arguments("dtype is a number", file(tensor("\"dtype\":32"), 8), "dtype must be a string"),
                arguments("shape is a number", file(tensor("F32", "2", "[0,8]"), 8), "shape must be an array"),
                arguments("shape of text", file(tensor("F32", "[\"2\"]", "[0,8]"), 8), "shape must hold integers"),
                arguments("shape of fractions", file(tensor("F32", "[2.0]", "[0,8]"), 8), "shape must hold integers"),
                arguments("negative shape", file(tensor("F32", "[-1,-2]", "[0,8]"), 8), "at least 0"),
                arguments("shape past 64 bits", file(tensor("F32", "[9223372036854775808]", "[0,8]"), 8), "range"),
                arguments(
                        "shape overflows", file(tensor("F32", "[4294967296,4294967296,0]", "[0,8]"), 8), "more bytes"),
                arguments("shape wraps", file(tensor("F32", "[4611686018427387906]", "[0,8]"), 8), "more bytes"),
                arguments("65 dimensions", file(tensor("U8", ones(65), "[0,1]"), 1), "at most 64"),
                arguments(
                        "shape too large",
                        file(tensor("F32", "[3]", "[0,8]"), 8),
                        "takes 12 bytes but data_offsets span 8"),
                arguments(
                        "lying shape",
                        file(tensor("F32", "[500000000000]", "[0,2000000000000]"), 8),
                        "has 8 value bytes"),
                arguments("one offset", file(tensor("F32", "[2]", "[8]"), 8), "must be [begin, end] but are [8]"),
                arguments("offsets reversed", file(tensor("F32", "[2]", "[8,0]"), 8), "but are [8, 0]"),
                arguments("negative offset", file(tensor("F32", "[2]", "[-8,0]"), 8), "at least 0"),
                arguments("past the end", file(tensor("F32", "[2]", "[0,8]"), 7), "has 7 value bytes"),
                arguments("trailing byte", file(tensor("F32", "[2]", "[0,8]"), 9), "has 9 value bytes"),
                arguments("values of no tensor", file("{}", 1), "the tensors end at 0 but the file has 1 value bytes"),
                arguments("hole first", file(tensor("F32", "[2]", "[4,12]"), 12), "leaves a hole"),
                arguments("hole between", file("{" + W + "," + u8(9, 10) + "}", 10), "must begin at 8 but begins at 9"),
                arguments("overlap", file("{" + W + "," + u8(7, 8) + "}", 8), "overlaps"),
                arguments("metadata is text", file("{\"__metadata__\":\"x\"}", 0), "metadata must be an object"),
                arguments("metadata of numbers", file("{\"__metadata__\":{\"a\":1}}", 0), "must be a string"),
                arguments("line ends in names", file("{\"a\\nb\\u2028\":{}}", 0), "tensor \"a b \""),
                arguments("endless name", file("{\"" + "n".repeat(10_000) + "\":{}}", 0), "nnn...\""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    void isOneErrorOfOneLine(String damage, byte[] bytes, String reason) throws IOException {
        Path file = directory.resolve("damaged.safetensors");
        Files.write(file, bytes);
        MalformedDataException e = assertThrows(
                MalformedDataException.class, () -> SafeTensors.open(file).close());
        String message = String.valueOf(e.getMessage());
        assertTrue(message.startsWith(file + ":"), message);
        assertTrue(message.contains(reason), message);
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void aFileCutAfterItWasOpenedIsAnError() throws IOException {
        Path file = directory.resolve("cut.safetensors");
        SafeTensors.write(file, Map.of(), List.of(TensorEntry.ints("w", new int[9], 9)));
        try (SafeTensorsReader reader = SafeTensors.open(file);
                FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
            assertThrows(MalformedDataException.class, () -> reader.ints("w"));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void mutationsAreReadOrRefused(long seed) throws IOException {
        Path file = directory.resolve("mutated.safetensors");
        SafeTensors.write(
                file,
                Map.of("epoch", "3"),
                List.of(
                        TensorEntry.offsets("layer.0.row_offsets", new int[] {0, 1, 3}),
                        TensorEntry.ints("layer.0.column_indices", new int[] {2, 0, 1}, 3),
                        TensorEntry.floats("layer.0.values", new long[] {3}, new float[] {1, 2, 3}),
                        TensorEntry.bytes("classes", new long[] {2}, new byte[] {7, 8})));
        byte[] valid = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int round = 0; round < 1500; round++) {
            Files.write(file, mutate(valid, random));
            refused += readAll(file) ? 0 : 1;
        }
        assertTrue(refused > 500, refused + " of 1500 mutations were refused");
    }

    /** Whether the file could be read; anything but success or a {@link MalformedDataException} fails the test. */
    private static boolean readAll(Path file) throws IOException {
        try (SafeTensorsReader reader = SafeTensors.open(file)) {
            for (String name : reader.names()) {
                switch (reader.dtype(name)) {
                    case F32 -> reader.floats(name);
                    case I32 -> reader.ints(name);
                    case I64 -> reader.offsetsAsInts(name);
                    case U8 -> reader.bytes(name);
                }
            }
            return true;
        } catch (MalformedDataException e) {
            assertEquals(1, String.valueOf(e.getMessage()).lines().count(), e.getMessage());
            return false;
        }
    }

    private static byte[] mutate(byte[] valid, SplittableRandom random) {
        byte[] bytes = valid.clone();
        switch (random.nextInt(5)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 20));
            case 1 -> bytes[random.nextInt(8)] = (byte) random.nextInt(256);
            case 2 -> {
                int from = random.nextInt(bytes.length);
                int to = random.nextInt(bytes.length);
                int length = Math.min(bytes.length - Math.max(from, to), random.nextInt(1, 40));
                System.arraycopy(valid, from, bytes, to, length);
            }
            default -> {
                for (int i = random.nextInt(1, 5); i > 0; i--) {
                    String likely = "0123456789[]{}\",:-e. \n\0\u007fFIU";
                    bytes[random.nextInt(8, bytes.length)] = (byte) likely.charAt(random.nextInt(likely.length()));
                }
            }
        }
        return bytes;
    }

    private static byte[] file(String header, int valueBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        byte[] start = withLength(json.length, header);
        return Arrays.copyOf(start, start.length + valueBytes);
    }

    private static byte[] withLength(long length, String header) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .array());
        bytes.writeBytes(header.getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }

    private static byte[] utf16(String header) {
        byte[] json = header.getBytes(StandardCharsets.UTF_16LE);
        return withLength(json.length, new String(json, StandardCharsets.US_ASCII));
    }

    private static String tensor(String fields) {
        return "{\"w\":{" + fields + "}}";
    }

    private static String tensor(String type, String shape, String offsets) {
        return tensor("\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets);
    }

    private static String u8(int begin, int end) {
        return "\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" + begin + "," + end + "]}";
    }

    private static String ones(int count) {
        return "[" + "1,".repeat(count - 1) + "1]";
    }
}

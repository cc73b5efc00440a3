package coppice.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes and opens safetensors files, the format that Python's safetensors package defines.
 *
 * <p>A file is the header's length (unsigned 64-bit, little-endian), the header (a JSON object, padded with spaces),
 * and the values (little-endian, row-major). The reference reader allows no hole between tensors, so alignment comes
 * from order: the values start at a multiple of 8 and tensors with wider elements come first, in the given order among
 * equals. The header lists tensors in the given order and metadata by key, so equal input gives equal bytes.
 *
 * @see <a href="https://github.com/huggingface/safetensors">the format</a>
 */
public final class SafeTensors {
    static final String METADATA_KEY = "__metadata__";
    /** The reference implementation's limit. */
    static final int MAX_HEADER_BYTES = 100_000_000;

    static final int LENGTH_BYTES = Long.BYTES;
    private static final int ALIGNMENT = 8;

    private SafeTensors() {}

    /**
     * Replaces {@code file} atomically and gives the SHA-256 of its bytes in hex.
     *
     * @param metadata free text by key, as in {@code __metadata__}; left out where empty
     * @param tensors with distinct names
     */
    public static String write(Path file, Map<String, String> metadata, List<TensorEntry> tensors) throws IOException {
        List<TensorEntry> widestFirst = tensors.stream()
                .sorted(Comparator.comparingInt(
                        (TensorEntry tensor) -> -tensor.type().itemBytes()))
                .toList();
        byte[] start = lengthAndHeader(metadata, tensors, widestFirst);
        MessageDigest digest = sha256();
        AtomicFile.write(file, channel -> {
            ValueSink sink = new ValueSink(bytes -> {
                digest.update(bytes.duplicate());
                AtomicFile.writeFully(channel, bytes);
            });
            sink.bytes(start, 0, start.length);
            for (TensorEntry tensor : widestFirst) {
                tensor.writeTo(sink);
            }
            sink.flush();
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Opens a file and checks its header against its length; the values are read when asked for. */
    public static SafeTensorsReader open(Path file) throws IOException {
        return SafeTensorsReader.open(file);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime must have SHA-256 but this one lacks it", e);
        }
    }

    private static byte[] lengthAndHeader(
            Map<String, String> metadata, List<TensorEntry> tensors, List<TensorEntry> dataOrder) {
        byte[] json = Json.compact(header(metadata, tensors, dataOrder)).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (padded > MAX_HEADER_BYTES) {
            throw new IllegalArgumentException(
                    "a safetensors header must have at most " + MAX_HEADER_BYTES + " bytes but has " + padded);
        }
        byte[] start = new byte[LENGTH_BYTES + padded];
        Arrays.fill(start, (byte) ' ');
        ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
        return start;
    }

    private static Map<String, Object> header(
            Map<String, String> metadata, List<TensorEntry> tensors, List<TensorEntry> dataOrder) {
        Map<String, long[]> ranges = new HashMap<>();
        long end = 0;
        for (TensorEntry tensor : dataOrder) {
            long begin = end;
            end = Math.addExact(begin, tensor.byteLength());
            if (ranges.put(tensor.name(), new long[] {begin, end}) != null) {
                throw new IllegalArgumentException("tensor names must be distinct but two are " + tensor.name());
            }
        }
        if (ranges.containsKey(METADATA_KEY)) {
            throw new IllegalArgumentException("no tensor may be named " + METADATA_KEY);
        }
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put(METADATA_KEY, new TreeMap<>(metadata));
        }
        for (TensorEntry tensor : tensors) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("dtype", tensor.type().name());
            fields.put("shape", tensor.shape());
            fields.put("data_offsets", ranges.get(tensor.name()));
            header.put(tensor.name(), fields);
        }
        return header;
    }
}

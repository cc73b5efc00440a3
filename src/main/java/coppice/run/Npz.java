package coppice.run;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes tensors and texts as NumPy's NPZ: a zip archive with one NPY file, not compressed, for each.
 *
 * <p>CSR matrices go by SciPy's names: {@code indptr}, {@code indices} and {@code data}. A text is a single value of
 * NumPy's type for text, named {@code metadata.KEY}. Equal input gives equal bytes.
 */
final class Npz {
    /** What the parts of a CSR matrix are called elsewhere in Coppice, and by SciPy. */
    private static final Map<String, String> SCIPY_NAMES =
            Map.of("row_offsets", "indptr", "column_indices", "indices", "values", "data");

    static final String METADATA = "metadata.";
    static final String SUFFIX = ".npy";
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0); // the earliest that zip knows

    private Npz() {}

    /** The name of a tensor's entry. */
    static String entryName(String tensor) {
        int point = tensor.lastIndexOf('.') + 1;
        String last = tensor.substring(point);
        return tensor.substring(0, point) + SCIPY_NAMES.getOrDefault(last, last) + SUFFIX;
    }

    /** Replaces {@code file} atomically. */
    static void write(Path file, Map<String, String> metadata, List<TensorEntry> tensors) throws IOException {
        AtomicFile.write(file, channel -> {
            ZipOutputStream zip = new ZipOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)));
            for (Map.Entry<String, String> text : metadata.entrySet()) {
                addText(zip, METADATA + text.getKey() + SUFFIX, text.getValue());
            }
            for (TensorEntry tensor : tensors) {
                byte[] header = Npy.header(typeOf(tensor.type()), tensor.shape());
                add(zip, entryName(tensor.name()), header, tensor.byteLength(), tensor::writeTo);
            }
            zip.finish();
            zip.flush();
        });
    }

    private static String typeOf(DataType type) {
        return switch (type) {
            case F32 -> "<f4";
            case I32 -> "<i4";
            case I64 -> "<i8";
            case U8 -> "|u1";
        };
    }

    private static void addText(ZipOutputStream zip, String name, String text) throws IOException {
        int[] characters = text.codePoints().toArray(); // NumPy's text is UTF-32
        byte[] bytes = new byte[Math.multiplyExact(characters.length, Integer.BYTES)];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(characters);
        byte[] header = Npy.header("<U" + characters.length);
        add(zip, name, header, bytes.length, sink -> sink.bytes(bytes, 0, bytes.length));
    }

    /** Goes through the values twice: an entry that is not compressed needs its checksum before its bytes. */
    private static void add(ZipOutputStream zip, String name, byte[] header, long bytes, TensorEntry.Values values)
            throws IOException {
        CRC32 checksum = new CRC32();
        send(header, values, checksum::update);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setTimeLocal(NO_TIME);
        entry.setSize(header.length + bytes);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        WritableByteChannel channel = Channels.newChannel(zip);
        send(header, values, part -> AtomicFile.writeFully(channel, part));
        zip.closeEntry();
    }

    private static void send(byte[] header, TensorEntry.Values values, ValueSink.Target target) throws IOException {
        ValueSink sink = new ValueSink(target);
        sink.bytes(header, 0, header.length);
        values.writeTo(sink);
        sink.flush();
    }
}

package coppice.run;

import coppice.MalformedDataException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * An open NPZ file of what {@link Npz} writes, or of the same arrays as NumPy saves them, compressed or not.
 *
 * <p>For one thread at a time.
 */
final class NpzReader implements TensorSource {
    private static final Pattern HEADER = Pattern.compile("\\{\\s*'descr':\\s*'([^']*)',\\s*'fortran_order':\\s*"
            + "(True|False),\\s*'shape':\\s*\\(([0-9, ]*)\\),?\\s*\\}\\s*");
    private static final int MAX_HEADER_BYTES = 10_000; // NumPy's own limit
    private static final long MOST_EXPANSION = 1040; // of DEFLATE
    private static final long MAX_ARRAY_LENGTH = Integer.MAX_VALUE - 8L;
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path file;
    private final ZipFile zip;
    private final Map<String, Slot> slots = new LinkedHashMap<>(); // by name of the entry
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** An array: its entry, and what its header says. */
    private record Slot(
            ZipEntry entry, int headerBytes, String type, boolean byColumns, List<Long> shape, long items) {}

    /** Takes {@code count} elements, which lie in {@code bytes}, as elements {@code first} and following. */
    @FunctionalInterface
    private interface ChunkConsumer {
        void accept(ByteBuffer bytes, int first, int count);
    }

    NpzReader(Path file) throws IOException {
        this.file = file;
        try {
            this.zip = new ZipFile(file.toFile());
        } catch (ZipException e) {
            throw damaged(e);
        }
        try {
            readHeaders();
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /** Whether a file begins as zip archives do. */
    static boolean isZip(byte[] start) {
        return start.length >= 5
                && start[0] == 'P'
                && start[1] == 'K'
                && start[2] == 3
                && start[3] == 4
                && start[4] != 0;
    }

    private void readHeaders() throws IOException {
        var entries = zip.entries();
        while (entries.hasMoreElements()) {
            ZipEntry entry = entries.nextElement();
            if (entry.getName().endsWith(Npz.SUFFIX)) {
                Slot slot = header(entry);
                if (entry.getName().startsWith(Npz.METADATA)) {
                    String key = entry.getName().substring(Npz.METADATA.length());
                    metadata.put(key.substring(0, key.length() - Npz.SUFFIX.length()), text(slot));
                } else {
                    slots.put(entry.getName(), slot);
                }
            }
        }
    }

    private Slot header(ZipEntry entry) throws IOException {
        try (DataInputStream in = new DataInputStream(zip.getInputStream(entry))) {
            byte[] start = new byte[8];
            in.readFully(start);
            boolean longLength = start[6] >= 2;
            if (start[0] != (byte) 0x93 || !new String(start, 1, 5, StandardCharsets.US_ASCII).equals("NUMPY")) {
                throw fault(entry, "is no NPY file");
            }
            int length = longLength
                    ? Integer.reverseBytes(in.readInt())
                    : Short.toUnsignedInt(Short.reverseBytes(in.readShort()));
            if (length < 0 || length > MAX_HEADER_BYTES) {
                throw fault(
                        entry,
                        "has a header of " + Integer.toUnsignedString(length) + " bytes; at most " + MAX_HEADER_BYTES
                                + " were expected");
            }
            byte[] text = new byte[length];
            in.readFully(text);
            int bytes = start.length + (longLength ? Integer.BYTES : Short.BYTES) + length;
            return slot(entry, bytes, new String(text, StandardCharsets.ISO_8859_1));
        } catch (ZipException | EOFException e) {
            throw damaged(e);
        }
    }

    private Slot slot(ZipEntry entry, int headerBytes, String text) {
        Matcher parts = HEADER.matcher(text);
        if (!parts.matches()) {
            throw fault(entry, "has a header that is not understood: " + Json.oneLine(text.strip()));
        }
        try {
            List<Long> shape = Pattern.compile("[, ]+")
                    .splitAsStream(parts.group(3))
                    .filter(size -> !size.isEmpty())
                    .map(Long::valueOf)
                    .toList();
            long items = 1;
            for (long size : shape) {
                items = Math.multiplyExact(items, size);
            }
            return new Slot(entry, headerBytes, parts.group(1), parts.group(2).equals("True"), shape, items);
        } catch (NumberFormatException | ArithmeticException e) {
            throw fault(entry, "has too great a shape (" + parts.group(3) + ")");
        }
    }

    @Override
    public boolean has(String name) {
        return slots.containsKey(Npz.entryName(name));
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public float[] floats(String name) throws IOException {
        Slot slot = slot(name);
        requireType(slot, "<f4");
        float[] values = new float[length(slot, Float.BYTES)];
        read(slot, Float.BYTES, (bytes, first, count) -> bytes.asFloatBuffer().get(values, first, count));
        return values;
    }

    @Override
    public int[] ints(String name) throws IOException {
        return wholeNumbers(slot(name));
    }

    @Override
    public int[] offsetsAsInts(String name) throws IOException {
        return wholeNumbers(slot(name));
    }

    /** SciPy may have narrowed or widened them. */
    private int[] wholeNumbers(Slot slot) throws IOException {
        boolean wide = slot.type().equals("<i8");
        requireType(slot, wide ? "<i8" : "<i4");
        int itemBytes = wide ? Long.BYTES : Integer.BYTES;
        int[] values = new int[length(slot, itemBytes)];
        read(slot, itemBytes, (bytes, first, count) -> {
            for (int i = first; i < first + count; i++) {
                long value = wide ? bytes.getLong() : bytes.getInt();
                if (value < 0 || value > Integer.MAX_VALUE) {
                    throw fault(slot.entry(), "element " + i + " must be in [0, 2147483647] but is " + value);
                }
                values[i] = (int) value;
            }
        });
        return values;
    }

    private String text(Slot slot) throws IOException {
        String length = slot.type().startsWith("<U") ? slot.type().substring(2) : "";
        if (!length.matches("[0-9]{1,9}") || !slot.shape().isEmpty()) {
            throw fault(slot.entry(), "a text was expected but it is " + slot.type());
        }
        int characters = Integer.parseInt(length);
        StringBuilder text = new StringBuilder();
        requireBytes(slot, (long) characters * Integer.BYTES);
        Slot asCharacters = new Slot(slot.entry(), slot.headerBytes(), slot.type(), false, List.of(), characters);
        read(asCharacters, Integer.BYTES, (bytes, first, count) -> {
            for (int i = 0; i < count; i++) {
                int character = bytes.getInt();
                if (!Character.isValidCodePoint(character)) {
                    throw fault(slot.entry(), "character " + (first + i) + " is none");
                }
                text.appendCodePoint(character);
            }
        });
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }

    private Slot slot(String name) {
        Slot slot = slots.get(Npz.entryName(name));
        if (slot == null) {
            throw MalformedDataException.inFile(file, "the archive has no array of the name " + Npz.entryName(name));
        }
        return slot;
    }

    private void requireType(Slot slot, String type) {
        if (!slot.type().equals(type)) {
            throw fault(slot.entry(), "type must be " + type + " but is " + slot.type());
        }
        if (slot.byColumns() && slot.shape().size() > 1) {
            throw fault(slot.entry(), "must lie row by row (C order) but lies column by column");
        }
    }

    private int length(Slot slot, int itemBytes) {
        if (slot.items() > MAX_ARRAY_LENGTH) {
            throw fault(
                    slot.entry(), "at most " + MAX_ARRAY_LENGTH + " elements can be read but it has " + slot.items());
        }
        requireBytes(slot, slot.items() * itemBytes);
        return (int) slot.items();
    }

    /** The archive's directory must promise the bytes, and the file be long enough to hold them. */
    private void requireBytes(Slot slot, long bytes) {
        ZipEntry entry = slot.entry();
        long expansion = entry.getMethod() == ZipEntry.STORED ? 1 : MOST_EXPANSION;
        long available = Math.min(entry.getCompressedSize(), new File(zip.getName()).length());
        if (entry.getSize() - slot.headerBytes() != bytes || entry.getSize() / expansion > available) {
            throw fault(entry, "needs " + bytes + " bytes of values, which it does not have");
        }
    }

    private void read(Slot slot, int itemBytes, ChunkConsumer consumer) throws IOException {
        CRC32 checksum = new CRC32();
        try (InputStream bytes = zip.getInputStream(slot.entry());
                DataInputStream in = new DataInputStream(new CheckedInputStream(bytes, checksum))) {
            in.readFully(new byte[slot.headerBytes()]);
            byte[] buffer = new byte[(int) Math.min(BUFFER_BYTES, slot.items() * itemBytes)];
            int items = (int) slot.items();
            for (int first = 0; first < items; ) {
                int count = Math.min(items - first, buffer.length / itemBytes);
                in.readFully(buffer, 0, count * itemBytes);
                ByteBuffer chunk = ByteBuffer.wrap(buffer, 0, count * itemBytes).order(ByteOrder.LITTLE_ENDIAN);
                consumer.accept(chunk, first, count);
                first += count;
            }
        } catch (ZipException | EOFException e) {
            throw damaged(e);
        }
        if (checksum.getValue() != slot.entry().getCrc()) {
            throw fault(slot.entry(), "is damaged: its checksum does not fit");
        }
    }

    private MalformedDataException damaged(IOException e) {
        return MalformedDataException.inFile(
                file, "no intact zip archive: " + Json.oneLine(String.valueOf(e.getMessage())));
    }

    private MalformedDataException fault(ZipEntry entry, String reason) {
        return MalformedDataException.inFile(file, "array " + Json.oneLine(entry.getName()) + " " + reason);
    }
}

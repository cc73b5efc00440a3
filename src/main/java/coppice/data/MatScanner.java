package coppice.data;

import coppice.MalformedDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Walks the variables of a MATLAB v5 file and checks every stated size against the bytes that are there.
 *
 * <p>It hands on only matrices whose structure it has checked, since the decoding library allocates what a file states.
 * Format: MAT-File Format, The MathWorks.
 */
final class MatScanner {
    private static final int HEADER_BYTES = 128;
    private static final int MI_MATRIX = 14;
    private static final int MI_COMPRESSED = 15;

    private final DataFile file;
    private final Map<String, MatVariable> variables = new LinkedHashMap<>();
    private byte[] header = new byte[0];
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

    private MatScanner(DataFile file) {
        this.file = file;
    }

    /** The variables of a file by name, in the order of the file. */
    static Map<String, MatVariable> scan(DataFile file) {
        MatScanner scanner = new MatScanner(file);
        try (ByteSource source = file.open()) {
            scanner.readHeader(source);
            int first = source.read();
            while (first >= 0) {
                scanner.readElement(source, first);
                first = source.read();
            }
        }
        return scanner.variables;
    }

    private void readHeader(ByteSource source) {
        header = source.readExactly(HEADER_BYTES, "MATLAB v5 header");
        if (header[126] == 'M' && header[127] == 'I') {
            order = ByteOrder.BIG_ENDIAN;
        } else if (header[126] != 'I' || header[127] != 'M') {
            throw MalformedDataException.atOffset(file.path(), 126, "expected the byte order mark of a MATLAB v5 file");
        }
        int version = ByteBuffer.wrap(header).order(order).getShort(124);
        if (version != 0x0100) {
            throw MalformedDataException.atOffset(
                    file.path(),
                    124,
                    "is of version 0x" + Integer.toHexString(version) + "; expected MATLAB v5 (0x100)");
        }
        // Decoded variables stand in a file of their own, so the offset of the original's class information is void.
        Arrays.fill(header, 116, 124, (byte) 0);
    }

    private void readElement(ByteSource source, int firstByte) {
        long offset = source.position() - 1;
        byte[] rest = source.readExactly(7, "an element's tag");
        ByteBuffer tag = ByteBuffer.allocate(8).order(order);
        tag.put((byte) firstByte).put(rest).flip();
        int type = tag.getInt();
        int bytes = tag.getInt();
        if (type != MI_MATRIX && type != MI_COMPRESSED) {
            throw MalformedDataException.atOffset(
                    file.path(), offset, "expected a matrix element (14 or 15) but found type " + type);
        }
        if (bytes < 8) {
            throw MalformedDataException.atOffset(
                    file.path(),
                    offset + 4,
                    "element states " + (bytes & 0xffffffffL) + " bytes; expected 8 to " + Integer.MAX_VALUE);
        }
        byte[] payload = source.readExactly(bytes, "an element");
        if (type == MI_COMPRESSED) {
            payload = matrixInside(inflate(payload, offset), offset);
        }
        MatVariable variable = new MatVariable(file.path(), offset, header, order, payload);
        variable.parse();
        if (variables.put(variable.name(), variable) != null) {
            throw MalformedDataException.atOffset(
                    file.path(), offset, "holds the variable '" + variable.name() + "' twice");
        }
    }

    private byte[] inflate(byte[] compressed, long offset) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(compressed);
            byte[] bytes = new byte[1 << 16];
            int count = 0;
            while (!inflater.finished()) {
                if (count == bytes.length) {
                    bytes = Arrays.copyOf(bytes, Capacity.grown(count));
                }
                int got = inflater.inflate(bytes, count, bytes.length - count);
                if (got == 0 && !inflater.finished()) {
                    throw MalformedDataException.atOffset(file.path(), offset, "compressed element is truncated");
                }
                count += got;
            }
            return Arrays.copyOf(bytes, count);
        } catch (DataFormatException e) {
            throw MalformedDataException.atOffset(file.path(), offset, "compressed element is corrupt");
        } finally {
            inflater.end();
        }
    }

    private byte[] matrixInside(byte[] inflated, long offset) {
        if (inflated.length >= 8) {
            ByteBuffer tag = ByteBuffer.wrap(inflated).order(order);
            if (tag.getInt() == MI_MATRIX && tag.getInt() == inflated.length - 8) {
                return Arrays.copyOfRange(inflated, 8, inflated.length);
            }
        }
        throw MalformedDataException.atOffset(
                file.path(), offset, "compressed element does not hold one matrix of the size it states");
    }
}

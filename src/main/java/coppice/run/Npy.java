package coppice.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * A matrix of floats as a file of NumPy's, which {@code numpy.load} opens.
 *
 * <p>Source: NumPy's description of the NPY format, version 1.0.
 */
public final class Npy {
    private static final int ALIGNMENT = 64;

    private Npy() {}

    /** Gives the rows of a matrix, in order. */
    @FunctionalInterface
    public interface Rows {
        /** Fills {@code out} with row {@code row}. */
        void read(int row, float[] out) throws IOException;
    }

    /** Replaces {@code file} by a (rows, columns) matrix. */
    public static void write(Path file, int rows, int columns, Rows source) throws IOException {
        AtomicFile.write(file, channel -> {
            AtomicFile.writeFully(channel, ByteBuffer.wrap(header("<f4", rows, columns)));
            float[] row = new float[columns];
            ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(columns, Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            for (int r = 0; r < rows; r++) {
                source.read(r, row);
                bytes.clear();
                bytes.asFloatBuffer().put(row);
                AtomicFile.writeFully(channel, bytes);
            }
        });
    }

    /**
     * What stands before the values.
     *
     * @param type NumPy's name of the element type
     * @param shape outermost dimension first; none for a single value
     */
    static byte[] header(String type, long... shape) {
        String sizes = LongStream.of(shape).mapToObj(size -> size + ",").collect(Collectors.joining(" "));
        String tuple = shape.length == 1 ? sizes : sizes.replaceFirst(",$", "");
        String text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + tuple + "), }";
        int before = 10; // magic, version and length
        int padding = (ALIGNMENT - (before + text.length() + 1) % ALIGNMENT) % ALIGNMENT;
        byte[] body = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(before + body.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) body.length)
                .put(body)
                .array();
    }
}

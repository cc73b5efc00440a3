package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** SHA-256 over the content of a data set, little-endian, independent of the file it came from. */
final class Fingerprint {
    private final MessageDigest digest = Sha256.digest();
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

    private Fingerprint() {}

    static String of(Dataset data) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(data.features());
        fingerprint.add(data.labels());
        fingerprint.add(data.classes().size());
        for (String name : data.classes()) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            fingerprint.add(bytes.length);
            fingerprint.add(bytes);
        }
        if (data.targets().length != 0) {
            fingerprint.add(data.targets());
        }
        fingerprint.flush();
        return Sha256.hex(fingerprint.digest);
    }

    private void add(Matrix matrix) {
        // The storage form is part of the content: a sparse zero and a dense zero train alike but are stored
        // differently.
        if (matrix instanceof DenseMatrix dense) {
            addShape('d', matrix);
            add(dense.values());
        } else if (matrix instanceof ByteMatrix bytes) {
            addShape('b', matrix);
            add(bytes.values());
        } else if (matrix instanceof CsrMatrix sparse) {
            addShape('s', matrix);
            add(sparse.pattern().rowOffsets());
            add(sparse.pattern().columnIndices());
            add(sparse.values());
        }
    }

    private void addShape(int kind, Matrix matrix) {
        add(kind);
        add(matrix.rows());
        add(matrix.columns());
    }

    private void add(byte[] values) {
        flush();
        digest.update(values);
    }

    private void add(int[] values) {
        add(values.length);
        for (int value : values) {
            add(value);
        }
    }

    private void add(float[] values) {
        add(values.length);
        for (float value : values) {
            add(Float.floatToIntBits(value));
        }
    }

    private void add(int value) {
        if (buffer.remaining() < Integer.BYTES) {
            flush();
        }
        buffer.putInt(value);
    }

    private void flush() {
        digest.update(buffer.array(), 0, buffer.position());
        buffer.clear();
    }
}

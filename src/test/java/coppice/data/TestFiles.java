package coppice.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sinks;

/** Makes the small files that the tests of the readers read. */
final class TestFiles {
    private TestFiles() {}

    static Path write(Path directory, String name, byte[] bytes) throws IOException {
        return Files.write(directory.resolve(name), bytes);
    }

    static Path write(Path directory, String name, String text) throws IOException {
        return write(directory, name, text(text));
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    /** A zip archive of one deflated member. */
    static byte[] zip(String name, byte[] member) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(member);
        }
        return out.toByteArray();
    }

    /** An NPY file of version 1 with the given entries of its header, which takes 128 bytes. */
    static byte[] npy(String type, String fortranOrder, String shape, byte[] elements) {
        String header = "{'descr': " + type + ", 'fortran_order': " + fortranOrder + ", 'shape': " + shape + ", }";
        byte[] padded = text(header + " ".repeat(117 - header.length()) + "\n");
        return join(bytes(0x93), text("NUMPY"), bytes(1, 0, padded.length, 0), padded, elements);
    }

    static byte[] head(byte[] bytes, int length) {
        return java.util.Arrays.copyOf(bytes, length);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** An IDX file of the given type, dimensions and value bytes. */
    static byte[] idx(int type, int[] dimensions, byte[] values) {
        ByteBuffer header = ByteBuffer.allocate(4 + 4 * dimensions.length);
        header.put(bytes(0, 0, type, dimensions.length));
        for (int dimension : dimensions) {
            header.putInt(dimension);
        }
        return join(header.array(), values);
    }

    /** Two images of 2 x 3 bytes. */
    static byte[] idxImages() {
        return idx(8, new int[] {2, 2, 3}, bytes(0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 128));
    }

    static byte[] idxLabels(int... labels) {
        return idx(8, new int[] {labels.length}, bytes(labels));
    }

    static byte[] bigEndianFloats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    /** A CIFAR record whose pixels count up from its first label byte. */
    static byte[] cifarRecord(int... labels) {
        byte[] pixels = new byte[3072];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (labels[0] + i);
        }
        return join(bytes(labels), pixels);
    }

    static Matrix matrix(MatlabType type, double[][] values) {
        Matrix matrix = Mat5.newMatrix(values.length, values[0].length, type);
        for (int row = 0; row < values.length; row++) {
            for (int column = 0; column < values[row].length; column++) {
                matrix.setDouble(row, column, values[row][column]);
            }
        }
        return matrix;
    }

    static byte[] mat(MatFile file) throws IOException {
        return mat(file, true);
    }

    static byte[] mat(MatFile file, boolean compressed) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        Mat5.newWriter(Sinks.wrap(buffer)).setDeflateLevel(compressed ? 6 : 0).writeMat(file);
        buffer.flip();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** Three samples of two features with labels 1, 2, 1. */
    static MatFile smallMat() {
        return Mat5.newMatFile()
                .addArray("X", matrix(MatlabType.Double, new double[][] {{1, 2}, {3.5, -4}, {0, 6}}))
                .addArray("Y", matrix(MatlabType.Double, new double[][] {{1}, {2}, {1}}));
    }
}

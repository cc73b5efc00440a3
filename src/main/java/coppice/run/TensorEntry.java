package coppice.run;

import java.io.IOException;
import java.util.Objects;

/**
 * One tensor to be written to a file: a name, a shape and where its values lie.
 *
 * <p>The entry refers to the caller's array and copies nothing; the array must not change until the file is written.
 */
public final class TensorEntry {
    private final String name;
    private final DataType type;
    private final long[] shape;
    private final long items;
    private final Values values;

    /** Hands the values to the file in order. */
    @FunctionalInterface
    interface Values {
        void writeTo(ValueSink sink) throws IOException;
    }

    TensorEntry(String name, DataType type, long[] shape, Values values) {
        this.name = Objects.requireNonNull(name, "name is null");
        this.type = type;
        this.shape = shape.clone();
        this.items = items(name, shape);
        this.values = values;
    }

    /** All of {@code data} as F32 in the given shape. */
    public static TensorEntry floats(String name, long[] shape, float[] data) {
        requireExactly(name, shape, data.length);
        return new TensorEntry(name, DataType.F32, shape, sink -> sink.floats(data, 0, data.length));
    }

    /** The first {@code length} elements of {@code data} as an F32 vector. */
    public static TensorEntry floats(String name, float[] data, int length) {
        return new TensorEntry(
                name, DataType.F32, prefix(name, data.length, length), sink -> sink.floats(data, 0, length));
    }

    /** All of {@code data} as I32 in the given shape. */
    public static TensorEntry ints(String name, long[] shape, int[] data) {
        requireExactly(name, shape, data.length);
        return new TensorEntry(name, DataType.I32, shape, sink -> sink.ints(data, 0, data.length));
    }

    /** The first {@code length} elements of {@code data} as an I32 vector. */
    public static TensorEntry ints(String name, int[] data, int length) {
        return new TensorEntry(
                name, DataType.I32, prefix(name, data.length, length), sink -> sink.ints(data, 0, length));
    }

    /** All of {@code data} as I64 in the given shape. */
    public static TensorEntry longs(String name, long[] shape, long[] data) {
        requireExactly(name, shape, data.length);
        return new TensorEntry(name, DataType.I64, shape, sink -> sink.longs(data, 0, data.length));
    }

    /** The first {@code length} elements of {@code data} as an I64 vector. */
    public static TensorEntry longs(String name, long[] data, int length) {
        return new TensorEntry(
                name, DataType.I64, prefix(name, data.length, length), sink -> sink.longs(data, 0, length));
    }

    /** CSR row offsets: ints here, an I64 vector in the file, so that the format does not cap the connections. */
    public static TensorEntry offsets(String name, int[] data) {
        return offsets(name, data, data.length);
    }

    /** The first {@code length} elements of {@code data}, widened to an I64 vector. */
    public static TensorEntry offsets(String name, int[] data, int length) {
        return new TensorEntry(
                name, DataType.I64, prefix(name, data.length, length), sink -> sink.intsAsLongs(data, 0, length));
    }

    /** All of {@code data} as U8 in the given shape. */
    public static TensorEntry bytes(String name, long[] shape, byte[] data) {
        requireExactly(name, shape, data.length);
        return new TensorEntry(name, DataType.U8, shape, sink -> sink.bytes(data, 0, data.length));
    }

    /** The first {@code length} elements of {@code data} as a U8 vector. */
    public static TensorEntry bytes(String name, byte[] data, int length) {
        return new TensorEntry(
                name, DataType.U8, prefix(name, data.length, length), sink -> sink.bytes(data, 0, length));
    }

    /** A row-major matrix whose rows lie {@code stride} floats apart, written as F32 without the padding between. */
    public static TensorEntry matrix(String name, int rows, int columns, int stride, float[] data) {
        if (rows < 0 || columns < 0 || stride < columns) {
            throw new IllegalArgumentException("tensor " + name + " must have rows >= 0, columns >= 0 and stride >= "
                    + "columns but has " + rows + " rows, " + columns + " columns and stride " + stride);
        }
        long needed = rows == 0 ? 0 : (long) (rows - 1) * stride + columns;
        if (needed > data.length) {
            throw new IllegalArgumentException(
                    "tensor " + name + " needs " + needed + " floats but the array has " + data.length);
        }
        return new TensorEntry(name, DataType.F32, new long[] {rows, columns}, sink -> {
            for (int row = 0; row < rows; row++) {
                sink.floats(data, row * stride, columns);
            }
        });
    }

    /** The tensor's name in the file. */
    public String name() {
        return name;
    }

    /** The element type in the file. */
    public DataType type() {
        return type;
    }

    /** The shape, outermost dimension first. */
    public long[] shape() {
        return shape.clone();
    }

    /** The bytes that the values take in the file. */
    public long byteLength() {
        return Math.multiplyExact(items, (long) type.itemBytes());
    }

    /** Hands the values to {@code sink}. */
    void writeTo(ValueSink sink) throws IOException {
        long before = sink.written();
        values.writeTo(sink);
        long written = sink.written() - before;
        if (written != byteLength()) {
            throw new IllegalStateException(
                    "tensor " + name + " must take " + byteLength() + " bytes but " + written + " were written");
        }
    }

    /** The same under another name. */
    TensorEntry named(String other) {
        return new TensorEntry(other, type, shape, values);
    }

    private static long items(String name, long[] shape) {
        long items = 1;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException(
                        "tensor " + name + " must have dimensions >= 0 but has one of " + dimension);
            }
            items = Math.multiplyExact(items, dimension);
        }
        return items;
    }

    private static void requireExactly(String name, long[] shape, int length) {
        long items = items(name, shape);
        if (items != length) {
            throw new IllegalArgumentException(
                    "tensor " + name + " has a shape of " + items + " elements but the array has " + length);
        }
    }

    private static long[] prefix(String name, int available, int length) {
        if (length < 0 || length > available) {
            throw new IllegalArgumentException(
                    "tensor " + name + " must have a length in [0, " + available + "] but has " + length);
        }
        return new long[] {length};
    }
}

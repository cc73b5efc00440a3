package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sources;
import us.hebi.matlab.mat.types.Sparse;

/** A variable of a MATLAB v5 file: its structure checked, its values decoded on demand. */
final class MatVariable implements SourceArray {
    private static final int SPARSE_CLASS = 5;
    private static final int DOUBLE_CLASS = 6;
    private static final int UINT64_CLASS = 15;
    private static final int COMPLEX_FLAG = 0x0800;
    private static final int MAX_EMPTY_ROWS = 1 << 20;
    private static final int MI_INT8 = 1;
    private static final int MI_INT32 = 5;
    private static final int MI_UINT32 = 6;

    private final Path path;
    private final long offset;
    private final byte[] header;
    private final byte[] payload;
    private final ByteBuffer buffer;
    private String name = "";
    private int arrayClass;
    private boolean complex;
    private int rows;
    private int columns;
    private boolean flat;

    /** A sub-element: its type and where its data lies in the payload. */
    private record Part(int type, int start, int bytes) {}

    MatVariable(Path path, long offset, byte[] header, ByteOrder order, byte[] payload) {
        this.path = path;
        this.offset = offset;
        this.header = header;
        this.payload = payload;
        this.buffer = ByteBuffer.wrap(payload).order(order);
    }

    String name() {
        return name;
    }

    private boolean isSparse() {
        return arrayClass == SPARSE_CLASS;
    }

    /** Whether it is a real matrix of numbers with two dimensions. */
    private boolean isNumeric() {
        return flat && !complex && arrayClass >= SPARSE_CLASS && arrayClass <= UINT64_CLASS;
    }

    /** Reads the description and checks the stated sizes; values other than of numeric matrices are not looked at. */
    void parse() {
        Part flags = next(MI_UINT32, "array flags");
        require(flags.bytes == 8, "array flags must take 8 bytes");
        int word = buffer.getInt(flags.start);
        arrayClass = word & 0xff;
        complex = (word & COMPLEX_FLAG) != 0;
        if (arrayClass < 1 || arrayClass > UINT64_CLASS) {
            name = textOf(next(MI_INT8, "name"));
            return;
        }
        Part dimensions = next(MI_INT32, "dimensions");
        require(dimensions.bytes >= 8 && dimensions.bytes % 4 == 0, "expected at least 2 dimensions");
        flat = dimensions.bytes == 8;
        rows = buffer.getInt(dimensions.start);
        columns = buffer.getInt(dimensions.start + 4);
        name = textOf(next(MI_INT8, "name"));
        if (isNumeric()) {
            require(rows >= 0 && columns >= 0, shape() + " has a negative extent");
            if (isSparse()) {
                checkSparse();
            } else {
                checkDense();
            }
        }
    }

    private void checkDense() {
        require((long) rows * columns <= Capacity.MAX, shape() + " is too large");
        Part values = next(0, "values");
        long expected = (long) rows * columns * sizeOf(values.type);
        require(values.bytes == expected, shape() + " needs " + expected + " bytes but has " + values.bytes);
        requireEnd();
    }

    private void checkSparse() {
        Part rowIndices = next(MI_INT32, "row indices");
        Part columnOffsets = next(MI_INT32, "column offsets");
        Part values = next(0, "values");
        require(columnOffsets.bytes == 4L * (columns + 1L), shape() + " needs " + (columns + 1L) + " column offsets");
        int previous = 0;
        for (int c = 0; c <= columns; c++) {
            int end = buffer.getInt(columnOffsets.start + 4 * c);
            require(end >= previous && (c > 0 || end == 0), "column offsets must rise from 0");
            previous = end;
        }
        int stored = previous;
        // Nothing in the format backs the number of rows, and reading takes memory for each.
        require(
                rows <= Math.max(MAX_EMPTY_ROWS, 1024L * stored),
                shape() + " has too many rows for its " + stored + " values");
        require(
                stored <= rowIndices.bytes / 4,
                "has " + rowIndices.bytes / 4 + " row indices for " + stored + " values");
        require(stored <= values.bytes / sizeOf(values.type), "has too few values");
        for (int c = 0; c < columns; c++) {
            int last = -1;
            for (int k = buffer.getInt(columnOffsets.start + 4 * c);
                    k < buffer.getInt(columnOffsets.start + 4 * c + 4);
                    k++) {
                int row = buffer.getInt(rowIndices.start + 4 * k);
                require(row > last && row < rows, "row indices must rise within [0, " + rows + ")");
                last = row;
            }
        }
        requireEnd();
    }

    private Part next(int expectedType, String what) {
        require(buffer.remaining() >= 8, "ends before its " + what);
        int word = buffer.getInt();
        // A small element holds type and size in one word and up to 4 bytes of data in the next.
        boolean small = word >>> 16 != 0;
        int type = small ? word & 0xffff : word;
        int bytes = small ? word >>> 16 : buffer.getInt();
        int room = small ? 4 : (bytes + 7) / 8 * 8;
        require(
                bytes >= 0 && bytes <= (small ? 4 : buffer.remaining()),
                what + " state " + bytes + " bytes, more than are left");
        require(
                expectedType == 0 || type == expectedType,
                what + " are of type " + type + "; expected " + expectedType);
        require(sizeOf(type) != 0 && bytes % sizeOf(type) == 0, what + " are of an unknown type or a broken size");
        int start = buffer.position();
        require(room <= buffer.remaining() && room >= bytes, what + " lack their padding");
        buffer.position(start + room);
        return new Part(type, start, bytes);
    }

    private void requireEnd() {
        require(!buffer.hasRemaining(), "has " + buffer.remaining() + " bytes after its values");
    }

    private String textOf(Part part) {
        return new String(payload, part.start, part.bytes, StandardCharsets.ISO_8859_1).replaceAll("\\p{Cntrl}", "?");
    }

    private static int sizeOf(int type) {
        return switch (type) {
            case 1, 2 -> 1;
            case 3, 4 -> 2;
            case 5, 6, 7 -> 4;
            case 9, 12, 13 -> 8;
            default -> 0;
        };
    }

    /** The variable's extents, as {@code 5 x 3}. */
    String shape() {
        return rows + " x " + columns;
    }

    private void require(boolean condition, String reason) {
        if (!condition) {
            throw fault(reason);
        }
    }

    /** {@inheritDoc} The place is the start of its element. */
    @Override
    public MalformedDataException fault(String reason) {
        return MalformedDataException.atOffset(
                path, offset, "variable " + (name.isEmpty() ? "" : "'" + name + "' ") + reason);
    }

    @Override
    public boolean isTable() {
        return isNumeric() && Math.min(rows, columns) > 1;
    }

    @Override
    public Features features(boolean allowMissing) {
        if (rows == 0 || columns == 0) {
            throw fault("is empty (" + shape() + ")");
        }
        Matrix decoded = decode();
        return new Features(
                decoded instanceof Sparse sparse
                        ? sparseFeatures(sparse, allowMissing)
                        : decoded.getType() == MatlabType.UInt8 ? bytes(decoded) : floats(decoded, allowMissing),
                null);
    }

    private ByteMatrix bytes(Matrix decoded) {
        byte[] values = new byte[rows * columns];
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                values[row * columns + column] = decoded.getByte(column * rows + row);
            }
        }
        return new ByteMatrix(rows, columns, values);
    }

    private DenseMatrix floats(Matrix decoded, boolean allowMissing) {
        float[] values = new float[rows * columns];
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                values[row * columns + column] =
                        checked(decoded.getDouble(column * rows + row), row, column, allowMissing);
            }
        }
        return new DenseMatrix(rows, columns, values);
    }

    private float checked(double stored, int row, int column, boolean allowMissing) {
        float value = (float) stored;
        if (!Float.isFinite(value) && !(allowMissing && Float.isNaN(value))) {
            String where = "at row " + (row + 1) + ", column " + (column + 1);
            throw fault(where + (Float.isNaN(value) ? ": " + Numbers.MISSING : " is not finite"));
        }
        return value;
    }

    private CsrMatrix sparseFeatures(Sparse sparse, boolean allowMissing) {
        int[] offsets = new int[rows + 1];
        sparse.forEach((row, column, value, imaginary) -> offsets[row + 1]++);
        for (int row = 0; row < rows; row++) {
            offsets[row + 1] += offsets[row];
        }
        int[] next = offsets.clone();
        int[] columnIndices = new int[offsets[rows]];
        float[] values = new float[columnIndices.length];
        sparse.forEach((row, column, value, imaginary) -> {
            columnIndices[next[row]] = column;
            values[next[row]++] = checked(value, row, column, allowMissing);
        });
        return new CsrMatrix(new CsrPattern(rows, columns, offsets, columnIndices), values);
    }

    @Override
    public void addLabels(int samples, LabelCollector labels) {
        if (!(columns == 1 && rows == samples) && !(rows == 1 && columns == samples)) {
            throw notLabels(shape(), samples);
        }
        Matrix decoded = decode();
        for (int sample = 0; sample < samples; sample++) {
            String fault = labels.add(rows == 1 ? decoded.getDouble(0, sample) : decoded.getDouble(sample, 0));
            if (fault != null) {
                throw fault("at sample " + (sample + 1) + ": " + fault);
            }
        }
    }

    /** Decodes the values through the library, from a file that holds this variable alone. */
    Matrix decode() {
        if (!isNumeric()) {
            throw fault("is not a real matrix of numbers with 2 dimensions"
                    + (arrayClass >= DOUBLE_CLASS || isSparse() ? "" : " but of class " + arrayClass));
        }
        ByteBuffer alone = ByteBuffer.allocate(Math.addExact(header.length + 8, payload.length))
                .order(buffer.order());
        alone.put(header).putInt(14).putInt(payload.length).put(payload).flip();
        try {
            return Mat5.newReader(Sources.wrap(alone))
                    .disableSubsystemProcessing()
                    .readMat()
                    .getArray(name);
        } catch (IOException | RuntimeException e) {
            throw fault("cannot be decoded: " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
        }
    }
}

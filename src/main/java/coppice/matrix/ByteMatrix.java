package coppice.matrix;

/** A dense row-major matrix of unsigned bytes (0 to 255), the form images come in. */
public final class ByteMatrix implements Matrix {
    private final int rows;
    private final int columns;
    private final byte[] values; // (rows, columns)

    /**
     * Adopts {@code values} without copying.
     *
     * @param rows number of rows, at least 0
     * @param columns number of columns, at least 0
     * @param values row-major, each read as 0 to 255, length {@code rows * columns}
     */
    public ByteMatrix(int rows, int columns, byte[] values) {
        Shapes.requireLength(rows, columns, values.length);
        this.rows = rows;
        this.columns = columns;
        this.values = values;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    /** The row-major values themselves, not a copy. */
    public byte[] values() {
        return values;
    }
}

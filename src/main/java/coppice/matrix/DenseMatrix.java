package coppice.matrix;

/** A dense row-major matrix of floats. */
public final class DenseMatrix implements Matrix {
    private final int rows;
    private final int columns;
    private final float[] values; // (rows, columns)

    /**
     * Adopts {@code values} without copying.
     *
     * @param rows number of rows, at least 0
     * @param columns number of columns, at least 0
     * @param values row-major, length {@code rows * columns}
     */
    public DenseMatrix(int rows, int columns, float[] values) {
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
    public float[] values() {
        return values;
    }

    /** The value at a row and a column. */
    public float get(int row, int column) {
        return values[Math.addExact(Math.multiplyExact(row, columns), column)];
    }
}

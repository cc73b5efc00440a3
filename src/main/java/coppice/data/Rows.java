package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.List;

/** Selects and joins rows of matrices without changing their storage form. */
final class Rows {
    private Rows() {}

    static Matrix select(Matrix matrix, int[] rows) {
        int columns = matrix.columns();
        if (matrix instanceof DenseMatrix dense) {
            float[] values = new float[requireCount((long) rows.length * columns)];
            for (int i = 0; i < rows.length; i++) {
                System.arraycopy(dense.values(), start(matrix, rows[i]), values, i * columns, columns);
            }
            return new DenseMatrix(rows.length, columns, values);
        }
        if (matrix instanceof ByteMatrix bytes) {
            byte[] values = new byte[requireCount((long) rows.length * columns)];
            for (int i = 0; i < rows.length; i++) {
                System.arraycopy(bytes.values(), start(matrix, rows[i]), values, i * columns, columns);
            }
            return new ByteMatrix(rows.length, columns, values);
        }
        return selectSparse((CsrMatrix) matrix, rows);
    }

    private static int start(Matrix matrix, int row) {
        return Math.multiplyExact(row, matrix.columns());
    }

    private static CsrMatrix selectSparse(CsrMatrix matrix, int[] rows) {
        CsrPattern pattern = matrix.pattern();
        long connections = 0;
        for (int row : rows) {
            connections += pattern.rowLength(row);
        }
        int[] rowOffsets = new int[rows.length + 1];
        int[] columnIndices = new int[requireCount(connections)];
        float[] values = new float[columnIndices.length];
        for (int i = 0; i < rows.length; i++) {
            int from = pattern.rowOffsets()[rows[i]];
            int length = pattern.rowLength(rows[i]);
            System.arraycopy(pattern.columnIndices(), from, columnIndices, rowOffsets[i], length);
            System.arraycopy(matrix.values(), from, values, rowOffsets[i], length);
            rowOffsets[i + 1] = rowOffsets[i] + length;
        }
        return new CsrMatrix(new CsrPattern(rows.length, matrix.columns(), rowOffsets, columnIndices), values);
    }

    /** Stacks matrices of one storage form; dense ones must have one width, sparse ones take the widest. */
    static Matrix concat(List<Matrix> parts) {
        Matrix first = parts.get(0);
        long rows = 0;
        int columns = 0;
        for (Matrix part : parts) {
            if (part.getClass() != first.getClass()) {
                throw new IllegalArgumentException("the data sets are stored in different forms");
            }
            if (part.columns() != first.columns() && !(part instanceof CsrMatrix)) {
                throw new IllegalArgumentException(
                        "the data sets differ in width: " + first.columns() + " and " + part.columns() + " features");
            }
            rows += part.rows();
            columns = Math.max(columns, part.columns());
        }
        int height = requireCount(rows);
        if (first instanceof CsrMatrix) {
            return concatSparse(parts, height, columns);
        }
        int count = requireCount(rows * columns);
        int at = 0;
        if (first instanceof DenseMatrix) {
            float[] values = new float[count];
            for (Matrix part : parts) {
                float[] source = ((DenseMatrix) part).values();
                System.arraycopy(source, 0, values, at, source.length);
                at += source.length;
            }
            return new DenseMatrix(height, columns, values);
        }
        byte[] values = new byte[count];
        for (Matrix part : parts) {
            byte[] source = ((ByteMatrix) part).values();
            System.arraycopy(source, 0, values, at, source.length);
            at += source.length;
        }
        return new ByteMatrix(height, columns, values);
    }

    private static CsrMatrix concatSparse(List<Matrix> parts, int rows, int columns) {
        long connections = 0;
        for (Matrix part : parts) {
            connections += ((CsrMatrix) part).values().length;
        }
        int[] rowOffsets = new int[rows + 1];
        int[] columnIndices = new int[requireCount(connections)];
        float[] values = new float[columnIndices.length];
        int row = 0;
        int at = 0;
        for (Matrix part : parts) {
            CsrMatrix source = (CsrMatrix) part;
            for (int i = 0; i < source.rows(); i++, row++) {
                rowOffsets[row + 1] = rowOffsets[row] + source.pattern().rowLength(i);
            }
            System.arraycopy(source.pattern().columnIndices(), 0, columnIndices, at, source.values().length);
            System.arraycopy(source.values(), 0, values, at, source.values().length);
            at += source.values().length;
        }
        return new CsrMatrix(new CsrPattern(rows, columns, rowOffsets, columnIndices), values);
    }

    /** A number of values that one array holds. */
    static int requireCount(long count) {
        if (count > Capacity.MAX) {
            throw new IllegalArgumentException(
                    "a data set may hold at most " + Capacity.MAX + " values but needs " + count);
        }
        return (int) count;
    }
}

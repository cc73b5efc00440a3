package coppice.matrix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The topology of a sparse matrix: which cells are present, as compressed sparse rows.
 *
 * <p>Immutable. The arrays handed out are the pattern's own and must not be written to.
 */
public final class CsrPattern {
    private final int rows;
    private final int columns;
    private final int[] rowOffsets; // (rows + 1)
    private final int[] columnIndices; // (connections)
    private volatile @Nullable Transpose transpose;

    /**
     * Checks and adopts the arrays without copying.
     *
     * @param rows number of rows, at least 0
     * @param columns number of columns, at least 0
     * @param rowOffsets length {@code rows + 1}, from 0 to the number of connections, never falling
     * @param columnIndices in [0, columns), rising within each row
     * @throws IllegalArgumentException naming the first row that breaks a rule
     */
    public CsrPattern(int rows, int columns, int[] rowOffsets, int[] columnIndices) {
        Shapes.requireSize(rows, columns);
        this.rows = rows;
        this.columns = columns;
        this.rowOffsets = rowOffsets;
        this.columnIndices = columnIndices;
        requireOffsets();
        for (int row = 0; row < rows; row++) {
            requireRow(row);
        }
    }

    /** A pattern with no connections. */
    public static CsrPattern empty(int rows, int columns) {
        return new CsrPattern(rows, columns, new int[rows + 1], new int[0]);
    }

    private void requireOffsets() {
        if (rowOffsets.length != rows + 1L) {
            throw new IllegalArgumentException(
                    rows + " rows need " + (rows + 1L) + " row offsets but got " + rowOffsets.length);
        }
        if (rowOffsets[0] != 0 || rowOffsets[rows] != columnIndices.length) {
            throw new IllegalArgumentException("row offsets must run from 0 to " + columnIndices.length
                    + " but run from " + rowOffsets[0] + " to " + rowOffsets[rows]);
        }
    }

    private void requireRow(int row) {
        int end = rowOffsets[row + 1];
        if (rowOffsets[row] > end || end > columnIndices.length) {
            throw new IllegalArgumentException("row offsets fall after row " + row);
        }
        int previous = -1;
        for (int k = rowOffsets[row]; k < end; k++) {
            int column = columnIndices[k];
            if (column <= previous || column >= columns) {
                throw new IllegalArgumentException("row " + row + " holds column " + column + " after column "
                        + previous + "; columns must rise within [0, " + columns + ")");
            }
            previous = column;
        }
    }

    /** Number of rows. */
    public int rows() {
        return rows;
    }

    /** Number of columns. */
    public int columns() {
        return columns;
    }

    /** Number of cells present. */
    public int connections() {
        return columnIndices.length;
    }

    /** Number of possible connections, {@code rows * columns}. */
    public long cells() {
        return (long) rows * columns;
    }

    /** Share of the possible connections that is present, 0 for a matrix without cells. */
    public double density() {
        return cells() == 0 ? 0 : (double) connections() / cells();
    }

    /** Where each row starts in {@link #columnIndices}, length {@code rows + 1}. */
    public int[] rowOffsets() {
        return rowOffsets;
    }

    /** The columns of the connections, row after row, rising within a row. */
    public int[] columnIndices() {
        return columnIndices;
    }

    /** Number of connections in a row. */
    public int rowLength(int row) {
        return rowOffsets[row + 1] - rowOffsets[row];
    }

    /** The column-wise view, computed on first use and kept. */
    public Transpose transpose() {
        Transpose known = transpose;
        if (known == null) {
            known = Transpose.of(this);
            transpose = known;
        }
        return known;
    }

    /** Forgets the column-wise view, so that its memory can be used while a successor is built. */
    public void releaseTranspose() {
        transpose = null;
    }

    /**
     * The column-wise (CSC) view of a pattern.
     *
     * @param columnOffsets where each column starts, length {@code columns + 1}
     * @param rowIndices the rows of the connections, column after column, rising within a column
     * @param valueIndices for each of them the index of the connection in CSR order
     */
    @SuppressWarnings("ArrayRecordComponent") // handed out as they are: kernels read them
    public record Transpose(int[] columnOffsets, int[] rowIndices, int[] valueIndices) {
        private static final int BLOCK_BITS = 11; // columns a block at least, as a power of two
        private static final int MAX_BLOCKS = 512;

        /**
         * Sorts the connections by column in two steps, each with few enough targets for the processor's cache: first
         * by block of columns, then within each block.
         */
        private static Transpose of(CsrPattern pattern) {
            int columns = pattern.columns;
            int[] columnIndices = pattern.columnIndices;
            int[] columnOffsets = new int[columns + 1];
            for (int column : columnIndices) {
                columnOffsets[column + 1]++;
            }
            for (int column = 0; column < columns; column++) {
                columnOffsets[column + 1] += columnOffsets[column];
            }
            int shift = BLOCK_BITS;
            while (columns >>> shift > MAX_BLOCKS) {
                shift++;
            }
            int blocks = (columns >>> shift) + 1;
            int[] blockOffsets = new int[blocks + 1];
            for (int block = 0; block <= blocks; block++) {
                blockOffsets[block] = columnOffsets[(int) Math.min(columns, (long) block << shift)];
            }
            int[] rowIndices = new int[columnIndices.length];
            int[] valueIndices = new int[columnIndices.length];
            int[] dealtColumns = new int[columnIndices.length];
            dealToBlocks(pattern, shift, blockOffsets.clone(), dealtColumns, rowIndices, valueIndices);
            int[] next = columnOffsets.clone();
            for (int block = 0; block < blocks; block++) {
                int from = blockOffsets[block];
                int to = blockOffsets[block + 1];
                int[] rows = Arrays.copyOfRange(rowIndices, from, to);
                int[] values = Arrays.copyOfRange(valueIndices, from, to);
                for (int i = 0; i < rows.length; i++) {
                    int at = next[dealtColumns[from + i]]++;
                    rowIndices[at] = rows[i];
                    valueIndices[at] = values[i];
                }
            }
            return new Transpose(columnOffsets, rowIndices, valueIndices);
        }

        private static void dealToBlocks(
                CsrPattern pattern, int shift, int[] next, int[] dealtColumns, int[] rowIndices, int[] valueIndices) {
            int[] columnIndices = pattern.columnIndices;
            int[] rowOffsets = pattern.rowOffsets;
            for (int row = 0; row < pattern.rows; row++) {
                for (int k = rowOffsets[row]; k < rowOffsets[row + 1]; k++) {
                    int column = columnIndices[k];
                    int at = next[column >>> shift]++;
                    dealtColumns[at] = column;
                    rowIndices[at] = row;
                    valueIndices[at] = k;
                }
            }
        }
    }
}

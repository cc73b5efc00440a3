package coppice.backend.cpu;

import java.util.Arrays;

/**
 * Products of dense matrices: each element one accumulator that takes the terms in order by fma.
 *
 * <p>Twin of kernels/dense.cu. The right factor is read in panels of 32 columns, packed or where they lie.
 */
public class DenseKernels {
    /** Columns of a panel. */
    public static final int PANEL = 32;

    /**
     * A matrix in an array: element (i, j) is at {@code start + i * rowStep + j * columnStep}.
     *
     * @param data the array
     * @param start index of element (0, 0)
     * @param rowStep distance between rows
     * @param columnStep distance between columns
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Operand(float[] data, int start, int rowStep, int columnStep) {
        static Operand of(CpuTensor tensor) {
            return new Operand(tensor.data(), tensor.at(0), tensor.stride(), 1);
        }

        static Operand transposed(CpuTensor tensor) {
            return new Operand(tensor.data(), tensor.at(0), 1, tensor.stride());
        }

        /** Index of the first element of a row. */
        public int at(int row) {
            return start + row * rowStep;
        }
    }

    /**
     * The part of a product to compute.
     *
     * @param rowFrom first row
     * @param rowTo after the last row
     * @param columnFrom first column, a multiple of {@link #PANEL}
     * @param columnTo after the last column
     * @param terms number of terms of each sum
     */
    public record Range(int rowFrom, int rowTo, int columnFrom, int columnTo, int terms) {}

    /**
     * The right factor of a product, by panels of {@link #PANEL} columns.
     *
     * <p>Element (p, j) of a panel is at {@code start + panel * panelStep + p * termStep + j}. Columns past the last
     * one of a panel can be read.
     *
     * @param data the array
     * @param start index of the first element
     * @param panelStep distance between panels
     * @param termStep distance between rows
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Panels(float[] data, int start, int panelStep, int termStep) {
        /** A factor that {@link #pack} packed. */
        static Panels packed(float[] data, int terms) {
            return new Panels(data, 0, terms * PANEL, PANEL);
        }

        /** A tensor whose rows are padded to whole panels. */
        static Panels of(CpuTensor tensor) {
            return new Panels(tensor.data(), tensor.at(0), PANEL, tensor.stride());
        }

        /** Index of a panel's first element; {@code column} is its first column. */
        public int at(int column) {
            return start + column / PANEL * panelStep;
        }
    }

    /** Floats that {@link #pack} needs for a matrix of {@code terms} rows. */
    static int packedLength(int terms, int columns) {
        return Math.multiplyExact(terms, Math.multiplyExact((columns + PANEL - 1) / PANEL, PANEL));
    }

    /** Copies one panel of {@code b}, element (p, j) to {@code (panel * terms + p) * 32 + j % 32}; pads with zeros. */
    void pack(Operand b, int terms, int columns, int panel, float[] packed) {
        int from = panel * PANEL;
        int width = Math.min(PANEL, columns - from);
        int out = panel * terms * PANEL;
        if (b.columnStep() == 1) {
            for (int p = 0; p < terms; p++) {
                System.arraycopy(b.data(), b.at(p) + from, packed, out + p * PANEL, width);
                Arrays.fill(packed, out + p * PANEL + width, out + (p + 1) * PANEL, 0f);
            }
            return;
        }
        for (int j = 0; j < PANEL; j++) {
            for (int p = 0; p < terms; p++) {
                packed[out + p * PANEL + j] = j < width ? b.data()[b.at(p) + (from + j) * b.columnStep()] : 0f;
            }
        }
    }

    /** c += a b on a range; the column step of c is 1. */
    public void multiplyAdd(Operand a, Panels b, Operand c, Range range) {
        for (int column = range.columnFrom(); column < range.columnTo(); column += PANEL) {
            int panel = b.at(column);
            int width = Math.min(PANEL, range.columnTo() - column);
            for (int row = range.rowFrom(); row < range.rowTo(); row++) {
                int cAt = c.at(row) + column;
                for (int p = 0; p < range.terms(); p++) {
                    float factor = a.data()[a.at(row) + p * a.columnStep()];
                    int bAt = panel + p * b.termStep();
                    for (int j = 0; j < width; j++) {
                        c.data()[cAt + j] = Math.fma(factor, b.data()[bAt + j], c.data()[cAt + j]);
                    }
                }
            }
        }
    }
}

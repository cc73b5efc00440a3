package coppice.backend.cpu.vector;

import coppice.backend.cpu.DenseKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector API twin of {@link DenseKernels}: tiles of 6 rows by two vectors kept in registers.
 *
 * <p>Terms are taken in blocks that keep a panel in the first-level cache; between blocks the sums rest in c.
 */
final class VectorDenseKernels extends DenseKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int TERM_BLOCK = 256;

    @Override
    public void multiplyAdd(Operand a, Panels b, Operand c, Range range) {
        for (int column = range.columnFrom(); column < range.columnTo(); column += PANEL) {
            int width = Math.min(PANEL, range.columnTo() - column);
            if (width == LENGTH) {
                halfPanel(a, b, c, range, column);
            } else if (width % (2 * LENGTH) == 0) {
                wholePanel(a, b, c, range, column, width);
            } else {
                partPanel(a, b, c, range, column, width);
            }
        }
    }

    /** A panel whose last columns do not exist: computed in a tile with room for them. */
    private void partPanel(Operand a, Panels b, Operand c, Range range, int column, int width) {
        int rows = range.rowTo() - range.rowFrom();
        float[] tile = new float[rows * PANEL];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(c.data(), c.at(range.rowFrom() + i) + column, tile, i * PANEL, width);
        }
        Operand out = new Operand(tile, -range.rowFrom() * PANEL - column, PANEL, 1);
        wholePanel(a, b, out, range, column, PANEL);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(tile, i * PANEL, c.data(), c.at(range.rowFrom() + i) + column, width);
        }
    }

    private static void wholePanel(Operand a, Panels b, Operand c, Range range, int column, int width) {
        int aStep = a.columnStep();
        for (int term = 0; term < range.terms(); term += TERM_BLOCK) {
            int terms = Math.min(TERM_BLOCK, range.terms() - term);
            for (int j = 0; j < width; j += 2 * LENGTH) {
                int bAt = b.at(column) + term * b.termStep() + j;
                int row = range.rowFrom();
                for (; row + 6 <= range.rowTo(); row += 6) {
                    sixRows(
                            terms,
                            a.data(),
                            a.at(row) + term * aStep,
                            a.rowStep(),
                            aStep,
                            b.data(),
                            bAt,
                            b.termStep(),
                            c.data(),
                            c.at(row) + column + j,
                            c.rowStep());
                }
                for (; row + 2 <= range.rowTo(); row += 2) {
                    twoRows(
                            terms,
                            a.data(),
                            a.at(row) + term * aStep,
                            a.rowStep(),
                            aStep,
                            b.data(),
                            bAt,
                            b.termStep(),
                            c.data(),
                            c.at(row) + column + j,
                            c.rowStep());
                }
                if (row < range.rowTo()) {
                    oneRow(
                            terms,
                            a.data(),
                            a.at(row) + term * aStep,
                            aStep,
                            b.data(),
                            bAt,
                            b.termStep(),
                            c.data(),
                            c.at(row) + column + j);
                }
            }
        }
    }

    /** A panel of one vector. */
    private static void halfPanel(Operand a, Panels b, Operand c, Range range, int column) {
        int aStep = a.columnStep();
        for (int term = 0; term < range.terms(); term += TERM_BLOCK) {
            int terms = Math.min(TERM_BLOCK, range.terms() - term);
            int bAt = b.at(column) + term * b.termStep();
            int row = range.rowFrom();
            for (; row + 8 <= range.rowTo(); row += 8) {
                int aAt = a.at(row) + term * aStep;
                eightRows(
                        terms,
                        a.data(),
                        aAt,
                        a.rowStep(),
                        aStep,
                        b.data(),
                        bAt,
                        b.termStep(),
                        c.data(),
                        c.at(row) + column,
                        c.rowStep());
            }
            for (; row < range.rowTo(); row++) {
                int aAt = a.at(row) + term * aStep;
                halfRow(terms, a.data(), aAt, aStep, b.data(), bAt, b.termStep(), c.data(), c.at(row) + column);
            }
        }
    }

    private static void eightRows(
            int terms,
            float[] a,
            int at,
            int rowStep,
            int step,
            float[] b,
            int bAt,
            int bStep,
            float[] c,
            int cAt,
            int cStep) {
        FloatVector c0 = FloatVector.fromArray(FLOATS, c, cAt);
        FloatVector c1 = FloatVector.fromArray(FLOATS, c, cAt + cStep);
        FloatVector c2 = FloatVector.fromArray(FLOATS, c, cAt + 2 * cStep);
        FloatVector c3 = FloatVector.fromArray(FLOATS, c, cAt + 3 * cStep);
        FloatVector c4 = FloatVector.fromArray(FLOATS, c, cAt + 4 * cStep);
        FloatVector c5 = FloatVector.fromArray(FLOATS, c, cAt + 5 * cStep);
        FloatVector c6 = FloatVector.fromArray(FLOATS, c, cAt + 6 * cStep);
        FloatVector c7 = FloatVector.fromArray(FLOATS, c, cAt + 7 * cStep);
        for (int p = 0; p < terms; p++) {
            FloatVector factor = FloatVector.fromArray(FLOATS, b, bAt + p * bStep);
            int q = at + p * step;
            c0 = factor.fma(FloatVector.broadcast(FLOATS, a[q]), c0);
            c1 = factor.fma(FloatVector.broadcast(FLOATS, a[q + rowStep]), c1);
            c2 = factor.fma(FloatVector.broadcast(FLOATS, a[q + 2 * rowStep]), c2);
            c3 = factor.fma(FloatVector.broadcast(FLOATS, a[q + 3 * rowStep]), c3);
            c4 = factor.fma(FloatVector.broadcast(FLOATS, a[q + 4 * rowStep]), c4);
            c5 = factor.fma(FloatVector.broadcast(FLOATS, a[q + 5 * rowStep]), c5);
            c6 = factor.fma(FloatVector.broadcast(FLOATS, a[q + 6 * rowStep]), c6);
            c7 = factor.fma(FloatVector.broadcast(FLOATS, a[q + 7 * rowStep]), c7);
        }
        c0.intoArray(c, cAt);
        c1.intoArray(c, cAt + cStep);
        c2.intoArray(c, cAt + 2 * cStep);
        c3.intoArray(c, cAt + 3 * cStep);
        c4.intoArray(c, cAt + 4 * cStep);
        c5.intoArray(c, cAt + 5 * cStep);
        c6.intoArray(c, cAt + 6 * cStep);
        c7.intoArray(c, cAt + 7 * cStep);
    }

    private static void halfRow(
            int terms, float[] a, int at, int step, float[] b, int bAt, int bStep, float[] c, int cAt) {
        FloatVector sum = FloatVector.fromArray(FLOATS, c, cAt);
        for (int p = 0; p < terms; p++) {
            FloatVector factor = FloatVector.fromArray(FLOATS, b, bAt + p * bStep);
            sum = factor.fma(FloatVector.broadcast(FLOATS, a[at + p * step]), sum);
        }
        sum.intoArray(c, cAt);
    }

    private static void sixRows(
            int terms,
            float[] a,
            int at,
            int rowStep,
            int step,
            float[] b,
            int bAt,
            int bStep,
            float[] c,
            int cAt,
            int cStep) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, c, cAt);
        FloatVector c01 = FloatVector.fromArray(FLOATS, c, cAt + LENGTH);
        FloatVector c10 = FloatVector.fromArray(FLOATS, c, cAt + cStep);
        FloatVector c11 = FloatVector.fromArray(FLOATS, c, cAt + cStep + LENGTH);
        FloatVector c20 = FloatVector.fromArray(FLOATS, c, cAt + 2 * cStep);
        FloatVector c21 = FloatVector.fromArray(FLOATS, c, cAt + 2 * cStep + LENGTH);
        FloatVector c30 = FloatVector.fromArray(FLOATS, c, cAt + 3 * cStep);
        FloatVector c31 = FloatVector.fromArray(FLOATS, c, cAt + 3 * cStep + LENGTH);
        FloatVector c40 = FloatVector.fromArray(FLOATS, c, cAt + 4 * cStep);
        FloatVector c41 = FloatVector.fromArray(FLOATS, c, cAt + 4 * cStep + LENGTH);
        FloatVector c50 = FloatVector.fromArray(FLOATS, c, cAt + 5 * cStep);
        FloatVector c51 = FloatVector.fromArray(FLOATS, c, cAt + 5 * cStep + LENGTH);
        for (int p = 0; p < terms; p++) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bAt + p * bStep);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, bAt + p * bStep + LENGTH);
            int q = at + p * step;
            FloatVector factor = FloatVector.broadcast(FLOATS, a[q]);
            c00 = factor.fma(b0, c00);
            c01 = factor.fma(b1, c01);
            factor = FloatVector.broadcast(FLOATS, a[q + rowStep]);
            c10 = factor.fma(b0, c10);
            c11 = factor.fma(b1, c11);
            factor = FloatVector.broadcast(FLOATS, a[q + 2 * rowStep]);
            c20 = factor.fma(b0, c20);
            c21 = factor.fma(b1, c21);
            factor = FloatVector.broadcast(FLOATS, a[q + 3 * rowStep]);
            c30 = factor.fma(b0, c30);
            c31 = factor.fma(b1, c31);
            factor = FloatVector.broadcast(FLOATS, a[q + 4 * rowStep]);
            c40 = factor.fma(b0, c40);
            c41 = factor.fma(b1, c41);
            factor = FloatVector.broadcast(FLOATS, a[q + 5 * rowStep]);
            c50 = factor.fma(b0, c50);
            c51 = factor.fma(b1, c51);
        }
        c00.intoArray(c, cAt);
        c01.intoArray(c, cAt + LENGTH);
        c10.intoArray(c, cAt + cStep);
        c11.intoArray(c, cAt + cStep + LENGTH);
        c20.intoArray(c, cAt + 2 * cStep);
        c21.intoArray(c, cAt + 2 * cStep + LENGTH);
        c30.intoArray(c, cAt + 3 * cStep);
        c31.intoArray(c, cAt + 3 * cStep + LENGTH);
        c40.intoArray(c, cAt + 4 * cStep);
        c41.intoArray(c, cAt + 4 * cStep + LENGTH);
        c50.intoArray(c, cAt + 5 * cStep);
        c51.intoArray(c, cAt + 5 * cStep + LENGTH);
    }

    private static void twoRows(
            int terms,
            float[] a,
            int at,
            int rowStep,
            int step,
            float[] b,
            int bAt,
            int bStep,
            float[] c,
            int cAt,
            int cStep) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, c, cAt);
        FloatVector c01 = FloatVector.fromArray(FLOATS, c, cAt + LENGTH);
        FloatVector c10 = FloatVector.fromArray(FLOATS, c, cAt + cStep);
        FloatVector c11 = FloatVector.fromArray(FLOATS, c, cAt + cStep + LENGTH);
        for (int p = 0; p < terms; p++) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bAt + p * bStep);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, bAt + p * bStep + LENGTH);
            FloatVector factor = FloatVector.broadcast(FLOATS, a[at + p * step]);
            c00 = factor.fma(b0, c00);
            c01 = factor.fma(b1, c01);
            factor = FloatVector.broadcast(FLOATS, a[at + p * step + rowStep]);
            c10 = factor.fma(b0, c10);
            c11 = factor.fma(b1, c11);
        }
        c00.intoArray(c, cAt);
        c01.intoArray(c, cAt + LENGTH);
        c10.intoArray(c, cAt + cStep);
        c11.intoArray(c, cAt + cStep + LENGTH);
    }

    private static void oneRow(
            int terms, float[] a, int at, int step, float[] b, int bAt, int bStep, float[] c, int cAt) {
        FloatVector c0 = FloatVector.fromArray(FLOATS, c, cAt);
        FloatVector c1 = FloatVector.fromArray(FLOATS, c, cAt + LENGTH);
        for (int p = 0; p < terms; p++) {
            FloatVector factor = FloatVector.broadcast(FLOATS, a[at + p * step]);
            c0 = factor.fma(FloatVector.fromArray(FLOATS, b, bAt + p * bStep), c0);
            c1 = factor.fma(FloatVector.fromArray(FLOATS, b, bAt + p * bStep + LENGTH), c1);
        }
        c0.intoArray(c, cAt);
        c1.intoArray(c, cAt + LENGTH);
    }
}

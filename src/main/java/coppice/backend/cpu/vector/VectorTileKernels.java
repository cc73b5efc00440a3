package coppice.backend.cpu.vector;

import coppice.backend.cpu.ConvolutionKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The innermost loops of convolutions: tiles of sums that stay in registers, over factors packed in the order of use.
 *
 * <p>The compiler keeps all sums in registers because a loop runs over one factor's index and moves the other's along;
 * with both worked out from a count it copies a third of the sums each time round.
 */
final class VectorTileKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;

    /** Batch columns of a panel. */
    static final int PANEL = 32;

    /** Rows of packed weights. */
    static final int ROWS = ConvolutionKernels.TILE;

    /** Rows of gradients in a tile of inner products. */
    static final int DOT_ROWS = 4;

    /** Rows of pixels in a tile of inner products. */
    static final int DOT_TERMS = 3;

    private VectorTileKernels() {}

    /**
     * out = start + W x for {@link #ROWS} rows of W and one panel.
     *
     * @param w term t of row r is at wAt + t * ROWS + r
     * @param x column b of term t is at xAt + t * PANEL + b
     * @param start column b of row r is at startAt + r * startStep + b
     * @param out likewise
     */
    static void multiply(
            int terms,
            float[] w,
            int wAt,
            float[] x,
            int xAt,
            float[] start,
            int startAt,
            int startStep,
            float[] out,
            int outAt,
            int outStep) {
        if (LENGTH == 16) {
            elevenRows(terms, w, wAt, x, xAt, start, startAt, startStep, out, outAt, outStep);
            return;
        }
        for (int b = 0; b < PANEL; b += 2 * LENGTH) {
            sixRows(terms, w, wAt, x, xAt + b, start, startAt + b, startStep, out, outAt + b, outStep);
            int five = 6 * startStep + b;
            fiveRows(
                    terms,
                    w,
                    wAt + 6,
                    x,
                    xAt + b,
                    start,
                    startAt + five,
                    startStep,
                    out,
                    outAt + 6 * outStep + b,
                    outStep);
        }
    }

    /** Eleven rows by two vectors, with 32 registers. */
    private static void elevenRows(
            int terms,
            float[] w,
            int wAt,
            float[] x,
            int xAt,
            float[] start,
            int startAt,
            int startStep,
            float[] out,
            int outAt,
            int outStep) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, start, startAt);
        FloatVector b0 = FloatVector.fromArray(FLOATS, start, startAt + LENGTH);
        FloatVector a1 = FloatVector.fromArray(FLOATS, start, startAt + startStep);
        FloatVector b1 = FloatVector.fromArray(FLOATS, start, startAt + startStep + LENGTH);
        FloatVector a2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * startStep);
        FloatVector b2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * startStep + LENGTH);
        FloatVector a3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * startStep);
        FloatVector b3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * startStep + LENGTH);
        FloatVector a4 = FloatVector.fromArray(FLOATS, start, startAt + 4 * startStep);
        FloatVector b4 = FloatVector.fromArray(FLOATS, start, startAt + 4 * startStep + LENGTH);
        FloatVector a5 = FloatVector.fromArray(FLOATS, start, startAt + 5 * startStep);
        FloatVector b5 = FloatVector.fromArray(FLOATS, start, startAt + 5 * startStep + LENGTH);
        FloatVector a6 = FloatVector.fromArray(FLOATS, start, startAt + 6 * startStep);
        FloatVector b6 = FloatVector.fromArray(FLOATS, start, startAt + 6 * startStep + LENGTH);
        FloatVector a7 = FloatVector.fromArray(FLOATS, start, startAt + 7 * startStep);
        FloatVector b7 = FloatVector.fromArray(FLOATS, start, startAt + 7 * startStep + LENGTH);
        FloatVector a8 = FloatVector.fromArray(FLOATS, start, startAt + 8 * startStep);
        FloatVector b8 = FloatVector.fromArray(FLOATS, start, startAt + 8 * startStep + LENGTH);
        FloatVector a9 = FloatVector.fromArray(FLOATS, start, startAt + 9 * startStep);
        FloatVector b9 = FloatVector.fromArray(FLOATS, start, startAt + 9 * startStep + LENGTH);
        FloatVector a10 = FloatVector.fromArray(FLOATS, start, startAt + 10 * startStep);
        FloatVector b10 = FloatVector.fromArray(FLOATS, start, startAt + 10 * startStep + LENGTH);
        int q = xAt;
        int end = wAt + terms * ROWS;
        for (int p = wAt; p < end; p += ROWS) {
            FloatVector xa = FloatVector.fromArray(FLOATS, x, q);
            FloatVector xb = FloatVector.fromArray(FLOATS, x, q + LENGTH);
            FloatVector factor = FloatVector.broadcast(FLOATS, w[p]);
            a0 = factor.fma(xa, a0);
            b0 = factor.fma(xb, b0);
            factor = FloatVector.broadcast(FLOATS, w[p + 1]);
            a1 = factor.fma(xa, a1);
            b1 = factor.fma(xb, b1);
            factor = FloatVector.broadcast(FLOATS, w[p + 2]);
            a2 = factor.fma(xa, a2);
            b2 = factor.fma(xb, b2);
            factor = FloatVector.broadcast(FLOATS, w[p + 3]);
            a3 = factor.fma(xa, a3);
            b3 = factor.fma(xb, b3);
            factor = FloatVector.broadcast(FLOATS, w[p + 4]);
            a4 = factor.fma(xa, a4);
            b4 = factor.fma(xb, b4);
            factor = FloatVector.broadcast(FLOATS, w[p + 5]);
            a5 = factor.fma(xa, a5);
            b5 = factor.fma(xb, b5);
            factor = FloatVector.broadcast(FLOATS, w[p + 6]);
            a6 = factor.fma(xa, a6);
            b6 = factor.fma(xb, b6);
            factor = FloatVector.broadcast(FLOATS, w[p + 7]);
            a7 = factor.fma(xa, a7);
            b7 = factor.fma(xb, b7);
            factor = FloatVector.broadcast(FLOATS, w[p + 8]);
            a8 = factor.fma(xa, a8);
            b8 = factor.fma(xb, b8);
            factor = FloatVector.broadcast(FLOATS, w[p + 9]);
            a9 = factor.fma(xa, a9);
            b9 = factor.fma(xb, b9);
            factor = FloatVector.broadcast(FLOATS, w[p + 10]);
            a10 = factor.fma(xa, a10);
            b10 = factor.fma(xb, b10);
            q += PANEL;
        }
        a0.intoArray(out, outAt);
        b0.intoArray(out, outAt + LENGTH);
        a1.intoArray(out, outAt + outStep);
        b1.intoArray(out, outAt + outStep + LENGTH);
        a2.intoArray(out, outAt + 2 * outStep);
        b2.intoArray(out, outAt + 2 * outStep + LENGTH);
        a3.intoArray(out, outAt + 3 * outStep);
        b3.intoArray(out, outAt + 3 * outStep + LENGTH);
        a4.intoArray(out, outAt + 4 * outStep);
        b4.intoArray(out, outAt + 4 * outStep + LENGTH);
        a5.intoArray(out, outAt + 5 * outStep);
        b5.intoArray(out, outAt + 5 * outStep + LENGTH);
        a6.intoArray(out, outAt + 6 * outStep);
        b6.intoArray(out, outAt + 6 * outStep + LENGTH);
        a7.intoArray(out, outAt + 7 * outStep);
        b7.intoArray(out, outAt + 7 * outStep + LENGTH);
        a8.intoArray(out, outAt + 8 * outStep);
        b8.intoArray(out, outAt + 8 * outStep + LENGTH);
        a9.intoArray(out, outAt + 9 * outStep);
        b9.intoArray(out, outAt + 9 * outStep + LENGTH);
        a10.intoArray(out, outAt + 10 * outStep);
        b10.intoArray(out, outAt + 10 * outStep + LENGTH);
    }

    /** Six rows by two vectors, with 16 registers. */
    private static void sixRows(
            int terms,
            float[] w,
            int wAt,
            float[] x,
            int xAt,
            float[] start,
            int startAt,
            int startStep,
            float[] out,
            int outAt,
            int outStep) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, start, startAt);
        FloatVector b0 = FloatVector.fromArray(FLOATS, start, startAt + LENGTH);
        FloatVector a1 = FloatVector.fromArray(FLOATS, start, startAt + startStep);
        FloatVector b1 = FloatVector.fromArray(FLOATS, start, startAt + startStep + LENGTH);
        FloatVector a2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * startStep);
        FloatVector b2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * startStep + LENGTH);
        FloatVector a3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * startStep);
        FloatVector b3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * startStep + LENGTH);
        FloatVector a4 = FloatVector.fromArray(FLOATS, start, startAt + 4 * startStep);
        FloatVector b4 = FloatVector.fromArray(FLOATS, start, startAt + 4 * startStep + LENGTH);
        FloatVector a5 = FloatVector.fromArray(FLOATS, start, startAt + 5 * startStep);
        FloatVector b5 = FloatVector.fromArray(FLOATS, start, startAt + 5 * startStep + LENGTH);
        int q = xAt;
        int end = wAt + terms * ROWS;
        for (int p = wAt; p < end; p += ROWS) {
            FloatVector xa = FloatVector.fromArray(FLOATS, x, q);
            FloatVector xb = FloatVector.fromArray(FLOATS, x, q + LENGTH);
            FloatVector factor = FloatVector.broadcast(FLOATS, w[p]);
            a0 = factor.fma(xa, a0);
            b0 = factor.fma(xb, b0);
            factor = FloatVector.broadcast(FLOATS, w[p + 1]);
            a1 = factor.fma(xa, a1);
            b1 = factor.fma(xb, b1);
            factor = FloatVector.broadcast(FLOATS, w[p + 2]);
            a2 = factor.fma(xa, a2);
            b2 = factor.fma(xb, b2);
            factor = FloatVector.broadcast(FLOATS, w[p + 3]);
            a3 = factor.fma(xa, a3);
            b3 = factor.fma(xb, b3);
            factor = FloatVector.broadcast(FLOATS, w[p + 4]);
            a4 = factor.fma(xa, a4);
            b4 = factor.fma(xb, b4);
            factor = FloatVector.broadcast(FLOATS, w[p + 5]);
            a5 = factor.fma(xa, a5);
            b5 = factor.fma(xb, b5);
            q += PANEL;
        }
        a0.intoArray(out, outAt);
        b0.intoArray(out, outAt + LENGTH);
        a1.intoArray(out, outAt + outStep);
        b1.intoArray(out, outAt + outStep + LENGTH);
        a2.intoArray(out, outAt + 2 * outStep);
        b2.intoArray(out, outAt + 2 * outStep + LENGTH);
        a3.intoArray(out, outAt + 3 * outStep);
        b3.intoArray(out, outAt + 3 * outStep + LENGTH);
        a4.intoArray(out, outAt + 4 * outStep);
        b4.intoArray(out, outAt + 4 * outStep + LENGTH);
        a5.intoArray(out, outAt + 5 * outStep);
        b5.intoArray(out, outAt + 5 * outStep + LENGTH);
    }

    /** Five rows by two vectors, with 16 registers. */
    private static void fiveRows(
            int terms,
            float[] w,
            int wAt,
            float[] x,
            int xAt,
            float[] start,
            int startAt,
            int startStep,
            float[] out,
            int outAt,
            int outStep) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, start, startAt);
        FloatVector b0 = FloatVector.fromArray(FLOATS, start, startAt + LENGTH);
        FloatVector a1 = FloatVector.fromArray(FLOATS, start, startAt + startStep);
        FloatVector b1 = FloatVector.fromArray(FLOATS, start, startAt + startStep + LENGTH);
        FloatVector a2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * startStep);
        FloatVector b2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * startStep + LENGTH);
        FloatVector a3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * startStep);
        FloatVector b3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * startStep + LENGTH);
        FloatVector a4 = FloatVector.fromArray(FLOATS, start, startAt + 4 * startStep);
        FloatVector b4 = FloatVector.fromArray(FLOATS, start, startAt + 4 * startStep + LENGTH);
        int q = xAt;
        int end = wAt + terms * ROWS;
        for (int p = wAt; p < end; p += ROWS) {
            FloatVector xa = FloatVector.fromArray(FLOATS, x, q);
            FloatVector xb = FloatVector.fromArray(FLOATS, x, q + LENGTH);
            FloatVector factor = FloatVector.broadcast(FLOATS, w[p]);
            a0 = factor.fma(xa, a0);
            b0 = factor.fma(xb, b0);
            factor = FloatVector.broadcast(FLOATS, w[p + 1]);
            a1 = factor.fma(xa, a1);
            b1 = factor.fma(xb, b1);
            factor = FloatVector.broadcast(FLOATS, w[p + 2]);
            a2 = factor.fma(xa, a2);
            b2 = factor.fma(xb, b2);
            factor = FloatVector.broadcast(FLOATS, w[p + 3]);
            a3 = factor.fma(xa, a3);
            b3 = factor.fma(xb, b3);
            factor = FloatVector.broadcast(FLOATS, w[p + 4]);
            a4 = factor.fma(xa, a4);
            b4 = factor.fma(xb, b4);
            q += PANEL;
        }
        a0.intoArray(out, outAt);
        b0.intoArray(out, outAt + LENGTH);
        a1.intoArray(out, outAt + outStep);
        b1.intoArray(out, outAt + outStep + LENGTH);
        a2.intoArray(out, outAt + 2 * outStep);
        b2.intoArray(out, outAt + 2 * outStep + LENGTH);
        a3.intoArray(out, outAt + 3 * outStep);
        b3.intoArray(out, outAt + 3 * outStep + LENGTH);
        a4.intoArray(out, outAt + 4 * outStep);
        b4.intoArray(out, outAt + 4 * outStep + LENGTH);
    }

    /**
     * Adds inner products by lanes: lanes[r, t] += sum over i of d[i, r] * x[i, t], each sum from zero on.
     *
     * @param d column b of row r of element i is at dAt + (i * DOT_ROWS + r) * PANEL + b
     * @param x column b of row t of element i is at xAt + (i * DOT_TERMS + t) * PANEL + b
     * @param lanes lane b of (r, t) is at lanesAt + (r * DOT_TERMS + t) * PANEL + b
     */
    static void addDots(int count, float[] d, int dAt, float[] x, int xAt, float[] lanes, int lanesAt) {
        if (LENGTH == 16) {
            allLanes(count, d, dAt, x, xAt, lanes, lanesAt);
            return;
        }
        for (int b = 0; b < PANEL; b += LENGTH) {
            someLanes(count, d, dAt + b, x, xAt + b, lanes, lanesAt + b);
        }
    }

    /** Two vectors of lanes of each sum, with 32 registers. */
    private static void allLanes(int count, float[] d, int dAt, float[] x, int xAt, float[] lanes, int lanesAt) {
        FloatVector a00 = FloatVector.zero(FLOATS);
        FloatVector b00 = a00;
        FloatVector a01 = a00;
        FloatVector b01 = a00;
        FloatVector a02 = a00;
        FloatVector b02 = a00;
        FloatVector a10 = a00;
        FloatVector b10 = a00;
        FloatVector a11 = a00;
        FloatVector b11 = a00;
        FloatVector a12 = a00;
        FloatVector b12 = a00;
        FloatVector a20 = a00;
        FloatVector b20 = a00;
        FloatVector a21 = a00;
        FloatVector b21 = a00;
        FloatVector a22 = a00;
        FloatVector b22 = a00;
        FloatVector a30 = a00;
        FloatVector b30 = a00;
        FloatVector a31 = a00;
        FloatVector b31 = a00;
        FloatVector a32 = a00;
        FloatVector b32 = a00;
        int p = dAt;
        int end = xAt + count * DOT_TERMS * PANEL;
        for (int q = xAt; q < end; q += DOT_TERMS * PANEL) {
            FloatVector xa0 = FloatVector.fromArray(FLOATS, x, q);
            FloatVector xa1 = FloatVector.fromArray(FLOATS, x, q + PANEL);
            FloatVector xa2 = FloatVector.fromArray(FLOATS, x, q + 2 * PANEL);
            FloatVector da0 = FloatVector.fromArray(FLOATS, d, p);
            a00 = da0.fma(xa0, a00);
            a01 = da0.fma(xa1, a01);
            a02 = da0.fma(xa2, a02);
            FloatVector da1 = FloatVector.fromArray(FLOATS, d, p + PANEL);
            a10 = da1.fma(xa0, a10);
            a11 = da1.fma(xa1, a11);
            a12 = da1.fma(xa2, a12);
            FloatVector da2 = FloatVector.fromArray(FLOATS, d, p + 2 * PANEL);
            a20 = da2.fma(xa0, a20);
            a21 = da2.fma(xa1, a21);
            a22 = da2.fma(xa2, a22);
            FloatVector da3 = FloatVector.fromArray(FLOATS, d, p + 3 * PANEL);
            a30 = da3.fma(xa0, a30);
            a31 = da3.fma(xa1, a31);
            a32 = da3.fma(xa2, a32);
            FloatVector xb0 = FloatVector.fromArray(FLOATS, x, q + LENGTH);
            FloatVector xb1 = FloatVector.fromArray(FLOATS, x, q + PANEL + LENGTH);
            FloatVector xb2 = FloatVector.fromArray(FLOATS, x, q + 2 * PANEL + LENGTH);
            FloatVector db0 = FloatVector.fromArray(FLOATS, d, p + LENGTH);
            b00 = db0.fma(xb0, b00);
            b01 = db0.fma(xb1, b01);
            b02 = db0.fma(xb2, b02);
            FloatVector db1 = FloatVector.fromArray(FLOATS, d, p + PANEL + LENGTH);
            b10 = db1.fma(xb0, b10);
            b11 = db1.fma(xb1, b11);
            b12 = db1.fma(xb2, b12);
            FloatVector db2 = FloatVector.fromArray(FLOATS, d, p + 2 * PANEL + LENGTH);
            b20 = db2.fma(xb0, b20);
            b21 = db2.fma(xb1, b21);
            b22 = db2.fma(xb2, b22);
            FloatVector db3 = FloatVector.fromArray(FLOATS, d, p + 3 * PANEL + LENGTH);
            b30 = db3.fma(xb0, b30);
            b31 = db3.fma(xb1, b31);
            b32 = db3.fma(xb2, b32);
            p += DOT_ROWS * PANEL;
        }
        FloatVector.fromArray(FLOATS, lanes, lanesAt).add(a00).intoArray(lanes, lanesAt);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + LENGTH).add(b00).intoArray(lanes, lanesAt + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + PANEL).add(a01).intoArray(lanes, lanesAt + PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + PANEL + LENGTH)
                .add(b01)
                .intoArray(lanes, lanesAt + PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 2 * PANEL).add(a02).intoArray(lanes, lanesAt + 2 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 2 * PANEL + LENGTH)
                .add(b02)
                .intoArray(lanes, lanesAt + 2 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 3 * PANEL).add(a10).intoArray(lanes, lanesAt + 3 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 3 * PANEL + LENGTH)
                .add(b10)
                .intoArray(lanes, lanesAt + 3 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 4 * PANEL).add(a11).intoArray(lanes, lanesAt + 4 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 4 * PANEL + LENGTH)
                .add(b11)
                .intoArray(lanes, lanesAt + 4 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 5 * PANEL).add(a12).intoArray(lanes, lanesAt + 5 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 5 * PANEL + LENGTH)
                .add(b12)
                .intoArray(lanes, lanesAt + 5 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 6 * PANEL).add(a20).intoArray(lanes, lanesAt + 6 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 6 * PANEL + LENGTH)
                .add(b20)
                .intoArray(lanes, lanesAt + 6 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 7 * PANEL).add(a21).intoArray(lanes, lanesAt + 7 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 7 * PANEL + LENGTH)
                .add(b21)
                .intoArray(lanes, lanesAt + 7 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 8 * PANEL).add(a22).intoArray(lanes, lanesAt + 8 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 8 * PANEL + LENGTH)
                .add(b22)
                .intoArray(lanes, lanesAt + 8 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 9 * PANEL).add(a30).intoArray(lanes, lanesAt + 9 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 9 * PANEL + LENGTH)
                .add(b30)
                .intoArray(lanes, lanesAt + 9 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 10 * PANEL).add(a31).intoArray(lanes, lanesAt + 10 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 10 * PANEL + LENGTH)
                .add(b31)
                .intoArray(lanes, lanesAt + 10 * PANEL + LENGTH);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 11 * PANEL).add(a32).intoArray(lanes, lanesAt + 11 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 11 * PANEL + LENGTH)
                .add(b32)
                .intoArray(lanes, lanesAt + 11 * PANEL + LENGTH);
    }

    /** One vector of lanes of each sum, with 16 registers. */
    private static void someLanes(int count, float[] d, int dAt, float[] x, int xAt, float[] lanes, int lanesAt) {
        FloatVector a00 = FloatVector.zero(FLOATS);
        FloatVector a01 = a00;
        FloatVector a02 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a20 = a00;
        FloatVector a21 = a00;
        FloatVector a22 = a00;
        FloatVector a30 = a00;
        FloatVector a31 = a00;
        FloatVector a32 = a00;
        int p = dAt;
        int end = xAt + count * DOT_TERMS * PANEL;
        for (int q = xAt; q < end; q += DOT_TERMS * PANEL) {
            FloatVector xa0 = FloatVector.fromArray(FLOATS, x, q);
            FloatVector xa1 = FloatVector.fromArray(FLOATS, x, q + PANEL);
            FloatVector xa2 = FloatVector.fromArray(FLOATS, x, q + 2 * PANEL);
            FloatVector da0 = FloatVector.fromArray(FLOATS, d, p);
            a00 = da0.fma(xa0, a00);
            a01 = da0.fma(xa1, a01);
            a02 = da0.fma(xa2, a02);
            FloatVector da1 = FloatVector.fromArray(FLOATS, d, p + PANEL);
            a10 = da1.fma(xa0, a10);
            a11 = da1.fma(xa1, a11);
            a12 = da1.fma(xa2, a12);
            FloatVector da2 = FloatVector.fromArray(FLOATS, d, p + 2 * PANEL);
            a20 = da2.fma(xa0, a20);
            a21 = da2.fma(xa1, a21);
            a22 = da2.fma(xa2, a22);
            FloatVector da3 = FloatVector.fromArray(FLOATS, d, p + 3 * PANEL);
            a30 = da3.fma(xa0, a30);
            a31 = da3.fma(xa1, a31);
            a32 = da3.fma(xa2, a32);
            p += DOT_ROWS * PANEL;
        }
        FloatVector.fromArray(FLOATS, lanes, lanesAt).add(a00).intoArray(lanes, lanesAt);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + PANEL).add(a01).intoArray(lanes, lanesAt + PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 2 * PANEL).add(a02).intoArray(lanes, lanesAt + 2 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 3 * PANEL).add(a10).intoArray(lanes, lanesAt + 3 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 4 * PANEL).add(a11).intoArray(lanes, lanesAt + 4 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 5 * PANEL).add(a12).intoArray(lanes, lanesAt + 5 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 6 * PANEL).add(a20).intoArray(lanes, lanesAt + 6 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 7 * PANEL).add(a21).intoArray(lanes, lanesAt + 7 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 8 * PANEL).add(a22).intoArray(lanes, lanesAt + 8 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 9 * PANEL).add(a30).intoArray(lanes, lanesAt + 9 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 10 * PANEL).add(a31).intoArray(lanes, lanesAt + 10 * PANEL);
        FloatVector.fromArray(FLOATS, lanes, lanesAt + 11 * PANEL).add(a32).intoArray(lanes, lanesAt + 11 * PANEL);
    }
}

package coppice.backend.cpu.vector;

import coppice.backend.cpu.ConvolutionKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The innermost loops of convolutions: tiles of sums that stay in registers, over factors packed in the order of use.
 *
 * <p>The compiler keeps all sums in registers because a loop runs over one factor's index and moves the other's along;
 * with both worked out from a count it copies a third of the sums each time round. Two loops, one in the other, would
 * make every sum an object.
 */
final class VectorTileKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;

    /** Batch columns of a panel. */
    static final int PANEL = 32;

    /** Rows of packed weights. */
    static final int ROWS = ConvolutionKernels.TILE;

    /** Rows of gradients in a tile of inner products. */
    static final int DOT_ROWS = 8;

    /** Rows of pixels in a tile of inner products. */
    static final int DOT_TERMS = 3;

    /** Batch columns of a tile of inner products: half a panel. */
    static final int HALF = PANEL / 2;

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
     * Adds inner products by lanes: lanes[r, t] = start[r, t] + sum over i of d[i, r] * x[i, t], each sum from zero on.
     *
     * <p>Elements of x lie in rows: one every {@code step} floats for {@code row} floats, and {@code pitch} floats from
     * the first of a row to the first of the next. Elements may overlap.
     *
     * @param d column b of row r of element i is at dAt + (i * DOT_ROWS + r) * HALF + b
     * @param x column b of row t of an element is t * HALF + b after its beginning, the first of which is xAt
     * @param start lane b of (r, t) is at startAt + (r * DOT_TERMS + t) * HALF + b
     * @param lanes likewise
     */
    static void addDots(
            int count,
            float[] d,
            int dAt,
            float[] x,
            int xAt,
            int step,
            int row,
            int pitch,
            float[] start,
            int startAt,
            float[] lanes,
            int lanesAt) {
        if (LENGTH == 16) {
            eightDotRows(count, d, dAt, x, xAt, step, row, pitch, start, startAt, lanes, lanesAt);
            return;
        }
        for (int r = 0; r < DOT_ROWS; r += 4) {
            for (int b = 0; b < HALF; b += LENGTH) {
                int sum = r * DOT_TERMS * HALF + b;
                fourDotRows(
                        count,
                        d,
                        dAt + r * HALF + b,
                        x,
                        xAt + b,
                        step,
                        row,
                        pitch,
                        start,
                        startAt + sum,
                        lanes,
                        lanesAt + sum);
            }
        }
    }

    /** Eight rows by three, one vector of lanes each, with 32 registers. */
    private static void eightDotRows(
            int count,
            float[] d,
            int dAt,
            float[] x,
            int xAt,
            int step,
            int row,
            int pitch,
            float[] start,
            int startAt,
            float[] lanes,
            int lanesAt) {
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
        FloatVector a40 = a00;
        FloatVector a41 = a00;
        FloatVector a42 = a00;
        FloatVector a50 = a00;
        FloatVector a51 = a00;
        FloatVector a52 = a00;
        FloatVector a60 = a00;
        FloatVector a61 = a00;
        FloatVector a62 = a00;
        FloatVector a70 = a00;
        FloatVector a71 = a00;
        FloatVector a72 = a00;
        int q = xAt;
        int rowEnd = xAt + row;
        int end = dAt + count * DOT_ROWS * HALF;
        for (int p = dAt; p < end; p += DOT_ROWS * HALF) {
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, q);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, q + HALF);
            FloatVector x2 = FloatVector.fromArray(FLOATS, x, q + 2 * HALF);
            FloatVector d0 = FloatVector.fromArray(FLOATS, d, p);
            a00 = d0.fma(x0, a00);
            a01 = d0.fma(x1, a01);
            a02 = d0.fma(x2, a02);
            FloatVector d1 = FloatVector.fromArray(FLOATS, d, p + HALF);
            a10 = d1.fma(x0, a10);
            a11 = d1.fma(x1, a11);
            a12 = d1.fma(x2, a12);
            FloatVector d2 = FloatVector.fromArray(FLOATS, d, p + 2 * HALF);
            a20 = d2.fma(x0, a20);
            a21 = d2.fma(x1, a21);
            a22 = d2.fma(x2, a22);
            FloatVector d3 = FloatVector.fromArray(FLOATS, d, p + 3 * HALF);
            a30 = d3.fma(x0, a30);
            a31 = d3.fma(x1, a31);
            a32 = d3.fma(x2, a32);
            FloatVector d4 = FloatVector.fromArray(FLOATS, d, p + 4 * HALF);
            a40 = d4.fma(x0, a40);
            a41 = d4.fma(x1, a41);
            a42 = d4.fma(x2, a42);
            FloatVector d5 = FloatVector.fromArray(FLOATS, d, p + 5 * HALF);
            a50 = d5.fma(x0, a50);
            a51 = d5.fma(x1, a51);
            a52 = d5.fma(x2, a52);
            FloatVector d6 = FloatVector.fromArray(FLOATS, d, p + 6 * HALF);
            a60 = d6.fma(x0, a60);
            a61 = d6.fma(x1, a61);
            a62 = d6.fma(x2, a62);
            FloatVector d7 = FloatVector.fromArray(FLOATS, d, p + 7 * HALF);
            a70 = d7.fma(x0, a70);
            a71 = d7.fma(x1, a71);
            a72 = d7.fma(x2, a72);
            q += step;
            if (q == rowEnd) {
                q += pitch - row;
                rowEnd += pitch;
            }
        }
        FloatVector.fromArray(FLOATS, start, startAt).add(a00).intoArray(lanes, lanesAt);
        FloatVector.fromArray(FLOATS, start, startAt + HALF).add(a01).intoArray(lanes, lanesAt + HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 2 * HALF).add(a02).intoArray(lanes, lanesAt + 2 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 3 * HALF).add(a10).intoArray(lanes, lanesAt + 3 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 4 * HALF).add(a11).intoArray(lanes, lanesAt + 4 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 5 * HALF).add(a12).intoArray(lanes, lanesAt + 5 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 6 * HALF).add(a20).intoArray(lanes, lanesAt + 6 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 7 * HALF).add(a21).intoArray(lanes, lanesAt + 7 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 8 * HALF).add(a22).intoArray(lanes, lanesAt + 8 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 9 * HALF).add(a30).intoArray(lanes, lanesAt + 9 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 10 * HALF).add(a31).intoArray(lanes, lanesAt + 10 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 11 * HALF).add(a32).intoArray(lanes, lanesAt + 11 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 12 * HALF).add(a40).intoArray(lanes, lanesAt + 12 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 13 * HALF).add(a41).intoArray(lanes, lanesAt + 13 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 14 * HALF).add(a42).intoArray(lanes, lanesAt + 14 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 15 * HALF).add(a50).intoArray(lanes, lanesAt + 15 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 16 * HALF).add(a51).intoArray(lanes, lanesAt + 16 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 17 * HALF).add(a52).intoArray(lanes, lanesAt + 17 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 18 * HALF).add(a60).intoArray(lanes, lanesAt + 18 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 19 * HALF).add(a61).intoArray(lanes, lanesAt + 19 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 20 * HALF).add(a62).intoArray(lanes, lanesAt + 20 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 21 * HALF).add(a70).intoArray(lanes, lanesAt + 21 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 22 * HALF).add(a71).intoArray(lanes, lanesAt + 22 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 23 * HALF).add(a72).intoArray(lanes, lanesAt + 23 * HALF);
    }

    /** Four rows by three, one vector of lanes each, with 16 registers. */
    private static void fourDotRows(
            int count,
            float[] d,
            int dAt,
            float[] x,
            int xAt,
            int step,
            int row,
            int pitch,
            float[] start,
            int startAt,
            float[] lanes,
            int lanesAt) {
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
        int q = xAt;
        int rowEnd = xAt + row;
        int end = dAt + count * DOT_ROWS * HALF;
        for (int p = dAt; p < end; p += DOT_ROWS * HALF) {
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, q);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, q + HALF);
            FloatVector x2 = FloatVector.fromArray(FLOATS, x, q + 2 * HALF);
            FloatVector d0 = FloatVector.fromArray(FLOATS, d, p);
            a00 = d0.fma(x0, a00);
            a01 = d0.fma(x1, a01);
            a02 = d0.fma(x2, a02);
            FloatVector d1 = FloatVector.fromArray(FLOATS, d, p + HALF);
            a10 = d1.fma(x0, a10);
            a11 = d1.fma(x1, a11);
            a12 = d1.fma(x2, a12);
            FloatVector d2 = FloatVector.fromArray(FLOATS, d, p + 2 * HALF);
            a20 = d2.fma(x0, a20);
            a21 = d2.fma(x1, a21);
            a22 = d2.fma(x2, a22);
            FloatVector d3 = FloatVector.fromArray(FLOATS, d, p + 3 * HALF);
            a30 = d3.fma(x0, a30);
            a31 = d3.fma(x1, a31);
            a32 = d3.fma(x2, a32);
            q += step;
            if (q == rowEnd) {
                q += pitch - row;
                rowEnd += pitch;
            }
        }
        FloatVector.fromArray(FLOATS, start, startAt).add(a00).intoArray(lanes, lanesAt);
        FloatVector.fromArray(FLOATS, start, startAt + HALF).add(a01).intoArray(lanes, lanesAt + HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 2 * HALF).add(a02).intoArray(lanes, lanesAt + 2 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 3 * HALF).add(a10).intoArray(lanes, lanesAt + 3 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 4 * HALF).add(a11).intoArray(lanes, lanesAt + 4 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 5 * HALF).add(a12).intoArray(lanes, lanesAt + 5 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 6 * HALF).add(a20).intoArray(lanes, lanesAt + 6 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 7 * HALF).add(a21).intoArray(lanes, lanesAt + 7 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 8 * HALF).add(a22).intoArray(lanes, lanesAt + 8 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 9 * HALF).add(a30).intoArray(lanes, lanesAt + 9 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 10 * HALF).add(a31).intoArray(lanes, lanesAt + 10 * HALF);
        FloatVector.fromArray(FLOATS, start, startAt + 11 * HALF).add(a32).intoArray(lanes, lanesAt + 11 * HALF);
    }
}

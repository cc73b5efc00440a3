package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.SparseKernels;
import coppice.matrix.CsrPattern;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Inner products by 32 lanes, several connections of a row at once so that the row of dz is loaded once for all.
 *
 * <p>The lanes are folded in registers: two vectors, blended one way and the other, fold in one sum.
 */
final class VectorDots implements SparseKernels.Dots {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final VectorShuffle<Float> SWAP_8 = swap(8);
    private static final VectorShuffle<Float> SWAP_4 = swap(4);
    private static final VectorShuffle<Float> SWAP_2 = swap(2);
    private static final VectorShuffle<Float> SWAP_1 = swap(1);
    private static final VectorMask<Float> UPPER_8 = upper(8);
    private static final VectorMask<Float> UPPER_4 = upper(4);
    private static final VectorMask<Float> UPPER_2 = upper(2);
    private static final VectorMask<Float> UPPER_1 = upper(1);
    private static final FloatVector LANE_NUMBERS = FloatVector.zero(FLOATS).addIndex(1);

    /** Lane c takes lane (c mod 4) * 4 + c / 4: the transpose of 4 by 4 lanes. */
    private static final VectorShuffle<Float> ORDER =
            VectorShuffle.fromOp(FLOATS, lane -> ((lane & 3) * 4 + (lane >> 2)) & (LENGTH - 1));

    private final float[] partial = new float[64];
    private final float[] lanes = new float[Lanes.COUNT];

    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) & (LENGTH - 1));
    }

    private static VectorMask<Float> upper(int bit) {
        boolean[] set = new boolean[LENGTH];
        for (int lane = 0; lane < LENGTH; lane++) {
            set[lane] = (lane & bit) != 0;
        }
        return VectorMask.fromArray(FLOATS, set, 0);
    }

    @Override
    public void row(
            CsrPattern pattern,
            CpuTensor dz,
            CpuTensor x,
            int batch,
            int row,
            int from,
            int to,
            float[] out,
            int outAt) {
        int[] columns = pattern.columnIndices();
        int dzAt = dz.at(row);
        int whole = batch - batch % Lanes.COUNT;
        if (LENGTH == 16 ? CpuTensor.columnGroup(dz, x) < Lanes.COUNT : whole == 0) {
            for (int k = from; k < to; k++) {
                out[outAt + k - from] = shortDot(dz.data(), dzAt, x.data(), x.at(columns[k]), batch);
            }
            return;
        }
        if (LENGTH == 16) {
            for (int k = from; k < to; k += 16) {
                sixteen(dz.data(), dzAt, x, columns, k, to, batch);
                intoOrder(out, outAt + k - from);
            }
            return;
        }
        int k = from;
        for (; whole == batch && k + 2 <= to; k += 2) {
            pair(dz.data(), dzAt, x, columns, k, whole);
            out[outAt + k - from] = partial[0];
            out[outAt + k - from + 1] = partial[4];
        }
        for (; k < to; k++) {
            out[outAt + k - from] = dot(dz.data(), dzAt, x.data(), x.at(columns[k]), batch, whole);
        }
    }

    /** Sums of up to 16 connections, four to a vector; past the last one it is taken again. */
    private void sixteen(float[] d, int dAt, CpuTensor x, int[] columns, int k, int to, int batch) {
        int last = to - 1;
        for (int i = 0; i < 16 && k + i < to; i += 4) {
            int x0 = x.at(columns[k + i]);
            int x1 = x.at(columns[Math.min(k + i + 1, last)]);
            int x2 = x.at(columns[Math.min(k + i + 2, last)]);
            int x3 = x.at(columns[Math.min(k + i + 3, last)]);
            quad(d, dAt, x.data(), x0, x1, x2, x3, batch, i * 4);
        }
    }

    /** Folds four vectors of four connections each and writes the 16 sums in order. */
    private void intoOrder(float[] out, int outAt) {
        FloatVector sum0 = FloatVector.fromArray(FLOATS, partial, 0);
        FloatVector sum1 = FloatVector.fromArray(FLOATS, partial, 16);
        FloatVector sum2 = FloatVector.fromArray(FLOATS, partial, 32);
        FloatVector sum3 = FloatVector.fromArray(FLOATS, partial, 48);
        FloatVector even =
                sum0.blend(sum2, UPPER_2).add(sum2.blend(sum0, UPPER_2).rearrange(SWAP_2));
        FloatVector odd =
                sum1.blend(sum3, UPPER_2).add(sum3.blend(sum1, UPPER_2).rearrange(SWAP_2));
        FloatVector sums = even.blend(odd, UPPER_1).add(odd.blend(even, UPPER_1).rearrange(SWAP_1));
        sums.rearrange(ORDER).intoArray(out, outAt);
    }

    /** Four connections with vectors of 16, folded to four lanes each: connection i in lanes 4 i to 4 i + 3. */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private void quad(float[] d, int dAt, float[] xs, int x0, int x1, int x2, int x3, int batch, int to) {
        FloatVector low0 = FloatVector.zero(FLOATS);
        FloatVector low1 = low0;
        FloatVector low2 = low0;
        FloatVector low3 = low0;
        FloatVector high0 = low0;
        FloatVector high1 = low0;
        FloatVector high2 = low0;
        FloatVector high3 = low0;
        int b = 0;
        for (; b + 32 <= batch; b += 32) {
            FloatVector dLow = FloatVector.fromArray(FLOATS, d, dAt + b);
            FloatVector dHigh = FloatVector.fromArray(FLOATS, d, dAt + b + 16);
            low0 = dLow.fma(FloatVector.fromArray(FLOATS, xs, x0 + b), low0);
            high0 = dHigh.fma(FloatVector.fromArray(FLOATS, xs, x0 + b + 16), high0);
            low1 = dLow.fma(FloatVector.fromArray(FLOATS, xs, x1 + b), low1);
            high1 = dHigh.fma(FloatVector.fromArray(FLOATS, xs, x1 + b + 16), high1);
            low2 = dLow.fma(FloatVector.fromArray(FLOATS, xs, x2 + b), low2);
            high2 = dHigh.fma(FloatVector.fromArray(FLOATS, xs, x2 + b + 16), high2);
            low3 = dLow.fma(FloatVector.fromArray(FLOATS, xs, x3 + b), low3);
            high3 = dHigh.fma(FloatVector.fromArray(FLOATS, xs, x3 + b + 16), high3);
        }
        if (b < batch) { // lanes past the batch must not take a term: what lies there is left from other batches
            VectorMask<Float> inLow = LANE_NUMBERS.compare(VectorOperators.LT, (float) (batch - b));
            VectorMask<Float> inHigh = LANE_NUMBERS.compare(VectorOperators.LT, (float) (batch - b - 16));
            FloatVector dLow = FloatVector.fromArray(FLOATS, d, dAt + b);
            FloatVector dHigh = FloatVector.fromArray(FLOATS, d, dAt + b + 16);
            low0 = low0.blend(dLow.fma(FloatVector.fromArray(FLOATS, xs, x0 + b), low0), inLow);
            high0 = high0.blend(dHigh.fma(FloatVector.fromArray(FLOATS, xs, x0 + b + 16), high0), inHigh);
            low1 = low1.blend(dLow.fma(FloatVector.fromArray(FLOATS, xs, x1 + b), low1), inLow);
            high1 = high1.blend(dHigh.fma(FloatVector.fromArray(FLOATS, xs, x1 + b + 16), high1), inHigh);
            low2 = low2.blend(dLow.fma(FloatVector.fromArray(FLOATS, xs, x2 + b), low2), inLow);
            high2 = high2.blend(dHigh.fma(FloatVector.fromArray(FLOATS, xs, x2 + b + 16), high2), inHigh);
            low3 = low3.blend(dLow.fma(FloatVector.fromArray(FLOATS, xs, x3 + b), low3), inLow);
            high3 = high3.blend(dHigh.fma(FloatVector.fromArray(FLOATS, xs, x3 + b + 16), high3), inHigh);
        }
        low0 = low0.add(high0);
        low1 = low1.add(high1);
        low2 = low2.add(high2);
        low3 = low3.add(high3);
        FloatVector even =
                low0.blend(low2, UPPER_8).add(low2.blend(low0, UPPER_8).rearrange(SWAP_8));
        FloatVector odd =
                low1.blend(low3, UPPER_8).add(low3.blend(low1, UPPER_8).rearrange(SWAP_8));
        even.blend(odd, UPPER_4).add(odd.blend(even, UPPER_4).rearrange(SWAP_4)).intoArray(partial, to);
    }

    /** Two connections with vectors of 8; the sums land in partial[0] and [4]. */
    private void pair(float[] d, int dAt, CpuTensor x, int[] columns, int k, int batch) {
        float[] xs = x.data();
        int x0 = x.at(columns[k]);
        int x1 = x.at(columns[k + 1]);
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        for (int b = 0; b < batch; b += 32) {
            FloatVector d0 = FloatVector.fromArray(FLOATS, d, dAt + b);
            FloatVector d1 = FloatVector.fromArray(FLOATS, d, dAt + b + 8);
            FloatVector d2 = FloatVector.fromArray(FLOATS, d, dAt + b + 16);
            FloatVector d3 = FloatVector.fromArray(FLOATS, d, dAt + b + 24);
            a0 = d0.fma(FloatVector.fromArray(FLOATS, xs, x0 + b), a0);
            a1 = d1.fma(FloatVector.fromArray(FLOATS, xs, x0 + b + 8), a1);
            a2 = d2.fma(FloatVector.fromArray(FLOATS, xs, x0 + b + 16), a2);
            a3 = d3.fma(FloatVector.fromArray(FLOATS, xs, x0 + b + 24), a3);
            b0 = d0.fma(FloatVector.fromArray(FLOATS, xs, x1 + b), b0);
            b1 = d1.fma(FloatVector.fromArray(FLOATS, xs, x1 + b + 8), b1);
            b2 = d2.fma(FloatVector.fromArray(FLOATS, xs, x1 + b + 16), b2);
            b3 = d3.fma(FloatVector.fromArray(FLOATS, xs, x1 + b + 24), b3);
        }
        FloatVector first = a0.add(a2).add(a1.add(a3));
        FloatVector second = b0.add(b2).add(b1.add(b3));
        FloatVector both =
                first.blend(second, UPPER_4).add(second.blend(first, UPPER_4).rearrange(SWAP_4));
        both = both.add(both.rearrange(SWAP_2));
        both.add(both.rearrange(SWAP_1)).intoArray(partial, 0);
    }

    /** One connection, any batch of at least 32: whole groups by vectors, the rest lane by lane. */
    private float dot(float[] d, int dAt, float[] xs, int xAt, int batch, int whole) {
        for (int lane = 0; lane < Lanes.COUNT; lane += LENGTH) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int b = lane; b < whole; b += Lanes.COUNT) {
                sum = FloatVector.fromArray(FLOATS, d, dAt + b).fma(FloatVector.fromArray(FLOATS, xs, xAt + b), sum);
            }
            sum.intoArray(lanes, lane);
        }
        for (int b = whole; b < batch; b++) {
            lanes[b - whole] = Math.fma(d[dAt + b], xs[xAt + b], lanes[b - whole]);
        }
        return Lanes.fold(lanes);
    }

    /** One connection, a batch under 32: only the lanes in use are folded. */
    private float shortDot(float[] d, int dAt, float[] xs, int xAt, int batch) {
        if (batch == 1) {
            return Math.fma(d[dAt], xs[xAt], 0f) + 0f;
        }
        if (batch == 2) { // adding zero is what folding with an empty lane does to a negative zero
            float first = Math.fma(d[dAt], xs[xAt], 0f) + 0f;
            return first + (Math.fma(d[dAt + 1], xs[xAt + 1], 0f) + 0f);
        }
        int used = Integer.highestOneBit(batch - 1) << 1;
        float empty = used < Lanes.COUNT ? 0f : -0f;
        for (int b = 0; b < batch; b++) {
            lanes[b] = Math.fma(d[dAt + b], xs[xAt + b], 0f) + empty;
        }
        Arrays.fill(lanes, batch, used, 0f);
        for (int half = used / 2; half > 0; half >>= 1) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[0];
    }
}

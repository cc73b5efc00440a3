package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.SparseKernels;
import coppice.matrix.CsrPattern;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Inner products by 32 lanes, several connections of a row at once so that the row of dz is loaded once for all.
 *
 * <p>The lanes are folded in registers: two vectors are blended so that one sum folds both.
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

    private final float[] folded = new float[16];
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
        if (whole == 0) {
            for (int k = from; k < to; k++) {
                out[outAt + k - from] = shortDot(dz.data(), dzAt, x.data(), x.at(columns[k]), batch);
            }
            return;
        }
        int k = from;
        if (whole == batch && LENGTH == 16) {
            for (; k + 4 <= to; k += 4) {
                quad(dz.data(), dzAt, x, columns, k, whole);
                int o = outAt + k - from;
                out[o] = folded[0];
                out[o + 1] = folded[4];
                out[o + 2] = folded[8];
                out[o + 3] = folded[12];
            }
        } else if (whole == batch) {
            for (; k + 2 <= to; k += 2) {
                pair(dz.data(), dzAt, x, columns, k, whole);
                int o = outAt + k - from;
                out[o] = folded[0];
                out[o + 1] = folded[4];
            }
        }
        for (; k < to; k++) {
            out[outAt + k - from] = dot(dz.data(), dzAt, x.data(), x.at(columns[k]), batch, whole);
        }
    }

    private static FloatVector load(float[] data, int at) {
        return FloatVector.fromArray(FLOATS, data, at);
    }

    /** Folds a by {@code distance} into the lower lanes of each pair of groups and b into the upper ones. */
    private static FloatVector fold(FloatVector a, FloatVector b, VectorMask<Float> upper, VectorShuffle<Float> swap) {
        return a.blend(b, upper).add(b.blend(a, upper).rearrange(swap));
    }

    private static FloatVector foldLast(FloatVector sums) {
        FloatVector pairs = sums.add(sums.rearrange(SWAP_2));
        return pairs.add(pairs.rearrange(SWAP_1));
    }

    /** Four connections with vectors of 16; the sums land in folded[0], [4], [8], [12]. */
    private void quad(float[] d, int dAt, CpuTensor x, int[] columns, int k, int batch) {
        float[] xs = x.data();
        int x0 = x.at(columns[k]);
        int x1 = x.at(columns[k + 1]);
        int x2 = x.at(columns[k + 2]);
        int x3 = x.at(columns[k + 3]);
        FloatVector low0 = FloatVector.zero(FLOATS);
        FloatVector low1 = low0;
        FloatVector low2 = low0;
        FloatVector low3 = low0;
        FloatVector high0 = low0;
        FloatVector high1 = low0;
        FloatVector high2 = low0;
        FloatVector high3 = low0;
        for (int b = 0; b < batch; b += 32) {
            FloatVector dLow = load(d, dAt + b);
            FloatVector dHigh = load(d, dAt + b + 16);
            low0 = dLow.fma(load(xs, x0 + b), low0);
            high0 = dHigh.fma(load(xs, x0 + b + 16), high0);
            low1 = dLow.fma(load(xs, x1 + b), low1);
            high1 = dHigh.fma(load(xs, x1 + b + 16), high1);
            low2 = dLow.fma(load(xs, x2 + b), low2);
            high2 = dHigh.fma(load(xs, x2 + b + 16), high2);
            low3 = dLow.fma(load(xs, x3 + b), low3);
            high3 = dHigh.fma(load(xs, x3 + b + 16), high3);
        }
        FloatVector even = fold(low0.add(high0), low2.add(high2), UPPER_8, SWAP_8);
        FloatVector odd = fold(low1.add(high1), low3.add(high3), UPPER_8, SWAP_8);
        foldLast(fold(even, odd, UPPER_4, SWAP_4)).intoArray(folded, 0);
    }

    /** Two connections with vectors of 8; the sums land in folded[0] and [4]. */
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
            FloatVector d0 = load(d, dAt + b);
            FloatVector d1 = load(d, dAt + b + 8);
            FloatVector d2 = load(d, dAt + b + 16);
            FloatVector d3 = load(d, dAt + b + 24);
            a0 = d0.fma(load(xs, x0 + b), a0);
            a1 = d1.fma(load(xs, x0 + b + 8), a1);
            a2 = d2.fma(load(xs, x0 + b + 16), a2);
            a3 = d3.fma(load(xs, x0 + b + 24), a3);
            b0 = d0.fma(load(xs, x1 + b), b0);
            b1 = d1.fma(load(xs, x1 + b + 8), b1);
            b2 = d2.fma(load(xs, x1 + b + 16), b2);
            b3 = d3.fma(load(xs, x1 + b + 24), b3);
        }
        FloatVector first = a0.add(a2).add(a1.add(a3));
        FloatVector second = b0.add(b2).add(b1.add(b3));
        foldLast(fold(first, second, UPPER_4, SWAP_4)).intoArray(folded, 0);
    }

    /** One connection, any batch of at least 32: whole groups by vectors, the rest lane by lane. */
    private float dot(float[] d, int dAt, float[] xs, int xAt, int batch, int whole) {
        for (int lane = 0; lane < Lanes.COUNT; lane += LENGTH) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int b = lane; b < whole; b += Lanes.COUNT) {
                sum = load(d, dAt + b).fma(load(xs, xAt + b), sum);
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

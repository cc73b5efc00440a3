package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.SparseKernels;
import coppice.matrix.CsrPattern;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Inner products by 32 lanes, for the connections of a row of dz one after the other.
 */
final class VectorDots implements SparseKernels.Dots {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final FloatVector LANE_NUMBERS = FloatVector.zero(FLOATS).addIndex(1);
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final IntVector INT_LANES = IntVector.zero(INTS).addIndex(1);

    private static final int BLOCK = 64; // connections whose lanes are kept before they are folded

    /** The lanes of a connection, or of two with vectors of 8, from {@code CpuTensor.BASE} on. */
    private final float[] partial = new float[CpuTensor.BASE + BLOCK * 16];

    private final float[] lanes = new float[2 * Lanes.COUNT];
    private final float[] tail = new float[Lanes.COUNT];
    private final int[] inBatch = new int[Lanes.COUNT]; // -1 or 0

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
        if (CpuTensor.isNarrow(dz, x)) {
            for (int k = from; k < to; k++) {
                out[outAt + k - from] = shortDot(dz.data(), dzAt, x.data(), x.at(columns[k]), batch);
            }
            return;
        }
        if (LENGTH == 16) {
            for (int k = from; k < to; k += BLOCK) {
                int count = Math.min(BLOCK, to - k);
                if (batch == 128) {
                    lanesOf128(dz.data(), dzAt, x.data(), x.stride(), columns, k, count);
                } else if (batch > 96 && batch <= 112) {
                    lanesOf112(dz.data(), dzAt, x.data(), x.stride(), columns, k, count, batch);
                } else if (batch <= Lanes.COUNT) {
                    lanesOfSmall(dz.data(), dzAt, x.data(), x.stride(), columns, k, count, batch);
                } else {
                    lanesOf(dz.data(), dzAt, x.data(), x.stride(), columns, k, count, batch);
                }
                VectorLanes.fold(partial, count, out, outAt + k - from);
            }
            return;
        }
        cutTail(dz.data(), dzAt + whole, batch - whole);
        for (int k = from; k < to; k += 2) {
            pair(dz.data(), dzAt, x, columns[k], columns[Math.min(k + 1, to - 1)], batch);
            out[outAt + k - from] = partial[0];
            out[outAt + k - from + 1] = partial[4]; // past the last one there is slack
        }
    }

    /** Keeps {@code count} factors, under 32: those past the batch become -0 and 0, and adding -0 changes no sum. */
    private void cutTail(float[] d, int at, int count) {
        System.arraycopy(d, at, tail, 0, count);
        Arrays.fill(tail, count, Lanes.COUNT, -0f);
        Arrays.fill(inBatch, 0, count, -1);
        Arrays.fill(inBatch, count, Lanes.COUNT, 0);
    }

    /** The factors of x that belong to {@link #tail}, those past the batch 0. */
    private void cut(float[] x, int xAt, int at) {
        for (int lane = 0; lane < Lanes.COUNT; lane += LENGTH) {
            IntVector bits =
                    (IntVector) FloatVector.fromArray(FLOATS, x, xAt + lane).reinterpretShape(INTS, 0);
            ((FloatVector) bits.and(IntVector.fromArray(INTS, inBatch, lane)).reinterpretShape(FLOATS, 0))
                    .intoArray(lanes, at + lane);
        }
    }

    /** Sixteen lanes of each connection for a batch of 128, whose row of dz stays in registers. */
    private void lanesOf128(float[] d, int dAt, float[] x, int stride, int[] columns, int k, int count) {
        float[] sums = partial;
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector d0 = FloatVector.fromArray(FLOATS, d, dAt);
        FloatVector d1 = FloatVector.fromArray(FLOATS, d, dAt + 16);
        FloatVector d2 = FloatVector.fromArray(FLOATS, d, dAt + 32);
        FloatVector d3 = FloatVector.fromArray(FLOATS, d, dAt + 48);
        FloatVector d4 = FloatVector.fromArray(FLOATS, d, dAt + 64);
        FloatVector d5 = FloatVector.fromArray(FLOATS, d, dAt + 80);
        FloatVector d6 = FloatVector.fromArray(FLOATS, d, dAt + 96);
        FloatVector d7 = FloatVector.fromArray(FLOATS, d, dAt + 112);
        for (int i = 0; i < count; i++) {
            int at = CpuTensor.BASE + columns[k + i] * stride;
            FloatVector low = d0.fma(FloatVector.fromArray(FLOATS, x, at), zero);
            FloatVector high = d1.fma(FloatVector.fromArray(FLOATS, x, at + 16), zero);
            low = d2.fma(FloatVector.fromArray(FLOATS, x, at + 32), low);
            high = d3.fma(FloatVector.fromArray(FLOATS, x, at + 48), high);
            low = d4.fma(FloatVector.fromArray(FLOATS, x, at + 64), low);
            high = d5.fma(FloatVector.fromArray(FLOATS, x, at + 80), high);
            low = d6.fma(FloatVector.fromArray(FLOATS, x, at + 96), low);
            high = d7.fma(FloatVector.fromArray(FLOATS, x, at + 112), high);
            low.add(high).intoArray(sums, CpuTensor.BASE + 16 * i);
        }
    }

    /** Sixteen lanes of each connection for a batch of 97 to 112. */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private void lanesOf112(float[] d, int dAt, float[] x, int stride, int[] columns, int k, int count, int batch) {
        float[] sums = partial;
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector d0 = FloatVector.fromArray(FLOATS, d, dAt);
        FloatVector d1 = FloatVector.fromArray(FLOATS, d, dAt + 16);
        FloatVector d2 = FloatVector.fromArray(FLOATS, d, dAt + 32);
        FloatVector d3 = FloatVector.fromArray(FLOATS, d, dAt + 48);
        FloatVector d4 = FloatVector.fromArray(FLOATS, d, dAt + 64);
        FloatVector d5 = FloatVector.fromArray(FLOATS, d, dAt + 80);
        // What lies past the batch is left from others: its factors become -0 and 0, and adding -0 changes no sum.
        FloatVector d6 = FloatVector.broadcast(FLOATS, -0f)
                .blend(FloatVector.fromArray(FLOATS, d, dAt + 96), LANE_NUMBERS.compare(VectorOperators.LT, (float)
                        (batch - 96)));
        IntVector in = IntVector.zero(INTS).blend(-1, INT_LANES.compare(VectorOperators.LT, batch - 96));
        for (int i = 0; i < count; i++) {
            int at = CpuTensor.BASE + columns[k + i] * stride;
            FloatVector low = d0.fma(FloatVector.fromArray(FLOATS, x, at), zero);
            FloatVector high = d1.fma(FloatVector.fromArray(FLOATS, x, at + 16), zero);
            low = d2.fma(FloatVector.fromArray(FLOATS, x, at + 32), low);
            high = d3.fma(FloatVector.fromArray(FLOATS, x, at + 48), high);
            low = d4.fma(FloatVector.fromArray(FLOATS, x, at + 64), low);
            high = d5.fma(FloatVector.fromArray(FLOATS, x, at + 80), high);
            FloatVector last = (FloatVector)
                    ((IntVector) FloatVector.fromArray(FLOATS, x, at + 96).reinterpretShape(INTS, 0))
                            .and(in)
                            .reinterpretShape(FLOATS, 0);
            low = d6.fma(last, low);
            low.add(high).intoArray(sums, CpuTensor.BASE + 16 * i);
        }
    }

    /** Sixteen lanes of each connection for a batch of at most 32, a lane a column. */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private void lanesOfSmall(float[] d, int dAt, float[] x, int stride, int[] columns, int k, int count, int batch) {
        float[] sums = partial;
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector d0 = FloatVector.fromArray(FLOATS, d, dAt);
        FloatVector d1 = FloatVector.fromArray(FLOATS, d, dAt + 16);
        // What lies past the batch is left from others, and need not be finite: its products are cleared as bits.
        IntVector none = IntVector.zero(INTS);
        IntVector in0 = none.blend(-1, INT_LANES.compare(VectorOperators.LT, batch));
        IntVector in1 = none.blend(-1, INT_LANES.compare(VectorOperators.LT, batch - 16));
        for (int i = 0; i < count; i++) {
            int at = CpuTensor.BASE + columns[k + i] * stride;
            FloatVector low = d0.fma(FloatVector.fromArray(FLOATS, x, at), zero);
            FloatVector high = d1.fma(FloatVector.fromArray(FLOATS, x, at + 16), zero);
            low = (FloatVector)
                    ((IntVector) low.reinterpretShape(INTS, 0)).and(in0).reinterpretShape(FLOATS, 0);
            high = (FloatVector)
                    ((IntVector) high.reinterpretShape(INTS, 0)).and(in1).reinterpretShape(FLOATS, 0);
            low.add(high).intoArray(sums, CpuTensor.BASE + 16 * i);
        }
    }

    /** Sixteen lanes of each connection for any batch. */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private void lanesOf(float[] d, int dAt, float[] x, int stride, int[] columns, int k, int count, int batch) {
        float[] sums = partial;
        int whole = batch - batch % Lanes.COUNT;
        VectorMask<Float> inLow = LANE_NUMBERS.compare(VectorOperators.LT, (float) (batch - whole));
        VectorMask<Float> inHigh = LANE_NUMBERS.compare(VectorOperators.LT, (float) (batch - whole - 16));
        for (int i = 0; i < count; i++) {
            int at = CpuTensor.BASE + columns[k + i] * stride;
            FloatVector low = FloatVector.zero(FLOATS);
            FloatVector high = low;
            for (int b = 0; b < whole; b += Lanes.COUNT) {
                low = FloatVector.fromArray(FLOATS, d, dAt + b).fma(FloatVector.fromArray(FLOATS, x, at + b), low);
                high = FloatVector.fromArray(FLOATS, d, dAt + b + 16)
                        .fma(FloatVector.fromArray(FLOATS, x, at + b + 16), high);
            }
            if (whole < batch) { // lanes past the batch must not take a term: what lies there is left from others
                FloatVector dLow = FloatVector.fromArray(FLOATS, d, dAt + whole);
                FloatVector dHigh = FloatVector.fromArray(FLOATS, d, dAt + whole + 16);
                low = low.blend(dLow.fma(FloatVector.fromArray(FLOATS, x, at + whole), low), inLow);
                high = high.blend(dHigh.fma(FloatVector.fromArray(FLOATS, x, at + whole + 16), high), inHigh);
            }
            low.add(high).intoArray(sums, CpuTensor.BASE + 16 * i);
        }
    }

    /** Two connections with vectors of 8; the sums land in partial[0] and [4]. */
    private void pair(float[] d, int dAt, CpuTensor x, int column0, int column1, int batch) {
        float[] xs = x.data();
        int x0 = x.at(column0);
        int x1 = x.at(column1);
        int whole = batch - batch % Lanes.COUNT;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        for (int b = 0; b < whole; b += 32) {
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
        if (whole < batch) {
            cut(xs, x0 + whole, 0);
            cut(xs, x1 + whole, Lanes.COUNT);
            FloatVector d0 = FloatVector.fromArray(FLOATS, tail, 0);
            FloatVector d1 = FloatVector.fromArray(FLOATS, tail, 8);
            FloatVector d2 = FloatVector.fromArray(FLOATS, tail, 16);
            FloatVector d3 = FloatVector.fromArray(FLOATS, tail, 24);
            a0 = d0.fma(FloatVector.fromArray(FLOATS, lanes, 0), a0);
            a1 = d1.fma(FloatVector.fromArray(FLOATS, lanes, 8), a1);
            a2 = d2.fma(FloatVector.fromArray(FLOATS, lanes, 16), a2);
            a3 = d3.fma(FloatVector.fromArray(FLOATS, lanes, 24), a3);
            b0 = d0.fma(FloatVector.fromArray(FLOATS, lanes, 32), b0);
            b1 = d1.fma(FloatVector.fromArray(FLOATS, lanes, 40), b1);
            b2 = d2.fma(FloatVector.fromArray(FLOATS, lanes, 48), b2);
            b3 = d3.fma(FloatVector.fromArray(FLOATS, lanes, 56), b3);
        }
        FloatVector first = a0.add(a2).add(a1.add(a3));
        FloatVector second = b0.add(b2).add(b1.add(b3));
        FloatVector both = first.blend(second, VectorLanes.UPPER_4)
                .add(second.blend(first, VectorLanes.UPPER_4).rearrange(VectorLanes.SWAP_4));
        both = both.add(both.rearrange(VectorLanes.SWAP_2));
        both.add(both.rearrange(VectorLanes.SWAP_1)).intoArray(partial, 0);
    }

    /** One connection, rows that are too short for vectors, as those of batches of one and two are. */
    private float shortDot(float[] d, int dAt, float[] xs, int xAt, int batch) {
        if (batch == 1) {
            return Math.fma(d[dAt], xs[xAt], 0f) + 0f;
        }
        if (batch == 2) { // adding zero is what folding with an empty lane does to a negative zero
            float first = Math.fma(d[dAt], xs[xAt], 0f) + 0f;
            return first + (Math.fma(d[dAt + 1], xs[xAt + 1], 0f) + 0f);
        }
        return Lanes.dot(d, dAt, xs, xAt, batch, lanes);
    }
}

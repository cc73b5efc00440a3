package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuSparseTensor;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.SparseKernels;
import coppice.backend.cpu.UpdateKernels;
import coppice.matrix.CsrPattern;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector API twin of {@link SparseKernels}: sums stay in registers over a whole row, for up to 8 vectors of the batch.
 *
 * <p>Batches under 32 work in groups of 4 columns.
 */
final class VectorSparseKernels extends SparseKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;

    VectorSparseKernels(UpdateKernels updates) {
        super(updates);
    }

    @Override
    public void spmm(CpuSparseTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch, int from, int to) {
        CsrPattern pattern = w.pattern();
        int[] offsets = pattern.rowOffsets();
        Terms terms = new Terms(pattern.columnIndices(), w.values(), x);
        for (int row = from; row < to; row++) {
            int k = offsets[row];
            terms.sum(k, k, offsets[row + 1] - k, bias.data()[bias.at(row)], z, row, batch);
        }
    }

    @Override
    public void spmmTransposed(CpuSparseTensor w, CpuTensor dz, CpuTensor dx, int batch, int from, int to) {
        CsrPattern.Transpose transpose = w.pattern().transpose();
        int[] offsets = transpose.columnOffsets();
        int[] indices = transpose.valueIndices();
        float[] values = w.values();
        int longest = 0;
        for (int column = from; column < to; column++) {
            longest = Math.max(longest, offsets[column + 1] - offsets[column]);
        }
        float[] gathered = new float[longest]; // a column's values, fetched once for all its batch tiles
        Terms terms = new Terms(transpose.rowIndices(), gathered, dz);
        for (int column = from; column < to; column++) {
            int start = offsets[column];
            int count = offsets[column + 1] - start;
            for (int i = 0; i < count; i++) {
                gathered[i] = values[indices[start + i]];
            }
            terms.sum(start, 0, count, 0f, dx, column, batch);
        }
    }

    @Override
    protected Dots dots() {
        return new VectorDots();
    }

    /** Sums of value * x[index] over runs of connections. */
    private static final class Terms {
        private final int[] indices;
        private final float[] values;
        private final CpuTensor tensor;
        private final float[] x;
        private final int stride;

        Terms(int[] indices, float[] values, CpuTensor x) {
            this.indices = indices;
            this.values = values;
            this.tensor = x;
            this.x = x.data();
            this.stride = x.stride();
        }

        /** out[row] = start + sum over i in [0, count) of values[valueAt + i] * x[indices[indexAt + i]]. */
        void sum(int indexAt, int valueAt, int count, float start, CpuTensor out, int row, int batch) {
            int columns = CpuTensor.paddedBatch(batch, tensor, out);
            int wide = (columns + 8 * LENGTH - 1) / (8 * LENGTH) * 8 * LENGTH;
            if (wide <= Math.min(stride, out.stride())) {
                columns = wide; // a short last batch takes the way that is compiled already; its padding has room
            }
            int outAt = out.at(row);
            if (CpuTensor.columnGroup(tensor, out) < Lanes.COUNT) {
                for (int c = 0; c < columns; c += 4) {
                    four(indexAt, valueAt, count, start, CpuTensor.BASE + c, out.data(), outAt + c);
                }
                return;
            }
            int c = 0;
            for (; c + 8 * LENGTH <= columns; c += 8 * LENGTH) {
                eight(indexAt, valueAt, count, start, CpuTensor.BASE + c, out.data(), outAt + c);
            }
            for (; c < columns; c += 2 * LENGTH) {
                two(indexAt, valueAt, count, start, CpuTensor.BASE + c, out.data(), outAt + c);
            }
        }

        private void eight(int indexAt, int valueAt, int count, float start, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s0 = FloatVector.broadcast(FLOATS, start);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            FloatVector s4 = s0;
            FloatVector s5 = s0;
            FloatVector s6 = s0;
            FloatVector s7 = s0;
            for (int i = 0; i < count; i++) {
                int at = base + index[indexAt + i] * stride;
                FloatVector w = FloatVector.broadcast(FLOATS, value[valueAt + i]);
                s0 = FloatVector.fromArray(FLOATS, from, at).fma(w, s0);
                s1 = FloatVector.fromArray(FLOATS, from, at + LENGTH).fma(w, s1);
                s2 = FloatVector.fromArray(FLOATS, from, at + 2 * LENGTH).fma(w, s2);
                s3 = FloatVector.fromArray(FLOATS, from, at + 3 * LENGTH).fma(w, s3);
                s4 = FloatVector.fromArray(FLOATS, from, at + 4 * LENGTH).fma(w, s4);
                s5 = FloatVector.fromArray(FLOATS, from, at + 5 * LENGTH).fma(w, s5);
                s6 = FloatVector.fromArray(FLOATS, from, at + 6 * LENGTH).fma(w, s6);
                s7 = FloatVector.fromArray(FLOATS, from, at + 7 * LENGTH).fma(w, s7);
            }
            s0.intoArray(out, outAt);
            s1.intoArray(out, outAt + LENGTH);
            s2.intoArray(out, outAt + 2 * LENGTH);
            s3.intoArray(out, outAt + 3 * LENGTH);
            s4.intoArray(out, outAt + 4 * LENGTH);
            s5.intoArray(out, outAt + 5 * LENGTH);
            s6.intoArray(out, outAt + 6 * LENGTH);
            s7.intoArray(out, outAt + 7 * LENGTH);
        }

        private void two(int indexAt, int valueAt, int count, float start, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s0 = FloatVector.broadcast(FLOATS, start);
            FloatVector s1 = s0;
            for (int i = 0; i < count; i++) {
                int at = base + index[indexAt + i] * stride;
                FloatVector w = FloatVector.broadcast(FLOATS, value[valueAt + i]);
                s0 = FloatVector.fromArray(FLOATS, from, at).fma(w, s0);
                s1 = FloatVector.fromArray(FLOATS, from, at + LENGTH).fma(w, s1);
            }
            s0.intoArray(out, outAt);
            s1.intoArray(out, outAt + LENGTH);
        }

        /** Four columns of a small batch: too few for a vector of any use, enough to fill the pipeline. */
        private void four(int indexAt, int valueAt, int count, float start, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            float s0 = start;
            float s1 = start;
            float s2 = start;
            float s3 = start;
            for (int i = 0; i < count; i++) {
                int at = base + index[indexAt + i] * stride;
                float w = value[valueAt + i];
                s0 = Math.fma(w, from[at], s0);
                s1 = Math.fma(w, from[at + 1], s1);
                s2 = Math.fma(w, from[at + 2], s2);
                s3 = Math.fma(w, from[at + 3], s3);
            }
            out[outAt] = s0;
            out[outAt + 1] = s1;
            out[outAt + 2] = s2;
            out[outAt + 3] = s3;
        }
    }
}

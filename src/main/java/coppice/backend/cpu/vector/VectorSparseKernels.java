package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuSparseTensor;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.SparseKernels;
import coppice.backend.cpu.UpdateKernels;
import coppice.matrix.CsrPattern;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Vector API twin of {@link SparseKernels}: sums stay in registers over a whole row, for up to 8 vectors of the batch.
 *
 * <p>Rows without room for whole vectors are taken in groups of 4 columns.
 */
final class VectorSparseKernels extends SparseKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int TILE = 8 * LENGTH; // columns of the batch
    private static final int SEVEN = 7 * LENGTH;

    /** Columns of a slice: as many as leave room for the rest in the cache. */
    private static final int SLICE = 4 * LENGTH;

    /** Bytes of x that stay in a second-level cache. */
    private static final int CACHE = 1 << 20;

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

    /** Rows of an odd number of vectors are cut: slices of the others would share half of the cache's sets. */
    @Override
    public int slices(CpuTensor x, CpuTensor z, int batch) {
        int vectors = (batch + LENGTH - 1) / LENGTH;
        boolean odd = LENGTH == 16 && x.stride() % 32 == 16 && x.stride() == z.stride();
        return odd && isWide(x, batch) && (long) x.rows() * SLICE * Float.BYTES <= CACHE
                ? (vectors * LENGTH + SLICE - 1) / SLICE
                : 1;
    }

    private static boolean isWide(CpuTensor x, int batch) {
        return (long) x.rows() * batch * Float.BYTES > CACHE;
    }

    @Override
    public void spmmSlice(
            CpuSparseTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch, int slice, int from, int to) {
        CsrPattern pattern = w.pattern();
        int[] offsets = pattern.rowOffsets();
        Terms terms = new Terms(pattern.columnIndices(), w.values(), x);
        for (int row = from; row < to; row++) {
            int k = offsets[row];
            terms.sumSlice(slice * SLICE, k, offsets[row + 1] - k, bias.data()[bias.at(row)], z, row, batch);
        }
    }

    @Override
    public void spmmTransposedSlice(
            CpuSparseTensor w, float[] byColumn, CpuTensor dz, CpuTensor dx, int batch, int slice, int from, int to) {
        CsrPattern.Transpose transpose = w.pattern().transpose();
        int[] offsets = transpose.columnOffsets();
        Terms terms = new Terms(transpose.rowIndices(), byColumn, dz);
        for (int column = from; column < to; column++) {
            int k = offsets[column];
            terms.sumSlice(slice * SLICE, k, offsets[column + 1] - k, 0f, dx, column, batch);
        }
    }

    @Override
    public void spmmTransposed(CpuSparseTensor w, CpuTensor dz, CpuTensor dx, int batch, int from, int to) {
        CsrPattern.Transpose transpose = w.pattern().transpose();
        int[] offsets = transpose.columnOffsets();
        int[] indices = transpose.valueIndices();
        Terms terms = new Terms(transpose.rowIndices(), w.values(), dz);
        for (int column = from; column < to; column++) {
            int k = offsets[column];
            int count = offsets[column + 1] - k;
            if (terms.goesThrough(dx, batch)) {
                terms.sumThrough(indices, k, count, dx, column, batch);
            } else {
                terms.gathered(indices, k, count).sum(k, 0, count, 0f, dx, column, batch);
            }
        }
    }

    @Override
    protected Dots dots() {
        return new VectorDots();
    }

    /** Sums of value * x[index] over runs of connections. */
    static final class Terms {
        private final int[] indices;
        private final float[] values;
        private final CpuTensor tensor;
        private final float[] x;
        private final int stride;
        private @Nullable Terms gathered; // the same terms with values of their own

        Terms(int[] indices, float[] values, CpuTensor x) {
            this.indices = indices;
            this.values = values;
            this.tensor = x;
            this.x = x.data();
            this.stride = x.stride();
        }

        /** The terms with the values of {@code count} connections fetched, from their new index 0 on. */
        Terms gathered(int[] valueIndices, int at, int count) {
            Terms terms = gathered;
            if (terms == null || terms.values.length < count) {
                terms = new Terms(indices, new float[2 * count], tensor);
                gathered = terms;
            }
            for (int i = 0; i < count; i++) {
                terms.values[i] = values[valueIndices[at + i]];
            }
            return terms;
        }

        /** How many columns sums touch: a batch, rounded up to tiles of 7 or 8 vectors where the rows have room. */
        private int columns(CpuTensor out, int batch) {
            int room = Math.min(stride, out.stride());
            int vectors = (batch + LENGTH - 1) / LENGTH * LENGTH;
            if (vectors % TILE == SEVEN && vectors <= room) {
                return vectors;
            }
            int wide = (batch + TILE - 1) / TILE * TILE;
            if (wide <= room) {
                return wide;
            }
            int unit = Math.min(LENGTH, CpuTensor.columnGroup(tensor, out));
            return (batch + unit - 1) / unit * unit;
        }

        /** Whether a batch is summed in one vector, or in tiles of 7 or 8: then values need not be fetched before. */
        boolean goesThrough(CpuTensor out, int batch) {
            int columns = columns(out, batch);
            return columns == LENGTH || columns % TILE == 0 || columns % TILE == SEVEN;
        }

        /** out[row] = sum over i in [0, count) of values[valueIndices[at + i]] * x[indices[at + i]]. */
        void sumThrough(int[] valueIndices, int at, int count, CpuTensor out, int row, int batch) {
            int columns = columns(out, batch);
            int outAt = out.at(row);
            if (columns == LENGTH) {
                oneThrough(valueIndices, at, count, out.data(), outAt);
                return;
            }
            int c = 0;
            for (; c + TILE <= columns; c += TILE) {
                eightThrough(valueIndices, at, count, CpuTensor.BASE + c, out.data(), outAt + c);
            }
            if (c < columns) {
                sevenThrough(valueIndices, at, count, CpuTensor.BASE + c, out.data(), outAt + c);
            }
        }

        /** out[row] = start + sum over i in [0, count) of values[valueAt + i] * x[indices[indexAt + i]]. */
        void sum(int indexAt, int valueAt, int count, float start, CpuTensor out, int row, int batch) {
            sumShifted(0, indexAt, valueAt, count, start, out, row, batch);
        }

        /** As {@link #sum}, with {@code shift} added to each index. */
        void sumShifted(
                int shift, int indexAt, int valueAt, int count, float start, CpuTensor out, int row, int batch) {
            int columns = columns(out, batch);
            int outAt = out.at(row);
            int base = CpuTensor.BASE + shift * stride;
            if (CpuTensor.isNarrow(tensor, out)) {
                for (int c = 0; c < columns; c += 4) {
                    four(indexAt, valueAt, count, start, base + c, out.data(), outAt + c);
                }
                return;
            }
            int c = 0;
            for (; c + TILE <= columns; c += TILE) {
                eight(indexAt, valueAt, count, start, base + c, out.data(), outAt + c);
            }
            if (columns - c == SEVEN) {
                seven(indexAt, valueAt, count, start, base + c, out.data(), outAt + c);
                return;
            }
            for (; c + 2 * LENGTH <= columns; c += 2 * LENGTH) {
                two(indexAt, valueAt, count, start, base + c, out.data(), outAt + c);
            }
            if (c < columns) {
                one(indexAt, valueAt, count, start, base + c, out.data(), outAt + c);
            }
        }

        /** As {@link #sum} for one row's connections from {@code at} on, in the slice that begins at a column. */
        void sumSlice(int column, int at, int count, float start, CpuTensor out, int row, int batch) {
            int base = CpuTensor.BASE + column;
            int outAt = out.at(row) + column;
            switch (Math.min(SLICE, (batch + LENGTH - 1) / LENGTH * LENGTH - column) / LENGTH) {
                case 4 -> fourVectors(at, count, start, base, out.data(), outAt);
                case 3 -> threeVectors(at, count, start, base, out.data(), outAt);
                case 2 -> two(at, at, count, start, base, out.data(), outAt);
                default -> one(at, at, count, start, base, out.data(), outAt);
            }
        }

        private void fourVectors(int first, int count, float start, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s0 = FloatVector.broadcast(FLOATS, start);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int k = first; k < first + count; k++) {
                int at = base + index[k] * stride;
                FloatVector w = FloatVector.broadcast(FLOATS, value[k]);
                s0 = FloatVector.fromArray(FLOATS, from, at).fma(w, s0);
                s1 = FloatVector.fromArray(FLOATS, from, at + LENGTH).fma(w, s1);
                s2 = FloatVector.fromArray(FLOATS, from, at + 2 * LENGTH).fma(w, s2);
                s3 = FloatVector.fromArray(FLOATS, from, at + 3 * LENGTH).fma(w, s3);
            }
            s0.intoArray(out, outAt);
            s1.intoArray(out, outAt + LENGTH);
            s2.intoArray(out, outAt + 2 * LENGTH);
            s3.intoArray(out, outAt + 3 * LENGTH);
        }

        private void threeVectors(int first, int count, float start, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s0 = FloatVector.broadcast(FLOATS, start);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            for (int k = first; k < first + count; k++) {
                int at = base + index[k] * stride;
                FloatVector w = FloatVector.broadcast(FLOATS, value[k]);
                s0 = FloatVector.fromArray(FLOATS, from, at).fma(w, s0);
                s1 = FloatVector.fromArray(FLOATS, from, at + LENGTH).fma(w, s1);
                s2 = FloatVector.fromArray(FLOATS, from, at + 2 * LENGTH).fma(w, s2);
            }
            s0.intoArray(out, outAt);
            s1.intoArray(out, outAt + LENGTH);
            s2.intoArray(out, outAt + 2 * LENGTH);
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

        private void seven(int indexAt, int valueAt, int count, float start, int base, float[] out, int outAt) {
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
            }
            s0.intoArray(out, outAt);
            s1.intoArray(out, outAt + LENGTH);
            s2.intoArray(out, outAt + 2 * LENGTH);
            s3.intoArray(out, outAt + 3 * LENGTH);
            s4.intoArray(out, outAt + 4 * LENGTH);
            s5.intoArray(out, outAt + 5 * LENGTH);
            s6.intoArray(out, outAt + 6 * LENGTH);
        }

        /** As {@link #eight}, from zero; fetching a value costs nothing beside the loads of x. */
        private void eightThrough(int[] valueIndices, int indexAt, int count, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s0 = FloatVector.zero(FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            FloatVector s4 = s0;
            FloatVector s5 = s0;
            FloatVector s6 = s0;
            FloatVector s7 = s0;
            for (int i = 0; i < count; i++) {
                int at = base + index[indexAt + i] * stride;
                FloatVector w = FloatVector.broadcast(FLOATS, value[valueIndices[indexAt + i]]);
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

        private void sevenThrough(int[] valueIndices, int indexAt, int count, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s0 = FloatVector.zero(FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            FloatVector s4 = s0;
            FloatVector s5 = s0;
            FloatVector s6 = s0;
            for (int i = 0; i < count; i++) {
                int at = base + index[indexAt + i] * stride;
                FloatVector w = FloatVector.broadcast(FLOATS, value[valueIndices[indexAt + i]]);
                s0 = FloatVector.fromArray(FLOATS, from, at).fma(w, s0);
                s1 = FloatVector.fromArray(FLOATS, from, at + LENGTH).fma(w, s1);
                s2 = FloatVector.fromArray(FLOATS, from, at + 2 * LENGTH).fma(w, s2);
                s3 = FloatVector.fromArray(FLOATS, from, at + 3 * LENGTH).fma(w, s3);
                s4 = FloatVector.fromArray(FLOATS, from, at + 4 * LENGTH).fma(w, s4);
                s5 = FloatVector.fromArray(FLOATS, from, at + 5 * LENGTH).fma(w, s5);
                s6 = FloatVector.fromArray(FLOATS, from, at + 6 * LENGTH).fma(w, s6);
            }
            s0.intoArray(out, outAt);
            s1.intoArray(out, outAt + LENGTH);
            s2.intoArray(out, outAt + 2 * LENGTH);
            s3.intoArray(out, outAt + 3 * LENGTH);
            s4.intoArray(out, outAt + 4 * LENGTH);
            s5.intoArray(out, outAt + 5 * LENGTH);
            s6.intoArray(out, outAt + 6 * LENGTH);
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

        private void one(int indexAt, int valueAt, int count, float start, int base, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s = FloatVector.broadcast(FLOATS, start);
            for (int i = 0; i < count; i++) {
                FloatVector w = FloatVector.broadcast(FLOATS, value[valueAt + i]);
                s = FloatVector.fromArray(FLOATS, from, base + index[indexAt + i] * stride)
                        .fma(w, s);
            }
            s.intoArray(out, outAt);
        }

        private void oneThrough(int[] valueIndices, int indexAt, int count, float[] out, int outAt) {
            int[] index = indices;
            float[] value = values;
            float[] from = x;
            FloatVector s = FloatVector.zero(FLOATS);
            for (int i = 0; i < count; i++) {
                FloatVector w = FloatVector.broadcast(FLOATS, value[valueIndices[indexAt + i]]);
                s = FloatVector.fromArray(FLOATS, from, CpuTensor.BASE + index[indexAt + i] * stride)
                        .fma(w, s);
            }
            s.intoArray(out, outAt);
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

package coppice.backend.cpu;

import coppice.backend.Update;
import coppice.matrix.CsrPattern;

/**
 * Products with a sparse weight matrix, on a range of its rows or columns.
 *
 * <p>Twin of kernels/sparse.cu. SpMM sums each element over the connections in CSR order by fma; SDDMM sums by lanes.
 */
public class SparseKernels {
    /** Updates weights from their gradients. */
    protected final UpdateKernels updates;

    /** Kernels that learn through the given ones. */
    public SparseKernels(UpdateKernels updates) {
        this.updates = updates;
    }

    /** z[row] = bias[row] + sum over the row's connections of w * x[column]. */
    public void spmm(CpuSparseTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch, int from, int to) {
        CsrPattern pattern = w.pattern();
        int[] offsets = pattern.rowOffsets();
        int[] columns = pattern.columnIndices();
        float[] values = w.values();
        float[] xs = x.data();
        float[] zs = z.data();
        for (int row = from; row < to; row++) {
            int zAt = z.at(row);
            java.util.Arrays.fill(zs, zAt, zAt + batch, bias.data()[bias.at(row)]);
            for (int k = offsets[row]; k < offsets[row + 1]; k++) {
                axpy(values[k], xs, x.at(columns[k]), zs, zAt, batch);
            }
        }
    }

    /** How many slices of batch columns spmm should be cut into, so that one of x stays in the cache; or 1. */
    public int slices(CpuTensor x, CpuTensor z, int batch) {
        return 1;
    }

    /** As {@link #spmm}, one of {@link #slices} alone. */
    public void spmmSlice(
            CpuSparseTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch, int slice, int from, int to) {
        spmm(w, bias, x, z, batch, from, to);
    }

    /** The weights of columns [from, to), in the order of the transpose. */
    public void gatherValues(CpuSparseTensor w, float[] byColumn, int from, int to) {
        CsrPattern.Transpose transpose = w.pattern().transpose();
        int[] indices = transpose.valueIndices();
        float[] values = w.values();
        for (int k = transpose.columnOffsets()[from]; k < transpose.columnOffsets()[to]; k++) {
            byColumn[k] = values[indices[k]];
        }
    }

    /** As {@link #spmmTransposed} with gathered weights, one of {@link #slices} alone. */
    public void spmmTransposedSlice(
            CpuSparseTensor w, float[] byColumn, CpuTensor dz, CpuTensor dx, int batch, int slice, int from, int to) {
        spmmTransposed(w, dz, dx, batch, from, to);
    }

    /** dx[column] = sum over the column's connections, from row 0 on, of w * dz[row]. */
    public void spmmTransposed(CpuSparseTensor w, CpuTensor dz, CpuTensor dx, int batch, int from, int to) {
        CsrPattern.Transpose transpose = w.pattern().transpose();
        int[] offsets = transpose.columnOffsets();
        int[] rows = transpose.rowIndices();
        int[] indices = transpose.valueIndices();
        float[] values = w.values();
        float[] out = dx.data();
        for (int column = from; column < to; column++) {
            int at = dx.at(column);
            java.util.Arrays.fill(out, at, at + batch, 0f);
            for (int k = offsets[column]; k < offsets[column + 1]; k++) {
                axpy(values[indices[k]], dz.data(), dz.at(rows[k]), out, at, batch);
            }
        }
    }

    private static void axpy(float a, float[] x, int xAt, float[] y, int yAt, int count) {
        for (int i = 0; i < count; i++) {
            y[yAt + i] = Math.fma(a, x[xAt + i], y[yAt + i]);
        }
    }

    /** out[k] = sum by lanes over the batch of dz[row(k)] * x[column(k)], for the connections of the rows. */
    public void sddmm(CsrPattern pattern, CpuTensor dz, CpuTensor x, CpuTensor out, int batch, int from, int to) {
        byChunks(pattern, dz, x, batch, from, to, (gradient, k, count) -> {
            System.arraycopy(gradient, 0, out.data(), out.at(0) + k, count);
        });
    }

    /** Learns the connections of the rows: the gradient of {@link #sddmm}, used at once. */
    public void sddmmUpdate(CpuSparseTensor w, CpuTensor dz, CpuTensor x, Update update, int batch, int from, int to) {
        byChunks(w.pattern(), dz, x, batch, from, to, (gradient, k, count) -> {
            updates.apply(update, gradient, 0, w.values(), w.states(), k, count);
        });
    }

    @FunctionalInterface
    private interface Chunk {
        /** Uses the gradients of {@code count} connections from {@code k} on. */
        void use(float[] gradient, int k, int count);
    }

    /** Computes gradients for some hundred connections at a time, over the ends of rows. */
    private void byChunks(CsrPattern pattern, CpuTensor dz, CpuTensor x, int batch, int from, int to, Chunk chunk) {
        int[] offsets = pattern.rowOffsets();
        Dots dots = dots();
        float[] gradient = new float[Dots.CHUNK + Dots.SLACK];
        int chunkStart = offsets[from];
        for (int row = from; row < to; row++) {
            int k = offsets[row];
            while (k < offsets[row + 1]) {
                int end = Math.min(chunkStart + Dots.CHUNK, offsets[row + 1]);
                dots.row(pattern, dz, x, batch, row, k, end, gradient, k - chunkStart);
                k = end;
                if (k == chunkStart + Dots.CHUNK) {
                    chunk.use(gradient, chunkStart, Dots.CHUNK);
                    chunkStart = k;
                }
            }
        }
        chunk.use(gradient, chunkStart, offsets[to] - chunkStart);
    }

    /** Inner products of one row of dz with rows of x; holds scratch, so one for each range. */
    protected Dots dots() {
        return new PlainDots();
    }

    /** The inner products of a range of connections. */
    public interface Dots {
        /** Connections whose gradients are held at once. */
        int CHUNK = 512;

        /** Floats past the last one wanted that may be overwritten. */
        int SLACK = 16;

        /** out[outAt + i] = dz[row] . x[column(from + i)] by lanes, for the connections [from, to) of the row. */
        void row(
                CsrPattern pattern,
                CpuTensor dz,
                CpuTensor x,
                int batch,
                int row,
                int from,
                int to,
                float[] out,
                int outAt);
    }

    private static final class PlainDots implements Dots {
        private final float[] lanes = new float[Lanes.COUNT];

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
            for (int k = from; k < to; k++) {
                out[outAt + k - from] = Lanes.dot(dz.data(), dzAt, x.data(), x.at(columns[k]), batch, lanes);
            }
        }
    }
}

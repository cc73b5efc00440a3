package coppice.backend.cpu;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import java.util.Arrays;

/**
 * Takes batches out of a data set: gather, normalise and transpose, on a range of features.
 *
 * <p>Twin of kernels/data.cu: (value - offset) rounded, then times scale.
 */
final class SampleKernels {
    /** Features worked on at once: their batch rows stay in the first-level cache. */
    static final int FEATURE_BLOCK = 64;

    private SampleKernels() {}

    static void gather(
            CpuSamples samples, int start, CpuTensor offset, CpuTensor scale, CpuTensor x, int batch, int block) {
        int from = block * FEATURE_BLOCK;
        int to = Math.min(x.rows(), from + FEATURE_BLOCK);
        float[] offsets = offset.data();
        float[] scales = scale.data();
        int base = offset.at(0);
        if (samples.features instanceof CsrMatrix sparse) {
            gatherSparse(sparse, samples.order, start, offsets, scales, x, batch, from, to);
            return;
        }
        float[] out = x.data();
        int columns = samples.features.columns();
        int[] starts = new int[batch]; // where each sample's features begin
        for (int b = 0; b < batch; b++) {
            starts[b] = samples.order[start + b] * columns;
        }
        for (int f = from; f < to; f++) {
            float shift = offsets[base + f];
            float factor = scales[base + f];
            int at = x.at(f);
            if (samples.features instanceof ByteMatrix bytes) {
                byte[] values = bytes.values();
                for (int b = 0; b < batch; b++) {
                    out[at + b] = ((values[starts[b] + f] & 0xFF) - shift) * factor;
                }
            } else {
                float[] values = ((DenseMatrix) samples.features).values();
                for (int b = 0; b < batch; b++) {
                    out[at + b] = (values[starts[b] + f] - shift) * factor;
                }
            }
        }
    }

    private static void gatherSparse(
            CsrMatrix sparse,
            int[] order,
            int start,
            float[] offsets,
            float[] scales,
            CpuTensor x,
            int batch,
            int from,
            int to) {
        int base = CpuTensor.BASE;
        float[] out = x.data();
        for (int f = from; f < to; f++) {
            Arrays.fill(out, x.at(f), x.at(f) + batch, (0f - offsets[base + f]) * scales[base + f]);
        }
        int[] rowOffsets = sparse.pattern().rowOffsets();
        int[] columns = sparse.pattern().columnIndices();
        for (int b = 0; b < batch; b++) {
            int row = order[start + b];
            int end = rowOffsets[row + 1];
            int k = Arrays.binarySearch(columns, rowOffsets[row], end, from);
            for (k = k < 0 ? -k - 1 : k; k < end && columns[k] < to; k++) {
                int f = columns[k];
                out[x.at(f) + b] = (sparse.values()[k] - offsets[base + f]) * scales[base + f];
            }
        }
    }
}

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
        for (int b = 0; b < batch; b++) {
            int row = samples.order[start + b] * columns;
            if (samples.features instanceof ByteMatrix bytes) {
                for (int f = from; f < to; f++) {
                    int value = bytes.values()[row + f] & 0xFF;
                    out[x.at(f) + b] = (value - offsets[base + f]) * scales[base + f];
                }
            } else {
                float[] values = ((DenseMatrix) samples.features).values();
                for (int f = from; f < to; f++) {
                    out[x.at(f) + b] = (values[row + f] - offsets[base + f]) * scales[base + f];
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

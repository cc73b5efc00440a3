package coppice.backend.cpu;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Takes batches out of a data set: gather, normalise and transpose, on a range of features.
 *
 * <p>Twin of kernels/data.cu: (value - offset) rounded, then times scale.
 */
public class SampleKernels {
    /** Features worked on at once: their batch rows stay in the first-level cache. */
    static final int FEATURE_BLOCK = 64;

    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** For subclasses and the kernel sets. */
    public SampleKernels() {}

    void gather(CpuSamples samples, int start, CpuTensor offset, CpuTensor scale, CpuTensor x, int batch, int block) {
        int from = block * FEATURE_BLOCK;
        int to = Math.min(x.rows(), from + FEATURE_BLOCK);
        float[] offsets = offset.data();
        float[] scales = scale.data();
        if (samples.features instanceof CsrMatrix sparse) {
            gatherSparse(sparse, samples.order, start, offsets, scales, x, batch, from, to);
            return;
        }
        int columns = samples.features.columns();
        int[] starts = new int[batch]; // where each sample's features begin
        for (int b = 0; b < batch; b++) {
            starts[b] = samples.order[start + b] * columns;
        }
        int base = offset.at(0);
        if (samples.features instanceof ByteMatrix bytes) {
            byte[] transposed = transposed(bytes.values(), starts, from, to);
            for (int f = from; f < to; f++) {
                convert(transposed, (f - from) * batch, x.data(), x.at(f), batch, offsets[base + f], scales[base + f]);
            }
            return;
        }
        float[] values = ((DenseMatrix) samples.features).values();
        for (int f = from; f < to; f++) {
            int at = x.at(f);
            for (int b = 0; b < batch; b++) {
                x.data()[at + b] = (values[starts[b] + f] - offsets[base + f]) * scales[base + f];
            }
        }
    }

    /** x = (value - shift) * factor for the bytes of a batch, read as 0 to 255. */
    protected void convert(byte[] bytes, int at, float[] x, int xAt, int count, float shift, float factor) {
        for (int b = 0; b < count; b++) {
            x[xAt + b] = ((bytes[at + b] & 0xFF) - shift) * factor;
        }
    }

    /** The features [from, to) of the samples that begin at {@code starts}, as (features, batch). */
    private static byte[] transposed(byte[] values, int[] starts, int from, int to) {
        int batch = starts.length;
        byte[] out = new byte[(to - from) * batch];
        int wholeBatch = batch & ~7;
        int wholeTo = from + (to - from & ~7);
        for (int b = 0; b < wholeBatch; b += 8) {
            for (int f = from; f < wholeTo; f += 8) {
                transposeTile(values, starts, b, f, out, (f - from) * batch + b);
            }
        }
        for (int f = from; f < to; f++) {
            for (int b = f < wholeTo ? wholeBatch : 0; b < batch; b++) {
                out[(f - from) * batch + b] = values[starts[b] + f];
            }
        }
        return out;
    }

    /** Transposes 8 features of 8 samples, held in eight words: swaps bytes, then pairs, then fours between them. */
    private static void transposeTile(byte[] values, int[] starts, int b, int f, byte[] out, int at) {
        long a0 = (long) EIGHT_BYTES.get(values, starts[b] + f);
        long a1 = (long) EIGHT_BYTES.get(values, starts[b + 1] + f);
        long a2 = (long) EIGHT_BYTES.get(values, starts[b + 2] + f);
        long a3 = (long) EIGHT_BYTES.get(values, starts[b + 3] + f);
        long a4 = (long) EIGHT_BYTES.get(values, starts[b + 4] + f);
        long a5 = (long) EIGHT_BYTES.get(values, starts[b + 5] + f);
        long a6 = (long) EIGHT_BYTES.get(values, starts[b + 6] + f);
        long a7 = (long) EIGHT_BYTES.get(values, starts[b + 7] + f);
        final long bytes = 0x00FF00FF00FF00FFL;
        long t0 = (a0 >>> 8 ^ a1) & bytes;
        long t1 = (a2 >>> 8 ^ a3) & bytes;
        long t2 = (a4 >>> 8 ^ a5) & bytes;
        long t3 = (a6 >>> 8 ^ a7) & bytes;
        a0 ^= t0 << 8;
        a1 ^= t0;
        a2 ^= t1 << 8;
        a3 ^= t1;
        a4 ^= t2 << 8;
        a5 ^= t2;
        a6 ^= t3 << 8;
        a7 ^= t3;
        final long pairs = 0x0000FFFF0000FFFFL;
        t0 = (a0 >>> 16 ^ a2) & pairs;
        t1 = (a1 >>> 16 ^ a3) & pairs;
        t2 = (a4 >>> 16 ^ a6) & pairs;
        t3 = (a5 >>> 16 ^ a7) & pairs;
        a0 ^= t0 << 16;
        a2 ^= t0;
        a1 ^= t1 << 16;
        a3 ^= t1;
        a4 ^= t2 << 16;
        a6 ^= t2;
        a5 ^= t3 << 16;
        a7 ^= t3;
        final long fours = 0x00000000FFFFFFFFL;
        t0 = (a0 >>> 32 ^ a4) & fours;
        t1 = (a1 >>> 32 ^ a5) & fours;
        t2 = (a2 >>> 32 ^ a6) & fours;
        t3 = (a3 >>> 32 ^ a7) & fours;
        int row = starts.length;
        EIGHT_BYTES.set(out, at, a0 ^ t0 << 32);
        EIGHT_BYTES.set(out, at + row, a1 ^ t1 << 32);
        EIGHT_BYTES.set(out, at + 2 * row, a2 ^ t2 << 32);
        EIGHT_BYTES.set(out, at + 3 * row, a3 ^ t3 << 32);
        EIGHT_BYTES.set(out, at + 4 * row, a4 ^ t0);
        EIGHT_BYTES.set(out, at + 5 * row, a5 ^ t1);
        EIGHT_BYTES.set(out, at + 6 * row, a6 ^ t2);
        EIGHT_BYTES.set(out, at + 7 * row, a7 ^ t3);
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

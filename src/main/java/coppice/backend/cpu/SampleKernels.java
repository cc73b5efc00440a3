package coppice.backend.cpu;

import coppice.backend.ImageMaps;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes batches out of a data set: gather, normalise and transpose, on a range of features.
 *
 * <p>Twin of kernels/data.cu: (value - offset) rounded, then times scale.
 */
public class SampleKernels {
    /** Features worked on at once: their batch rows stay in the first-level cache. */
    static final int FEATURE_BLOCK = 64;

    private static final ThreadLocal<@Nullable ImageTile> TILES = new ThreadLocal<>();

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
        int b = 0;
        for (; b + 4 <= batch; b += 4) {
            gatherFour(values, starts, b, from, to, offset, scale, x);
        }
        for (; b < batch; b++) {
            int at = x.at(from) + b;
            for (int f = from; f < to; f++) {
                x.data()[at] = (values[starts[b] + f] - offsets[base + f]) * scales[base + f];
                at += x.stride();
            }
        }
    }

    /** Features [from, to) of four samples: read across all samples, rows that lie 4 KB apart share a cache's set. */
    private static void gatherFour(
            float[] values, int[] starts, int b, int from, int to, CpuTensor offset, CpuTensor scale, CpuTensor x) {
        int first = starts[b];
        int second = starts[b + 1];
        int third = starts[b + 2];
        int fourth = starts[b + 3];
        float[] out = x.data();
        int at = x.at(from) + b;
        for (int f = from; f < to; f++) {
            float shift = offset.data()[CpuTensor.BASE + f];
            float factor = scale.data()[CpuTensor.BASE + f];
            out[at] = (values[first + f] - shift) * factor;
            out[at + 1] = (values[second + f] - shift) * factor;
            out[at + 2] = (values[third + f] - shift) * factor;
            out[at + 3] = (values[fourth + f] - shift) * factor;
            at += x.stride();
        }
    }

    /** One channel of a group of mapped images: {@code task} counts the channels of the first group, then the next. */
    void gatherImages(
            CpuSamples samples,
            ImageMaps images,
            int start,
            CpuTensor offset,
            CpuTensor scale,
            CpuTensor x,
            int batch,
            int task) {
        int first = task / images.channels() * ImageTile.SAMPLES;
        int count = Math.min(ImageTile.SAMPLES, batch - first);
        int feature = task % images.channels() * images.height() * images.width();
        ImageTile tile = tile(images, samples.features instanceof ByteMatrix);
        tile.setMaps(images, start + first, count);
        for (int sample = 0; sample < count; sample++) {
            int at = samples.order[start + first + sample] * samples.features.columns() + feature;
            if (samples.features instanceof ByteMatrix bytes) {
                tile.setImage(bytes.values(), at);
                pack(tile, sample);
            } else {
                tile.setImage(sample, ((DenseMatrix) samples.features).values(), at);
            }
        }
        for (int row = 0; row < tile.height(); row++) {
            for (int column = 0; column < tile.width(); column += ImageTile.PIXELS) {
                int pixels = Math.min(ImageTile.PIXELS, tile.width() - column);
                points(tile, count, row, column, pixels);
                if (tile.isOfBytes()) {
                    fetch(tile, pixels * ImageTile.SAMPLES);
                    blendBytes(tile, 0, count, pixels, offset, scale, feature, x, first);
                } else {
                    blendFloats(tile, count, pixels, offset, scale, feature, x, first);
                }
                feature += pixels;
            }
        }
    }

    private static ImageTile tile(ImageMaps images, boolean bytes) {
        ImageTile tile = TILES.get();
        if (tile == null || !tile.fits(images, bytes)) {
            tile = new ImageTile(images.height(), images.width(), bytes);
            TILES.set(tile);
        }
        return tile;
    }

    /** Puts each pixel of the tile's image of bytes together with its neighbours. */
    protected void pack(ImageTile tile, int sample) {
        byte[] image = tile.image();
        int[] quads = tile.quads();
        int start = tile.starts()[sample];
        int pitch = tile.pitch();
        int end = (tile.height() + 1) * pitch;
        for (int i = 0; i < end; i++) {
            quads[start + i] = (image[i] & 0xFF)
                    | ((image[i + 1] & 0xFF) << 8)
                    | ((image[i + pitch] & 0xFF) << 16)
                    | (image[i + pitch + 1] << 24);
        }
    }

    /** Finds the points of {@code samples} images that pixels of a row come from. */
    protected void points(ImageTile tile, int samples, int row, int column, int pixels) {
        float[] maps = tile.maps();
        int low = Float.floatToRawIntBits(tile.low());
        int highU = Float.floatToRawIntBits(tile.width() + 1 - tile.low());
        int highV = Float.floatToRawIntBits(tile.height() + 1 - tile.low());
        int[] places = tile.places();
        float[] right = tile.right();
        float[] down = tile.down();
        int pitch = tile.pitch();
        for (int sample = 0; sample < samples; sample++) {
            int start = tile.starts()[sample];
            float a = maps[sample];
            float d = maps[3 * ImageTile.SAMPLES + sample];
            float rowU = Math.fma(maps[ImageTile.SAMPLES + sample], row, maps[2 * ImageTile.SAMPLES + sample]) + 1;
            float rowV = Math.fma(maps[4 * ImageTile.SAMPLES + sample], row, maps[5 * ImageTile.SAMPLES + sample]) + 1;
            for (int pixel = 0; pixel < pixels; pixel++) {
                float u = Math.fma(a, column + pixel, rowU);
                float v = Math.fma(d, column + pixel, rowV);
                // Floats that are not negative have the order of their bits, and those that are lie below.
                u = Float.intBitsToFloat(Math.min(Math.max(Float.floatToRawIntBits(u), low), highU));
                v = Float.intBitsToFloat(Math.min(Math.max(Float.floatToRawIntBits(v), low), highV));
                int at = pixel * ImageTile.SAMPLES + sample;
                int i = (int) u;
                int j = (int) v;
                places[at] = start + j * pitch + i;
                right[at] = u - i;
                down[at] = v - j;
            }
        }
    }

    private static void fetch(ImageTile tile, int count) {
        int[] quads = tile.quads();
        int[] places = tile.places();
        int[] fetched = tile.fetched();
        for (int i = 0; i < count; i++) {
            fetched[i] = quads[places[i]];
        }
    }

    /** Writes what is between the fetched bytes, for samples [from, to), normalized, from a feature on. */
    protected void blendBytes(
            ImageTile tile,
            int from,
            int to,
            int pixels,
            CpuTensor offset,
            CpuTensor scale,
            int feature,
            CpuTensor x,
            int column) {
        int[] fetched = tile.fetched();
        float[] right = tile.right();
        float[] down = tile.down();
        float[] out = x.data();
        for (int pixel = 0; pixel < pixels; pixel++) {
            float shift = offset.data()[offset.at(0) + feature + pixel];
            float factor = scale.data()[scale.at(0) + feature + pixel];
            int at = x.at(feature + pixel) + column;
            for (int sample = from; sample < to; sample++) {
                int i = pixel * ImageTile.SAMPLES + sample;
                int quad = fetched[i];
                int p = quad & 0xFF;
                int q = quad >>> 16 & 0xFF;
                float upper = Math.fma(right[i], (quad >>> 8 & 0xFF) - p, p);
                float lower = Math.fma(right[i], (quad >>> 24) - q, q);
                out[at + sample] = (Math.fma(down[i], lower - upper, upper) - shift) * factor;
            }
        }
    }

    private static void blendFloats(
            ImageTile tile,
            int samples,
            int pixels,
            CpuTensor offset,
            CpuTensor scale,
            int feature,
            CpuTensor x,
            int column) {
        float[] floats = tile.floats();
        int[] places = tile.places();
        float[] right = tile.right();
        float[] down = tile.down();
        float[] out = x.data();
        int pitch = tile.pitch();
        for (int pixel = 0; pixel < pixels; pixel++) {
            float shift = offset.data()[offset.at(0) + feature + pixel];
            float factor = scale.data()[scale.at(0) + feature + pixel];
            int at = x.at(feature + pixel) + column;
            for (int sample = 0; sample < samples; sample++) {
                int i = pixel * ImageTile.SAMPLES + sample;
                int place = places[i];
                float p = floats[place];
                float q = floats[place + pitch];
                float upper = Math.fma(right[i], floats[place + 1] - p, p);
                float lower = Math.fma(right[i], floats[place + pitch + 1] - q, q);
                out[at + sample] = (Math.fma(down[i], lower - upper, upper) - shift) * factor;
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

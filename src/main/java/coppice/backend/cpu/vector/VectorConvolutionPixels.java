package coppice.backend.cpu.vector;

import static coppice.backend.cpu.vector.VectorTileKernels.DOT_TERMS;
import static coppice.backend.cpu.vector.VectorTileKernels.HALF;

import coppice.backend.Window;
import coppice.backend.cpu.CpuTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Packs the pixels of some tiles of three terms at the positions of a stripe, 16 batch columns at a time.
 *
 * <p>Where a tile is a row of a 3x3 window that moves by one, its three pixels lie side by side in the image: rows are
 * packed once, with zeros around them, for all tiles of a channel. Otherwise the pixels of a tile are packed for each
 * position.
 */
final class VectorConvolutionPixels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int BASE = CpuTensor.BASE;

    private final Window window;
    private final CpuTensor x;
    private final int batch;
    private final boolean shared;
    private final int pitch;
    private final int rows; // packed together, one tile after the other or of a channel

    VectorConvolutionPixels(Window window, CpuTensor x, int batch) {
        this.window = window;
        this.x = x;
        this.batch = batch;
        shared = window.kernel() == DOT_TERMS && window.stride() == 1;
        pitch = shared ? (window.outWidth() + window.kernel() - 1) * HALF : window.outWidth() * DOT_TERMS * HALF;
        int stripe = Math.min(window.stripe(), window.outHeight());
        rows = shared ? stripe + window.kernel() - 1 : stripe;
    }

    /** Tiles that are packed together. */
    int tilesTogether() {
        return shared ? window.kernel() : 1;
    }

    /** Floats from one position to the next in a row. */
    int step() {
        return shared ? HALF : DOT_TERMS * HALF;
    }

    /** Floats from a row of positions to the next. */
    int pitch() {
        return pitch;
    }

    /** Floats that some tiles take. */
    long length(int tiles) {
        return (long) (tiles + tilesTogether() - 1) / tilesTogether() * rows * pitch;
    }

    /** Where the i-th packed tile begins. */
    int at(int i) {
        return BASE + (i / tilesTogether() * rows + i % tilesTogether()) * pitch;
    }

    /**
     * Packs tiles for the positions from row {@code top} to {@code bottom} and the columns from {@code b} on.
     *
     * @param out packed for the stripe above, if there is one
     */
    void pack(int tile, int tiles, int top, int bottom, int b, float[] out) {
        if (shared) {
            for (int i = 0; i < tiles; i += tilesTogether()) {
                packChannel((tile + i) / tilesTogether(), top, bottom, b, out, at(i));
            }
        } else {
            int end = Math.min(DOT_TERMS * (tile + tiles), window.terms());
            for (int term = DOT_TERMS * tile; term < end; term++) {
                packTerm(term, top, bottom, b, out, at(term / DOT_TERMS - tile) + term % DOT_TERMS * HALF);
            }
        }
    }

    /** Packs the rows below those that the stripe above has packed already. */
    private void packChannel(int channel, int top, int bottom, int b, float[] out, int to) {
        int kept = top > 0 ? window.kernel() - 1 : 0;
        System.arraycopy(out, to + (rows - kept) * pitch, out, to, kept * pitch);
        for (int row = kept; row < bottom - top + window.kernel() - 1; row++) {
            int y = top - window.top() + row;
            packRow(row(channel, y), -window.left(), pitch / HALF, b, out, to + row * pitch, HALF);
        }
    }

    private void packTerm(int term, int top, int bottom, int b, float[] out, int to) {
        int kernel = window.kernel();
        int left = term % kernel - window.left();
        for (int row = top; row < bottom; row++) {
            int y = row * window.stride() - window.top() + term / kernel % kernel;
            int at = to + (row - top) * pitch;
            packRow(row(term / kernel / kernel, y), left, window.outWidth(), b, out, at, DOT_TERMS * HALF);
        }
    }

    /** The first row of the tensor that holds row {@code y} of a channel, or -1 outside the image. */
    private int row(int channel, int y) {
        return y < 0 || y >= window.height() ? -1 : (channel * window.height() + y) * window.width();
    }

    /** Packs every stride-th pixel of a row from the one at {@code left} on, zeros outside the image. */
    private void packRow(int row, int left, int count, int b, float[] out, int to, int step) {
        if (row < 0 || b >= batch) {
            clear(out, to, step, count);
            return;
        }
        int stride = window.stride();
        int from = Math.min(count, Math.max(0, -Math.floorDiv(left, stride)));
        int end = Math.max(from, Math.min(count, Math.floorDiv(window.width() - 1 - left, stride) + 1));
        clear(out, to, step, from);
        copy(row + left + from * stride, end - from, b, out, to + from * step, step);
        clear(out, to + end * step, step, count - end);
    }

    /** Copies 16 batch columns of every stride-th pixel, zeros past the batch. */
    private void copy(int pixel, int count, int b, float[] out, int to, int step) {
        float[] data = x.data();
        int source = x.at(pixel) + b;
        int sourceStep = window.stride() * x.stride();
        if (b + HALF > batch) {
            clear(out, to, step, count);
            for (int i = 0; i < count; i++) {
                System.arraycopy(data, source + i * sourceStep, out, to + i * step, batch - b);
            }
            return;
        }
        int end = to + count * step;
        for (int target = to; target < end; target += step) {
            FloatVector.fromArray(FLOATS, data, source).intoArray(out, target);
            if (LENGTH < HALF) {
                FloatVector.fromArray(FLOATS, data, source + LENGTH).intoArray(out, target + LENGTH);
            }
            source += sourceStep;
        }
    }

    private static void clear(float[] out, int to, int step, int count) {
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int i = 0; i < count; i++) {
            for (int lane = 0; lane < HALF; lane += LENGTH) {
                zero.intoArray(out, to + i * step + lane);
            }
        }
    }
}

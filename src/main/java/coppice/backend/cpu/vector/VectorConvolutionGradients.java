package coppice.backend.cpu.vector;

import static coppice.backend.cpu.vector.VectorTileKernels.DOT_ROWS;
import static coppice.backend.cpu.vector.VectorTileKernels.HALF;
import static coppice.backend.cpu.vector.VectorTileKernels.PANEL;

import coppice.backend.Window;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Packs the gradients of filters eight together, zeros past the last filter and past the batch, and sums them. */
final class VectorConvolutionGradients {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int STEP = DOT_ROWS * HALF;

    private final Window window;
    private final CpuTensor dz;
    private final int filters;
    private final int batch;
    private final int halves; // of all panels
    private final int stripes;
    private final int stripePositions;
    private final float[] packed; // (tiles, halves, positions, DOT_ROWS, HALF)

    VectorConvolutionGradients(Window window, CpuTensor dz, int filters, int batch, ConvolutionScratch shared) {
        this.window = window;
        this.dz = dz;
        this.filters = filters;
        this.batch = batch;
        halves = (batch + PANEL - 1) / PANEL * 2;
        stripePositions = Math.min(window.stripe(), window.outHeight()) * window.outWidth();
        stripes = (window.positions() + stripePositions - 1) / stripePositions;
        packed = shared.panels((long) tiles() * tileLength());
    }

    /** Tiles of eight filters. */
    int tiles() {
        return (filters + DOT_ROWS - 1) / DOT_ROWS;
    }

    private int tileLength() {
        return Math.multiplyExact(halves * window.positions(), STEP);
    }

    float[] packed() {
        return packed;
    }

    /** Where the gradients of a tile for 16 batch columns begin at a position. */
    int at(int tile, int half, int position) {
        return CpuTensor.BASE + tile * tileLength() + (half * window.positions() + position) * STEP;
    }

    /** Packs a tile, stripe by stripe and row by row as gradients lie in memory, and returns its filters' sums. */
    float[] pack(int tile, ConvolutionScratch scratch) {
        int rows = Math.min(DOT_ROWS, filters - tile * DOT_ROWS);
        float[] sums = scratch.sums((long) DOT_ROWS * halves * stripes * HALF); // (filters, halves, stripes, HALF)
        for (int stripe = 0; stripe < stripes; stripe++) {
            int from = stripe * stripePositions;
            int count = Math.min(stripePositions, window.positions() - from);
            for (int r = 0; r < DOT_ROWS; r++) {
                int to = at(tile, 0, from) + r * HALF;
                if (r < rows) {
                    packRows((tile * DOT_ROWS + r) * window.positions() + from, count, to);
                } else {
                    clear(to, count, 0);
                }
                for (int half = 0; half < halves; half++) {
                    int sumAt = CpuTensor.BASE + ((r * halves + half) * stripes + stripe) * HALF;
                    sum(at(tile, half, from) + r * HALF, count, sums, sumAt);
                }
            }
        }
        float[] gradient = new float[rows];
        float[] lanes = new float[PANEL];
        for (int r = 0; r < rows; r++) {
            Arrays.fill(lanes, 0f);
            for (int half = 0; half < halves; half++) {
                for (int stripe = 0; stripe < stripes; stripe++) {
                    int sumAt = CpuTensor.BASE + ((r * halves + half) * stripes + stripe) * HALF;
                    for (int lane = 0; lane < HALF; lane++) {
                        lanes[half % 2 * HALF + lane] += sums[sumAt + lane];
                    }
                }
            }
            gradient[r] = Lanes.fold(lanes);
        }
        return gradient;
    }

    /** Packs a filter's gradients at some positions, all batch columns of one before the next. */
    private void packRows(int row, int count, int to) {
        float[] data = dz.data();
        int halfStep = window.positions() * STEP;
        int whole = batch / HALF;
        for (int i = 0; i < count; i++) {
            int from = dz.at(row + i);
            int target = to + i * STEP;
            for (int half = 0; half < whole; half++) {
                FloatVector.fromArray(FLOATS, data, from).intoArray(packed, target);
                if (LENGTH < HALF) {
                    FloatVector.fromArray(FLOATS, data, from + LENGTH).intoArray(packed, target + LENGTH);
                }
                from += HALF;
                target += halfStep;
            }
        }
        if (whole < halves) {
            clear(to, count, whole);
            for (int i = 0; i < count; i++) {
                int target = to + whole * halfStep + i * STEP;
                System.arraycopy(data, dz.at(row + i) + whole * HALF, packed, target, batch - whole * HALF);
            }
        }
    }

    private void clear(int to, int count, int firstHalf) {
        for (int half = firstHalf; half < halves; half++) {
            int at = to + half * window.positions() * STEP;
            for (int i = 0; i < count; i++) {
                Arrays.fill(packed, at + i * STEP, at + i * STEP + HALF, 0f);
            }
        }
    }

    private void sum(int from, int count, float[] sums, int at) {
        for (int lane = 0; lane < HALF; lane += LENGTH) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < count; i++) {
                sum = sum.add(FloatVector.fromArray(FLOATS, packed, from + lane + i * STEP));
            }
            sum.intoArray(sums, at + lane);
        }
    }
}

package coppice.backend.cpu.vector;

import static coppice.backend.cpu.vector.VectorTileKernels.DOT_ROWS;
import static coppice.backend.cpu.vector.VectorTileKernels.DOT_TERMS;
import static coppice.backend.cpu.vector.VectorTileKernels.HALF;
import static coppice.backend.cpu.vector.VectorTileKernels.PANEL;

import coppice.backend.Backend;
import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels.Learning;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.UpdateKernels;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Learns filters from inner products of packed gradients with packed pixels.
 *
 * <p>Gradients of eight filters are packed together once, which learns the biases on the way. A part of the weights
 * packs the pixels of its terms three together for a stripe of rows and 32 batch columns at a time, zeros where there
 * is no pixel, and adds the products to lanes in memory. Columns are packed by half panels.
 */
final class VectorConvolutionLearning implements Learning {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int BASE = CpuTensor.BASE;
    private static final int SUMS = DOT_ROWS * DOT_TERMS * HALF; // lanes of half a tile
    private static final float[] ZEROS = new float[BASE + SUMS];
    private static final int ROW_TILES = 8; // of a part at most
    private static final int TILES = 144; // of a part at most, so that its lanes take a third of the second-level cache
    private static final int PARTS_PER_THREAD = 2; // more would read the gradients more often

    private final Window window;
    private final CpuTensor w;
    private final float[][] state;
    private final CpuTensor bias;
    private final float[][] biasState;
    private final CpuTensor dz;
    private final CpuTensor x;
    private final Backend.Updates steps;
    private final int batch;
    private final UpdateKernels updates;
    private final ThreadLocal<ConvolutionScratch> scratch;
    private final float[] gradients; // (row tiles, panels, halves, positions, DOT_ROWS, HALF)
    private final int rowTiles;
    private final int termTiles;
    private final int termTilesOfPart;
    private final int termParts;

    @SuppressWarnings("checkstyle:ParameterNumber")
    VectorConvolutionLearning(
            Window window,
            CpuTensor w,
            float[][] state,
            CpuTensor bias,
            float[][] biasState,
            CpuTensor dz,
            CpuTensor x,
            Backend.Updates steps,
            int batch,
            int threads,
            UpdateKernels updates,
            ConvolutionScratch shared,
            ThreadLocal<ConvolutionScratch> scratch) {
        this.window = window;
        this.w = w;
        this.state = state;
        this.bias = bias;
        this.biasState = biasState;
        this.dz = dz;
        this.x = x;
        this.steps = steps;
        this.batch = batch;
        this.updates = updates;
        this.scratch = scratch;
        rowTiles = (w.rows() + DOT_ROWS - 1) / DOT_ROWS;
        termTiles = (window.terms() + DOT_TERMS - 1) / DOT_TERMS;
        int most = TILES / Math.min(rowTiles, ROW_TILES);
        int parts = PARTS_PER_THREAD * threads;
        termTilesOfPart = Math.min(most, (termTiles + parts - 1) / parts);
        termParts = (termTiles + termTilesOfPart - 1) / termTilesOfPart;
        gradients = shared.panels((long) rowTiles * tileLength());
    }

    /** Floats of a tile's packed gradients. */
    private int tileLength() {
        int panels = (batch + PANEL - 1) / PANEL;
        return Math.multiplyExact(panels * window.positions(), DOT_ROWS * PANEL);
    }

    private int gradientsAt(int tile, int half, int position) {
        return BASE + tile * tileLength() + (half * window.positions() + position) * DOT_ROWS * HALF;
    }

    private int stripePositions() {
        return Math.min(window.stripe(), window.outHeight()) * window.outWidth();
    }

    @Override
    public int preparations() {
        return rowTiles;
    }

    /** Packs the gradients of a tile of filters and learns their biases. */
    @Override
    public void prepare(int tile) {
        int first = tile * DOT_ROWS;
        int filters = Math.min(DOT_ROWS, w.rows() - first);
        float[] gradient = new float[filters];
        float[] lanes = new float[PANEL];
        for (int r = 0; r < DOT_ROWS; r++) {
            Arrays.fill(lanes, 0f);
            for (int b = 0; b < batch; b += PANEL) {
                for (int p = 0; p < window.positions(); p += stripePositions()) {
                    int end = Math.min(p + stripePositions(), window.positions());
                    packGradients(first + r, p, end, b, gradientsAt(tile, b / HALF, p) + r * HALF, lanes);
                }
            }
            if (r < filters) {
                gradient[r] = Lanes.fold(lanes);
            }
        }
        updates.apply(steps.bias(), gradient, 0, bias.data(), biasState, bias.at(first), filters);
    }

    /** Packs one filter's gradients at the positions of a stripe and adds their sum to lanes. */
    private void packGradients(int filter, int position, int end, int b, int to, float[] lanes) {
        int count = end - position;
        int step = DOT_ROWS * HALF;
        int halfStep = window.positions() * step;
        if (filter >= w.rows()) {
            clear(gradients, to, step, halfStep, count);
            return;
        }
        int from = dz.at(filter * window.positions() + position) + b;
        copy(dz, from, dz.stride(), count, b, gradients, to, step, halfStep);
        for (int lane = 0; lane < PANEL; lane += LENGTH) {
            int at = to + lane / HALF * halfStep + lane % HALF;
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < count; i++) {
                sum = sum.add(FloatVector.fromArray(FLOATS, gradients, at + i * step));
            }
            FloatVector.fromArray(FLOATS, lanes, lane).add(sum).intoArray(lanes, lane);
        }
    }

    /** Copies {@code count} rows of 32 batch columns by halves, zeros past the batch. */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private void copy(
            CpuTensor tensor, int from, int step, int count, int b, float[] out, int to, int outStep, int halfStep) {
        float[] data = tensor.data();
        if (b + PANEL > batch) {
            int low = Math.min(HALF, batch - b);
            clear(out, to, outStep, halfStep, count);
            for (int i = 0; i < count; i++) {
                System.arraycopy(data, from + i * step, out, to + i * outStep, low);
                System.arraycopy(data, from + i * step + low, out, to + i * outStep + halfStep, batch - b - low);
            }
            return;
        }
        int source = from;
        int end = to + count * outStep;
        for (int target = to; target < end; target += outStep) {
            FloatVector.fromArray(FLOATS, data, source).intoArray(out, target);
            FloatVector.fromArray(FLOATS, data, source + HALF).intoArray(out, target + halfStep);
            if (LENGTH < HALF) {
                FloatVector.fromArray(FLOATS, data, source + LENGTH).intoArray(out, target + LENGTH);
                FloatVector.fromArray(FLOATS, data, source + HALF + LENGTH).intoArray(out, target + halfStep + LENGTH);
            }
            source += step;
        }
    }

    private static void clear(float[] out, int to, int step, int halfStep, int count) {
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int i = 0; i < count; i++) {
            for (int at = to + i * step; at < to + i * step + HALF; at += LENGTH) {
                zero.intoArray(out, at);
                zero.intoArray(out, at + halfStep);
            }
        }
    }

    @Override
    public int parts() {
        return termParts * ((rowTiles + ROW_TILES - 1) / ROW_TILES);
    }

    @Override
    public void learn(int part) {
        int tile = part / termParts * ROW_TILES;
        int tileEnd = Math.min(rowTiles, tile + ROW_TILES);
        int termTile = part % termParts * termTilesOfPart;
        int termTileEnd = Math.min(termTiles, termTile + termTilesOfPart);
        ConvolutionScratch own = scratch.get();
        int tilesOfTerms = termTileEnd - termTile;
        float[] lanes = own.sums((long) (tileEnd - tile) * tilesOfTerms * 2 * SUMS);
        float[] pixels = own.panels((long) tilesOfTerms * DOT_TERMS * stripePositions() * PANEL);
        for (int b = 0; b < batch; b += PANEL) {
            for (int top = 0; top < window.outHeight(); top += window.stripe()) {
                int bottom = Math.min(top + window.stripe(), window.outHeight());
                int positions = (bottom - top) * window.outWidth();
                packPixels(termTile * DOT_TERMS, tilesOfTerms, top, bottom, b, pixels);
                boolean first = b == 0 && top == 0;
                int lanesAt = BASE;
                for (int i = tile; i < tileEnd; i++) {
                    for (int half = 0; half < 2; half++) {
                        int gradientsAt = gradientsAt(i, b / HALF + half, top * window.outWidth());
                        for (int j = 0; j < tilesOfTerms; j++) {
                            int pixelsAt = BASE + (2 * j + half) * positions * DOT_TERMS * HALF;
                            int at = lanesAt + (2 * j + half) * SUMS;
                            VectorTileKernels.addDots(
                                    positions,
                                    gradients,
                                    gradientsAt,
                                    pixels,
                                    pixelsAt,
                                    first ? ZEROS : lanes,
                                    first ? BASE : at,
                                    lanes,
                                    at);
                        }
                    }
                    lanesAt += tilesOfTerms * 2 * SUMS;
                }
            }
        }
        float[] halves = own.halves(tilesOfTerms * DOT_TERMS * 16 + 256);
        float[] gradient = own.gradient(tilesOfTerms * DOT_TERMS + 16);
        for (int filter = tile * DOT_ROWS; filter < Math.min(w.rows(), tileEnd * DOT_ROWS); filter++) {
            int lanesAt = BASE + (filter / DOT_ROWS - tile) * tilesOfTerms * 2 * SUMS;
            step(filter, termTile * DOT_TERMS, tilesOfTerms, lanes, lanesAt, halves, gradient);
        }
    }

    /** Packs the pixels of tiles of terms from {@code term} on, at the positions of a stripe. */
    private void packPixels(int term, int tiles, int top, int bottom, int b, float[] out) {
        int positions = (bottom - top) * window.outWidth();
        for (int i = 0; i < tiles * DOT_TERMS; i++) {
            int to = BASE + (i / DOT_TERMS * 2 * positions * DOT_TERMS + i % DOT_TERMS) * HALF;
            if (term + i < window.terms()) {
                packTerm(term + i, top, bottom, b, out, to);
            }
        }
    }

    /** Packs one term's pixels row by row, zeros where there are none. */
    private void packTerm(int term, int top, int bottom, int b, float[] out, int to) {
        int kernel = window.kernel();
        int kx = term % kernel;
        int ky = term / kernel % kernel;
        int channel = term / kernel / kernel;
        int step = DOT_TERMS * HALF;
        int halfStep = (bottom - top) * window.outWidth() * step;
        int from = window.columnFrom(kx);
        int end = Math.max(from, window.columnTo(kx));
        for (int row = top; row < bottom; row++) {
            int rowAt = to + (row - top) * window.outWidth() * step;
            if (row < window.rowFrom(ky) || row >= window.rowTo(ky)) {
                clear(out, rowAt, step, halfStep, window.outWidth());
                continue;
            }
            clear(out, rowAt, step, halfStep, from);
            int y = row * window.stride() - window.top() + ky;
            int left = from * window.stride() - window.left() + kx;
            int pixel = x.at((channel * window.height() + y) * window.width() + left) + b;
            copy(x, pixel, window.stride() * x.stride(), end - from, b, out, rowAt + from * step, step, halfStep);
            clear(out, rowAt + end * step, step, halfStep, window.outWidth() - end);
        }
    }

    /** Folds the lanes of one filter's terms and learns them. */
    private void step(int filter, int term, int tiles, float[] lanes, int lanesAt, float[] halves, float[] gradient) {
        int count = Math.min(tiles * DOT_TERMS, window.terms() - term);
        for (int i = 0; i < count; i++) {
            int at = lanesAt + i / DOT_TERMS * 2 * SUMS + (filter % DOT_ROWS * DOT_TERMS + i % DOT_TERMS) * HALF;
            for (int lane = 0; lane < HALF; lane += LENGTH) {
                FloatVector.fromArray(FLOATS, lanes, at + lane)
                        .add(FloatVector.fromArray(FLOATS, lanes, at + SUMS + lane))
                        .intoArray(halves, BASE + 16 * i + lane);
            }
        }
        if (LENGTH == 16) {
            VectorLanes.fold(halves, count, gradient, 0);
        } else {
            for (int i = 0; i < count; i++) {
                gradient[i] = foldHalf(halves, BASE + 16 * i);
            }
        }
        updates.apply(steps.weights(), gradient, 0, w.data(), state, w.at(filter) + term, count);
    }

    /** Folds 16 lanes. Overwrites them. */
    private static float foldHalf(float[] lanes, int at) {
        for (int half = 8; half > 0; half >>= 1) {
            for (int lane = at; lane < at + half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[at];
    }
}

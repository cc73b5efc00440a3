package coppice.backend.cpu.vector;

import static coppice.backend.cpu.vector.VectorTileKernels.DOT_ROWS;
import static coppice.backend.cpu.vector.VectorTileKernels.DOT_TERMS;
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
 * <p>Gradients of four filters are packed together once, which learns the biases on the way. A part of the weights
 * packs the pixels of its terms three together for a stripe of rows and 32 batch columns at a time, zeros where there
 * is no pixel, and adds the products to lanes in memory.
 */
final class VectorConvolutionLearning implements Learning {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int BASE = CpuTensor.BASE;
    private static final int SUMS = DOT_ROWS * DOT_TERMS; // of a tile
    private static final int MAX_ROW_TILES = 32; // of a part, so that its lanes fit the second-level cache
    private static final int MAX_TERM_TILES = 9;
    private static final int TERM_PARTS = 8; // at least, where there are terms for them

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
    private final float[] gradients; // (row tiles, panels, positions, DOT_ROWS, PANEL)
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
        termTilesOfPart = Math.min(MAX_TERM_TILES, (termTiles + TERM_PARTS - 1) / TERM_PARTS);
        termParts = (termTiles + termTilesOfPart - 1) / termTilesOfPart;
        gradients = shared.panels((long) rowTiles * tileLength());
    }

    /** Floats of a tile's packed gradients. */
    private int tileLength() {
        int panels = (batch + PANEL - 1) / PANEL;
        return Math.multiplyExact(panels * window.positions(), DOT_ROWS * PANEL);
    }

    private int gradientsAt(int tile, int b, int position) {
        return BASE + tile * tileLength() + (b / PANEL * window.positions() + position) * DOT_ROWS * PANEL;
    }

    private int stripePositions() {
        return window.stripe() * window.outWidth();
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
                    packGradients(first + r, p, end, b, gradientsAt(tile, b, p) + r * PANEL, lanes);
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
        if (filter >= w.rows()) {
            for (int i = 0; i < count; i++) {
                Arrays.fill(gradients, to + i * DOT_ROWS * PANEL, to + i * DOT_ROWS * PANEL + PANEL, 0f);
            }
            return;
        }
        int from = dz.at(filter * window.positions() + position) + b;
        copy(dz, from, dz.stride(), count, b, gradients, to, DOT_ROWS * PANEL);
        for (int lane = 0; lane < PANEL; lane += LENGTH) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = 0; i < count; i++) {
                sum = sum.add(FloatVector.fromArray(FLOATS, gradients, to + i * DOT_ROWS * PANEL + lane));
            }
            FloatVector.fromArray(FLOATS, lanes, lane).add(sum).intoArray(lanes, lane);
        }
    }

    /** Copies {@code count} rows of 32 batch columns, zeros past the batch. */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private void copy(CpuTensor tensor, int from, int step, int count, int b, float[] out, int to, int outStep) {
        float[] data = tensor.data();
        if (b + PANEL <= batch) {
            for (int i = 0; i < count; i++) {
                for (int lane = 0; lane < PANEL; lane += LENGTH) {
                    FloatVector.fromArray(FLOATS, data, from + i * step + lane).intoArray(out, to + i * outStep + lane);
                }
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            System.arraycopy(data, from + i * step, out, to + i * outStep, batch - b);
            Arrays.fill(out, to + i * outStep + batch - b, to + i * outStep + PANEL, 0f);
        }
    }

    @Override
    public int parts() {
        return termParts * ((rowTiles + MAX_ROW_TILES - 1) / MAX_ROW_TILES);
    }

    @Override
    public void learn(int part) {
        int tile = part / termParts * MAX_ROW_TILES;
        int tileEnd = Math.min(rowTiles, tile + MAX_ROW_TILES);
        int termTile = part % termParts * termTilesOfPart;
        int termTileEnd = Math.min(termTiles, termTile + termTilesOfPart);
        ConvolutionScratch own = scratch.get();
        int tilesOfTerms = termTileEnd - termTile;
        int length = (tileEnd - tile) * tilesOfTerms * SUMS * PANEL;
        float[] lanes = own.sums(length);
        Arrays.fill(lanes, BASE, BASE + length, 0f);
        float[] pixels = own.panels((long) tilesOfTerms * DOT_TERMS * stripePositions() * PANEL);
        for (int b = 0; b < batch; b += PANEL) {
            for (int top = 0; top < window.outHeight(); top += window.stripe()) {
                int bottom = Math.min(top + window.stripe(), window.outHeight());
                int positions = (bottom - top) * window.outWidth();
                int pixelsOfTile = positions * DOT_TERMS * PANEL;
                packPixels(termTile * DOT_TERMS, tilesOfTerms, top, bottom, b, pixels);
                int lanesAt = BASE;
                for (int i = tile; i < tileEnd; i++) {
                    int gradientsAt = gradientsAt(i, b, top * window.outWidth());
                    for (int j = 0; j < tilesOfTerms; j++) {
                        VectorTileKernels.addDots(
                                positions, gradients, gradientsAt, pixels, BASE + j * pixelsOfTile, lanes, lanesAt);
                        lanesAt += SUMS * PANEL;
                    }
                }
            }
        }
        for (int filter = tile * DOT_ROWS; filter < Math.min(w.rows(), tileEnd * DOT_ROWS); filter++) {
            int lanesAt = BASE + (filter / DOT_ROWS - tile) * tilesOfTerms * SUMS * PANEL;
            step(filter, termTile * DOT_TERMS, tilesOfTerms, lanes, lanesAt);
        }
    }

    /** Packs the pixels of tiles of terms from {@code term} on, at the positions of a stripe. */
    private void packPixels(int term, int tiles, int top, int bottom, int b, float[] out) {
        int positions = (bottom - top) * window.outWidth();
        for (int i = 0; i < tiles * DOT_TERMS; i++) {
            int to = BASE + (i / DOT_TERMS * positions * DOT_TERMS + i % DOT_TERMS) * PANEL;
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
        int step = DOT_TERMS * PANEL;
        int from = window.columnFrom(kx);
        int end = Math.max(from, window.columnTo(kx));
        for (int row = top; row < bottom; row++) {
            int rowAt = to + (row - top) * window.outWidth() * step;
            if (row < window.rowFrom(ky) || row >= window.rowTo(ky)) {
                clear(out, rowAt, 0, window.outWidth());
                continue;
            }
            clear(out, rowAt, 0, from);
            int y = row * window.stride() - window.top() + ky;
            int left = from * window.stride() - window.left() + kx;
            int pixel = x.at((channel * window.height() + y) * window.width() + left) + b;
            copy(x, pixel, window.stride() * x.stride(), end - from, b, out, rowAt + from * step, step);
            clear(out, rowAt, end, window.outWidth());
        }
    }

    private static void clear(float[] out, int rowAt, int from, int to) {
        for (int i = from; i < to; i++) {
            int at = rowAt + i * DOT_TERMS * PANEL;
            Arrays.fill(out, at, at + PANEL, 0f);
        }
    }

    /** Folds the lanes of one filter's terms and learns them. */
    private void step(int filter, int term, int tiles, float[] lanes, int lanesAt) {
        int count = Math.min(tiles * DOT_TERMS, window.terms() - term);
        float[] gradient = new float[count + 16];
        float[] halves = new float[BASE + (count + 15) / 16 * 16 * 16];
        for (int i = 0; i < count; i++) {
            int at = lanesAt + (i / DOT_TERMS * SUMS + filter % DOT_ROWS * DOT_TERMS + i % DOT_TERMS) * PANEL;
            for (int lane = 0; lane < PANEL / 2; lane += LENGTH) {
                FloatVector.fromArray(FLOATS, lanes, at + lane)
                        .add(FloatVector.fromArray(FLOATS, lanes, at + PANEL / 2 + lane))
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

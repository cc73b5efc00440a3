package coppice.backend.cpu.vector;

import static coppice.backend.cpu.vector.VectorTileKernels.DOT_ROWS;
import static coppice.backend.cpu.vector.VectorTileKernels.DOT_TERMS;
import static coppice.backend.cpu.vector.VectorTileKernels.HALF;
import static coppice.backend.cpu.vector.VectorTileKernels.PANEL;

import coppice.backend.Backend;
import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels.Learning;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.UpdateKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Learns filters from inner products of packed gradients with packed pixels.
 *
 * <p>Gradients of eight filters are packed together once, which learns the biases on the way. A part of the weights
 * goes through the batch twice, for the first 16 lanes of its sums and for the others, so that the lanes at work are
 * half as many and a part can be twice as large, which halves how often gradients are read. Stripe by stripe it packs
 * the pixels of its terms and adds the products to lanes in memory.
 */
final class VectorConvolutionLearning implements Learning {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int BASE = CpuTensor.BASE;
    private static final int SUMS = DOT_ROWS * DOT_TERMS * HALF; // lanes of a tile, half of each sum's
    private static final float[] ZEROS = new float[BASE + SUMS];
    private static final int ROW_TILES = 8; // of a part at most
    private static final int TILES = 432; // of a part at most: half their lanes take half the second-level cache
    private static final int PARTS_PER_THREAD = 2; // more would read the gradients more often

    /** What filters do with gradients. */
    @FunctionalInterface
    interface Filters {
        /** Steps one filter's weights of {@code count} terms from {@code term} on; may overwrite their gradients. */
        void step(int filter, int term, int count, float[] gradient);
    }

    private final Window window;
    private final Filters filters;
    private final CpuTensor bias;
    private final float[][] biasState;
    private final Backend.Updates steps;
    private final UpdateKernels updates;
    private final ThreadLocal<ConvolutionScratch> scratch;
    private final VectorConvolutionGradients gradients;
    private final VectorConvolutionPixels pixels;
    private final int panels;
    private final int termTiles;
    private final int termTilesOfPart;
    private final int termParts;

    @SuppressWarnings("checkstyle:ParameterNumber")
    VectorConvolutionLearning(
            Window window,
            Filters filters,
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
        this.filters = filters;
        this.bias = bias;
        this.biasState = biasState;
        this.steps = steps;
        this.updates = updates;
        this.scratch = scratch;
        panels = (batch + PANEL - 1) / PANEL;
        gradients = new VectorConvolutionGradients(window, dz, bias.rows(), batch, shared);
        pixels = new VectorConvolutionPixels(window, x, batch);
        termTiles = (window.terms() + DOT_TERMS - 1) / DOT_TERMS;
        int most = TILES / Math.min(gradients.tiles(), ROW_TILES);
        int parts = Math.max(PARTS_PER_THREAD * threads, (termTiles + most - 1) / most);
        int tilesOfPart = (termTiles + parts - 1) / parts;
        int together = pixels.tilesTogether();
        termTilesOfPart = (tilesOfPart + together - 1) / together * together;
        termParts = (termTiles + termTilesOfPart - 1) / termTilesOfPart;
    }

    @Override
    public int preparations() {
        return gradients.tiles();
    }

    /** Packs the gradients of a tile of filters and learns their biases. */
    @Override
    public void prepare(int tile) {
        float[] gradient = gradients.pack(tile, scratch.get());
        int first = bias.at(tile * DOT_ROWS);
        updates.apply(steps.bias(), gradient, 0, bias.data(), biasState, first, gradient.length);
    }

    @Override
    public int parts() {
        return termParts * ((gradients.tiles() + ROW_TILES - 1) / ROW_TILES);
    }

    /** Tiles of filters and tiles of terms. */
    private record Part(int tile, int tileEnd, int termTile, int termTileEnd) {
        int tilesOfTerms() {
            return termTileEnd - termTile;
        }

        /** Where the lanes of a tile begin: (halves, tiles of filters, tiles of terms, SUMS). */
        int lanesAt(int half, int i, int j) {
            return BASE + ((half * (tileEnd - tile) + i - tile) * tilesOfTerms() + j) * SUMS;
        }
    }

    @Override
    public void learn(int index) {
        int tile = index / termParts * ROW_TILES;
        int termTile = index % termParts * termTilesOfPart;
        int tileEnd = Math.min(gradients.tiles(), tile + ROW_TILES);
        Part part = new Part(tile, tileEnd, termTile, Math.min(termTiles, termTile + termTilesOfPart));
        ConvolutionScratch own = scratch.get();
        float[] lanes = own.sums(part.lanesAt(2, tile, 0));
        float[] packed = own.panels(pixels.length(part.tilesOfTerms()));
        for (int half = 0; half < 2; half++) {
            addDots(part, half, packed, lanes);
        }
        float[] folded = own.halves(part.tilesOfTerms() * DOT_TERMS * 16 + 256);
        float[] gradient = own.gradient(part.tilesOfTerms() * DOT_TERMS + 16);
        for (int filter = tile * DOT_ROWS; filter < Math.min(bias.rows(), tileEnd * DOT_ROWS); filter++) {
            step(filter, part, lanes, folded, gradient);
        }
    }

    /** Adds the products of one half of every panel of batch columns. */
    private void addDots(Part part, int half, float[] packed, float[] lanes) {
        for (int b = half * HALF; b < panels * PANEL; b += PANEL) {
            for (int top = 0; top < window.outHeight(); top += window.stripe()) {
                int bottom = Math.min(top + window.stripe(), window.outHeight());
                pixels.pack(part.termTile(), part.tilesOfTerms(), top, bottom, b, packed);
                boolean first = b < PANEL && top == 0;
                for (int i = part.tile(); i < part.tileEnd(); i++) {
                    int gradientsAt = gradients.at(i, b / HALF, top * window.outWidth());
                    for (int j = 0; j < part.tilesOfTerms(); j++) {
                        int at = part.lanesAt(half, i, j);
                        VectorTileKernels.addDots(
                                (bottom - top) * window.outWidth(),
                                gradients.packed(),
                                gradientsAt,
                                packed,
                                pixels.at(j),
                                pixels.step(),
                                window.outWidth() * pixels.step(),
                                pixels.pitch(),
                                first ? ZEROS : lanes,
                                first ? BASE : at,
                                lanes,
                                at);
                    }
                }
            }
        }
    }

    /** Folds the lanes of one filter's terms and learns them. */
    private void step(int filter, Part part, float[] lanes, float[] folded, float[] gradient) {
        int term = part.termTile() * DOT_TERMS;
        int count = Math.min(part.termTileEnd() * DOT_TERMS, window.terms()) - term;
        for (int i = 0; i < count; i++) {
            int sum = (filter % DOT_ROWS * DOT_TERMS + i % DOT_TERMS) * HALF;
            int low = part.lanesAt(0, filter / DOT_ROWS, i / DOT_TERMS) + sum;
            int high = part.lanesAt(1, filter / DOT_ROWS, i / DOT_TERMS) + sum;
            for (int lane = 0; lane < HALF; lane += LENGTH) {
                FloatVector.fromArray(FLOATS, lanes, low + lane)
                        .add(FloatVector.fromArray(FLOATS, lanes, high + lane))
                        .intoArray(folded, BASE + 16 * i + lane);
            }
        }
        if (LENGTH == 16) {
            VectorLanes.fold(folded, count, gradient, 0);
        } else {
            for (int i = 0; i < count; i++) {
                gradient[i] = foldHalf(folded, BASE + 16 * i);
            }
        }
        filters.step(filter, term, count, gradient);
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

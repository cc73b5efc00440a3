package coppice.backend.cpu.vector;

import static coppice.backend.cpu.vector.VectorTileKernels.PANEL;
import static coppice.backend.cpu.vector.VectorTileKernels.ROWS;

import coppice.backend.cpu.ConvolutionKernels.Block;
import coppice.backend.cpu.ConvolutionKernels.Product;
import coppice.backend.cpu.CpuTensor;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A convolution or its transpose as products of packed weights with packed pixels.
 *
 * <p>For a row of outputs and 32 batch columns the rows of pixels it reads are packed column of pixels by column, in
 * the order of the sums: (ky, channel). The terms of an output then lie together over the columns that its window
 * covers, and those of its neighbour overlap with them. Weights are packed in the same order, {@link
 * VectorTileKernels#ROWS} rows together; an output at the edge takes runs of them.
 */
final class VectorConvolutionProduct implements Product {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int BASE = CpuTensor.BASE;
    private static final int RUN = 3; // numbers that describe a run: first weight, first term of the panel, terms

    /**
     * Images of a tensor.
     *
     * @param channels number of images
     */
    record Images(CpuTensor tensor, int channels, int height, int width) {
        int at(int channel, int y, int x) {
            return tensor.at((channel * height + y) * width + x);
        }
    }

    /** Where the weight of an output row and a source channel lies: at the first of its kernel * kernel places. */
    @FunctionalInterface
    interface WeightIndex {
        int at(int row, int channel);
    }

    private final int kernel;
    private final Images from;
    private final Images to;
    private final Taps rows;
    private final Taps columns;
    private final boolean reversed; // columns of pixels are packed from right to left
    private final float[] weights;
    private final WeightIndex index;
    private final float[] starts; // (output channels)
    private final int batch;
    private final float[] packed; // (tiles, terms, ROWS)
    private final float[] startPanels; // (tiles, ROWS, PANEL)
    private final ThreadLocal<ConvolutionScratch> scratch;

    /**
     * A product.
     *
     * @param rows taps of the rows of pixels
     * @param columns taps of the columns of pixels
     * @param reversed whether the pixels that a window meets from left to right run from right to left
     * @param weights the weights
     * @param starts what the sums of each output channel start from, {@code startsAt} on
     * @param shared scratch of this call, which all threads share
     * @param scratch of each thread
     */
    @SuppressWarnings("checkstyle:ParameterNumber")
    VectorConvolutionProduct(
            int kernel,
            Images from,
            Images to,
            Taps rows,
            Taps columns,
            boolean reversed,
            float[] weights,
            WeightIndex index,
            float[] starts,
            int batch,
            ConvolutionScratch shared,
            ThreadLocal<ConvolutionScratch> scratch) {
        this.kernel = kernel;
        this.from = from;
        this.to = to;
        this.rows = rows;
        this.columns = columns;
        this.reversed = reversed;
        this.weights = weights;
        this.index = index;
        this.starts = starts;
        this.batch = batch;
        this.scratch = scratch;
        long packedRows = (long) preparations() * ROWS;
        this.packed = shared.panels(packedRows * terms());
        this.startPanels = shared.sums(packedRows * PANEL);
    }

    private int terms() {
        return kernel * kernel * from.channels();
    }

    @Override
    public int preparations() {
        return (to.channels() + ROWS - 1) / ROWS;
    }

    /** Packs the weights of a tile of output channels, and what their sums start from. */
    @Override
    public void prepare(int tile) {
        int rowsHere = Math.min(ROWS, to.channels() - tile * ROWS);
        int packedAt = BASE + tile * terms() * ROWS;
        if (rowsHere < ROWS) {
            Arrays.fill(packed, packedAt, packedAt + terms() * ROWS, 0f);
        }
        for (int channel = 0; channel < from.channels(); channel++) {
            for (int r = 0; r < rowsHere; r++) {
                int at = index.at(tile * ROWS + r, channel);
                for (int ky = 0; ky < kernel; ky++) {
                    for (int kx = 0; kx < kernel; kx++) {
                        int term = (kx * kernel + ky) * from.channels() + channel;
                        packed[packedAt + term * ROWS + r] = weights[at + ky * kernel + kx];
                    }
                }
            }
        }
        for (int r = 0; r < ROWS; r++) {
            int at = BASE + (tile * ROWS + r) * PANEL;
            Arrays.fill(startPanels, at, at + PANEL, r < rowsHere ? starts[tile * ROWS + r] : 0f);
        }
    }

    @Override
    public void compute(Block block) {
        ConvolutionScratch own = scratch.get();
        float[] panels = own.panels((long) from.width() * kernel * from.channels() * PANEL);
        float[] tile = own.sums(ROWS * PANEL);
        int[] runs = own.runs(to.width() * (kernel * kernel * RUN + 1));
        for (int row = block.rowFrom(); row < block.rowTo(); row++) {
            findRuns(row, runs);
            for (int b = 0; b < batch; b += PANEL) {
                pack(row, b, panels);
                for (int first = block.from(); first < block.to(); first += ROWS) {
                    computeRow(first, row, b, panels, runs, tile);
                }
            }
        }
    }

    /**
     * Finds for each output of a row the runs of terms that lie together both in the weights and in the panel: first
     * their number, then {@link #RUN} numbers each.
     */
    private void findRuns(int row, int[] runs) {
        int channels = from.channels();
        int terms = rows.count(row) * channels; // of a column of pixels
        for (int column = 0; column < to.width(); column++) {
            int at = column * (kernel * kernel * RUN + 1);
            int count = 0;
            int panel = 0;
            int nextWeight = -1;
            for (int j = columns.offsets()[column]; j < columns.offsets()[column + 1]; j++) {
                if (j == columns.offsets()[column]) {
                    panel = packedColumn(columns.sources()[j]) * terms;
                }
                for (int i = rows.offsets()[row]; i < rows.offsets()[row + 1]; i++) {
                    int weight = (columns.places()[j] * kernel + rows.places()[i]) * channels;
                    if (weight == nextWeight) {
                        runs[at + 1 + (count - 1) * RUN + 2] += channels;
                    } else {
                        runs[at + 1 + count * RUN] = weight;
                        runs[at + 1 + count * RUN + 1] = panel;
                        runs[at + 1 + count * RUN + 2] = channels;
                        count++;
                    }
                    nextWeight = weight + channels;
                    panel += channels;
                }
            }
            runs[at] = count;
        }
    }

    private int packedColumn(int x) {
        return reversed ? from.width() - 1 - x : x;
    }

    /** Packs the rows of pixels that a row of outputs reads, for 32 batch columns. */
    private void pack(int row, int b, float[] panels) {
        int count = rows.count(row);
        int column = count * from.channels() * PANEL;
        int step = reversed ? -column : column;
        for (int i = 0; i < count; i++) {
            int y = rows.sources()[rows.offsets()[row] + i];
            for (int channel = 0; channel < from.channels(); channel++) {
                int at = BASE + (i * from.channels() + channel) * PANEL + packedColumn(0) * column;
                packRow(from.at(channel, y, 0) + b, panels, at, step, b);
            }
        }
    }

    private void packRow(int x, float[] panels, int to, int step, int b) {
        float[] pixels = from.tensor().data();
        int stride = from.tensor().stride();
        if (b + PANEL <= stride) {
            for (int i = 0; i < from.width(); i++) {
                int source = x + i * stride;
                int target = to + i * step;
                for (int lane = 0; lane < PANEL; lane += VectorKernels.LENGTH) {
                    FloatVector.fromArray(FLOATS, pixels, source + lane).intoArray(panels, target + lane);
                }
            }
            return;
        }
        for (int i = 0; i < from.width(); i++) {
            System.arraycopy(pixels, x + i * stride, panels, to + i * step, batch - b);
        }
    }

    /** One row of outputs of a tile of channels. */
    private void computeRow(int first, int row, int b, float[] panels, int[] runs, float[] tile) {
        int rowsHere = Math.min(ROWS, to.channels() - first);
        boolean direct = rowsHere == ROWS && b + PANEL <= to.tensor().stride();
        float[] out = direct ? to.tensor().data() : tile;
        int outStep = direct ? to.height() * to.width() * to.tensor().stride() : PANEL;
        int weightAt = BASE + first * terms();
        int startAt = BASE + first * PANEL;
        for (int column = 0; column < to.width(); column++) {
            int outAt = direct ? to.at(first, row, column) + b : BASE;
            int at = column * (kernel * kernel * RUN + 1);
            int count = runs[at++];
            if (count == 0) {
                copy(startPanels, startAt, ROWS, out, outAt, outStep, PANEL);
            }
            for (int run = 0; run < count; run++, at += RUN) {
                VectorTileKernels.multiply(
                        runs[at + 2],
                        packed,
                        weightAt + runs[at] * ROWS,
                        panels,
                        BASE + runs[at + 1] * PANEL,
                        run == 0 ? startPanels : out,
                        run == 0 ? startAt : outAt,
                        run == 0 ? PANEL : outStep,
                        out,
                        outAt,
                        outStep);
            }
            if (!direct) {
                int toStep = to.height() * to.width() * to.tensor().stride();
                int width = Math.min(PANEL, batch - b);
                copy(tile, BASE, rowsHere, to.tensor().data(), to.at(first, row, column) + b, toStep, width);
            }
        }
    }

    private static void copy(float[] rows, int at, int count, float[] out, int outAt, int outStep, int width) {
        for (int r = 0; r < count; r++) {
            System.arraycopy(rows, at + r * PANEL, out, outAt + r * outStep, width);
        }
    }
}

package coppice.backend.cpu.vector;

import static coppice.backend.cpu.vector.VectorTileKernels.PANEL;
import static coppice.backend.cpu.vector.VectorTileKernels.ROWS;

import coppice.backend.cpu.ConvolutionKernels.Block;
import coppice.backend.cpu.ConvolutionKernels.Product;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.vector.Geometry.Images;
import coppice.parallel.Ranges;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A convolution or its transpose as products of packed weights with packed pixels.
 *
 * <p>For some rows of outputs and 32 batch columns the pixels they read are packed column of pixels by column, in the
 * order of the sums: (y, channel). So the terms of an output lie together in a run for each column that its window
 * covers, and outputs that are neighbours read the same ones. Weights are packed in the same order, {@link
 * VectorTileKernels#ROWS} rows together.
 */
final class VectorConvolutionProduct implements Product {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int BASE = CpuTensor.BASE;
    private static final int RUN = 3; // numbers that describe a run: first weight, first term of the panel, terms
    private static final long PIXELS = 192 * 1024; // packed at once: 768 KB of the second-level cache

    /**
     * Weights of (output channel, source channel, place).
     *
     * @param data the array
     * @param start index of the first one
     * @param outputStep distance between output channels
     * @param sourceStep distance between source channels
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Weights(float[] data, int start, int outputStep, int sourceStep) {}

    private final int kernel;
    private final Images from;
    private final Images to;
    private final Taps rows;
    private final Taps columns;
    private final boolean reversed;
    private final Weights weights;
    private final float[] starts; // (output channels)
    private final int batch;
    private final int rowsAtOnce;
    private final float[] packed; // (tiles, terms, ROWS)
    private final float[] startPanels; // (tiles, ROWS, PANEL)
    private final ThreadLocal<ConvolutionScratch> scratch;

    /**
     * A product.
     *
     * @param starts what the sums of each output channel start from
     * @param shared scratch of this call
     * @param scratch of each thread
     */
    @SuppressWarnings("checkstyle:ParameterNumber")
    VectorConvolutionProduct(
            Geometry geometry,
            Weights weights,
            float[] starts,
            int batch,
            ConvolutionScratch shared,
            ThreadLocal<ConvolutionScratch> scratch) {
        this.kernel = geometry.kernel();
        this.from = geometry.from();
        this.to = geometry.to();
        this.rows = geometry.rows();
        this.columns = geometry.columns();
        this.reversed = geometry.reversed();
        this.weights = weights;
        this.starts = starts;
        this.batch = batch;
        this.scratch = scratch;
        this.rowsAtOnce = rowsAtOnce();
        long packedRows = (long) preparations() * ROWS;
        this.packed = shared.panels(packedRows * terms());
        this.startPanels = shared.sums(packedRows * PANEL);
    }

    /** As many rows as keep the packed pixels in the cache. */
    private int rowsAtOnce() {
        int most = 1;
        while (most < to.height()
                && (long) sourceRows(0, most + 1) * from.width() * from.channels() * PANEL <= PIXELS) {
            most++;
        }
        return most;
    }

    /** Upper bound of the rows of pixels that some rows of outputs read. */
    private int sourceRows(int row, int end) {
        return Math.min(from.height(), kernel + end - row - 1);
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
        for (int r = 0; r < ROWS; r++) {
            int output = tile * ROWS + r;
            int start = BASE + output * PANEL;
            Arrays.fill(startPanels, start, start + PANEL, output < to.channels() ? starts[output] : 0f);
            for (int kx = 0; kx < kernel; kx++) {
                for (int ky = 0; ky < kernel; ky++) {
                    int term = (kx * kernel + ky) * from.channels();
                    packWeights(output, ky * kernel + kx, BASE + (tile * terms() + term) * ROWS + r);
                }
            }
        }
    }

    /** Packs the weights of an output channel and a place of the window, or zeros where there is no such channel. */
    private void packWeights(int output, int place, int at) {
        boolean exists = output < to.channels();
        int step = weights.sourceStep();
        int weight = weights.start() + output * weights.outputStep() + place;
        for (int channel = 0; channel < from.channels(); channel++) {
            packed[at + channel * ROWS] = exists ? weights.data()[weight + channel * step] : 0f;
        }
    }

    @Override
    public void compute(Block block) {
        ConvolutionScratch own = scratch.get();
        int most = sourceRows(0, rowsAtOnce);
        float[] panels = own.panels((long) from.width() * most * from.channels() * PANEL);
        float[] tile = own.sums(ROWS * PANEL);
        int[] runs = own.runs(rowsAtOnce * runsOfRow());
        int count = block.rowTo() - block.rowFrom();
        int parts = (count + rowsAtOnce - 1) / rowsAtOnce;
        for (int part = 0; part < parts; part++) {
            int row = block.rowFrom() + Ranges.start(count, part, parts);
            int end = block.rowFrom() + Ranges.start(count, part + 1, parts);
            int top = Integer.MAX_VALUE;
            int bottom = 0;
            for (int i = rows.offsets()[row]; i < rows.offsets()[end]; i++) {
                top = Math.min(top, rows.sources()[i]);
                bottom = Math.max(bottom, rows.sources()[i] + 1);
            }
            for (int r = row; r < end; r++) {
                findRuns(r, top, bottom, runs, (r - row) * runsOfRow());
            }
            for (int b = 0; b < batch; b += PANEL) {
                pack(top, bottom, b, panels);
                for (int first = block.from(); first < block.to(); first += ROWS) {
                    for (int r = row; r < end; r++) {
                        computeRow(first, r, b, panels, runs, (r - row) * runsOfRow(), tile);
                    }
                }
            }
        }
    }

    /** Numbers that describe the runs of an output: how many, and those. */
    private int runsOfOutput() {
        return 1 + kernel * kernel * RUN;
    }

    private int runsOfRow() {
        return to.width() * runsOfOutput();
    }

    /** Finds for each output of a row the runs of terms that lie together both in the weights and in the panel. */
    private void findRuns(int row, int top, int bottom, int[] runs, int runsAt) {
        int channels = from.channels();
        for (int column = 0; column < to.width(); column++) {
            int at = runsAt + column * runsOfOutput();
            int count = 0;
            int nextWeight = -1;
            int nextPanel = -1;
            for (int j = columns.offsets()[column]; j < columns.offsets()[column + 1]; j++) {
                int x = columns.sources()[j];
                int packedColumn = (reversed ? from.width() - 1 - x : x) * (bottom - top);
                for (int i = rows.offsets()[row]; i < rows.offsets()[row + 1]; i++) {
                    int y = rows.sources()[i];
                    int panel = (packedColumn + (reversed ? bottom - 1 - y : y - top)) * channels;
                    int weight = (columns.places()[j] * kernel + rows.places()[i]) * channels;
                    if (weight == nextWeight && panel == nextPanel) {
                        runs[at + count * RUN] += channels;
                    } else {
                        runs[at + 1 + count * RUN] = weight;
                        runs[at + 2 + count * RUN] = panel;
                        runs[at + 3 + count * RUN] = channels;
                        count++;
                    }
                    nextWeight = weight + channels;
                    nextPanel = panel + channels;
                }
            }
            runs[at] = count;
        }
    }

    /** Packs rows of pixels for 32 batch columns. */
    private void pack(int top, int bottom, int b, float[] panels) {
        int channels = from.channels();
        int step = (bottom - top) * channels * PANEL; // between columns of pixels
        for (int y = top; y < bottom; y++) {
            int packedRow = reversed ? bottom - 1 - y : y - top;
            int at = BASE + packedRow * channels * PANEL + (reversed ? (from.width() - 1) * step : 0);
            for (int channel = 0; channel < channels; channel++) {
                packRow(from.at(channel, y, 0) + b, panels, at + channel * PANEL, reversed ? -step : step, b);
            }
        }
    }

    private void packRow(int x, float[] panels, int to, int step, int b) {
        float[] pixels = from.tensor().data();
        int stride = from.tensor().stride();
        if (b + PANEL > stride) {
            for (int i = 0; i < from.width(); i++) {
                System.arraycopy(pixels, x + i * stride, panels, to + i * step, batch - b);
            }
            return;
        }
        int target = to;
        int end = x + from.width() * stride;
        for (int source = x; source < end; source += stride) {
            FloatVector.fromArray(FLOATS, pixels, source).intoArray(panels, target);
            FloatVector.fromArray(FLOATS, pixels, source + LENGTH).intoArray(panels, target + LENGTH);
            if (LENGTH < PANEL / 2) {
                FloatVector.fromArray(FLOATS, pixels, source + 2 * LENGTH).intoArray(panels, target + 2 * LENGTH);
                FloatVector.fromArray(FLOATS, pixels, source + 3 * LENGTH).intoArray(panels, target + 3 * LENGTH);
            }
            target += step;
        }
    }

    /** One row of outputs of a tile of channels. */
    private void computeRow(int first, int row, int b, float[] panels, int[] runs, int runsAt, float[] tile) {
        int rowsHere = Math.min(ROWS, to.channels() - first);
        boolean direct = rowsHere == ROWS && b + PANEL <= to.tensor().stride();
        float[] out = direct ? to.tensor().data() : tile;
        int outStep = direct ? to.height() * to.width() * to.tensor().stride() : PANEL;
        int weightAt = BASE + first * terms();
        int startAt = BASE + first * PANEL;
        for (int column = 0; column < to.width(); column++) {
            int outAt = direct ? to.at(first, row, column) + b : BASE;
            int at = runsAt + column * runsOfOutput();
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

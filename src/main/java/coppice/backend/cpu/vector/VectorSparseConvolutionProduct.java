package coppice.backend.cpu.vector;

import coppice.backend.cpu.ConvolutionKernels.Block;
import coppice.backend.cpu.ConvolutionKernels.Product;
import coppice.backend.cpu.CpuSparseTensor;
import coppice.backend.cpu.vector.Geometry.Images;
import coppice.matrix.CsrPattern;
import java.util.Arrays;

/**
 * A convolution with sparse filters or its transpose: at each output a sum over the connections whose pixels exist.
 *
 * <p>Away from the edges all outputs of a row take the same connections, with other pixels at the same distances.
 */
final class VectorSparseConvolutionProduct implements Product {
    private final int kernel;
    private final Images from;
    private final Images to;
    private final Taps rows;
    private final Taps columns;
    private final boolean transposed;
    private final CsrPattern pattern;
    private final float[] weights;
    private final float[] starts; // (output channels)
    private final int batch;
    private final int longest; // connections of an output

    VectorSparseConvolutionProduct(Geometry geometry, CpuSparseTensor w, float[] starts, int batch) {
        this.kernel = geometry.kernel();
        this.from = geometry.from();
        this.to = geometry.to();
        this.rows = geometry.rows();
        this.columns = geometry.columns();
        this.transposed = geometry.reversed();
        this.pattern = w.pattern();
        this.weights = w.values();
        this.starts = starts;
        this.batch = batch;
        int most = 0;
        for (int output = 0; output < to.channels(); output++) {
            most = Math.max(most, end(output) - first(output));
        }
        this.longest = most;
    }

    /** The first connection of an output channel, in CSR order or, transposed, in the order of columns. */
    private int first(int output) {
        return transposed
                ? pattern.transpose().columnOffsets()[output * kernel * kernel]
                : pattern.rowOffsets()[output];
    }

    private int end(int output) {
        return transposed
                ? pattern.transpose().columnOffsets()[(output + 1) * kernel * kernel]
                : pattern.rowOffsets()[output + 1];
    }

    /** The connections of one output channel, and those of them that an output takes. */
    private final class Connections {
        private final int[] sources = new int[longest]; // source channel
        private final int[] places = new int[longest]; // ky * kernel + kx
        private final float[] values = new float[longest];
        private int count;

        private final int[] rowPixels = new int[longest]; // first pixel of the row that a connection meets
        private final int[] rowPlaces = new int[longest]; // kx
        private final float[] rowValues = new float[longest];
        private final int[] fullPixels = new int[longest]; // of the first output away from the edges
        private int rowCount;

        private final int[] pixels = new int[longest];
        private final float[] pixelValues = new float[longest];

        private final int[] met = new int[kernel]; // coordinate that a place of the window meets, or -1
        private final VectorSparseKernels.Terms inside =
                new VectorSparseKernels.Terms(fullPixels, rowValues, from.tensor());
        private final VectorSparseKernels.Terms atEdge =
                new VectorSparseKernels.Terms(pixels, pixelValues, from.tensor());

        void read(int output) {
            int square = kernel * kernel;
            int first = first(output);
            count = end(output) - first;
            if (!transposed) {
                for (int i = 0; i < count; i++) {
                    int term = pattern.columnIndices()[first + i];
                    set(i, term / square, term % square, first + i);
                }
                return;
            }
            CsrPattern.Transpose transpose = pattern.transpose();
            for (int place = 0; place < square; place++) {
                int column = output * square + place;
                for (int k = transpose.columnOffsets()[column]; k < transpose.columnOffsets()[column + 1]; k++) {
                    set(k - first, transpose.rowIndices()[k], place, transpose.valueIndices()[k]);
                }
            }
        }

        private void set(int i, int source, int place, int index) {
            sources[i] = source;
            places[i] = place;
            values[i] = weights[index];
        }

        /** Notes what each place of the window meets along one axis. */
        private void meet(Taps taps, int output) {
            Arrays.fill(met, -1);
            for (int i = taps.offsets()[output]; i < taps.offsets()[output + 1]; i++) {
                met[taps.places()[i]] = taps.sources()[i];
            }
        }

        /** Selects the connections that a row of outputs takes. */
        private void select(int row, int fullColumn) {
            meet(rows, row);
            rowCount = 0;
            for (int i = 0; i < count; i++) {
                int y = met[places[i] / kernel];
                if (y >= 0) {
                    rowPixels[rowCount] = from.row(sources[i], y, 0);
                    rowPlaces[rowCount] = places[i] % kernel;
                    rowValues[rowCount++] = values[i];
                }
            }
            if (fullColumn >= 0) {
                meet(columns, fullColumn);
                for (int i = 0; i < rowCount; i++) {
                    fullPixels[i] = rowPixels[i] + met[rowPlaces[i]];
                }
            }
        }

        void computeRow(int output, int row, int fullColumn) {
            select(row, fullColumn);
            int fullSource = fullColumn < 0 ? 0 : columns.sources()[columns.offsets()[fullColumn]];
            for (int column = 0; column < to.width(); column++) {
                int out = to.row(output, row, column);
                if (columns.count(column) == kernel) {
                    int shift = columns.sources()[columns.offsets()[column]] - fullSource;
                    inside.sumShifted(shift, 0, 0, rowCount, starts[output], to.tensor(), out, batch);
                    continue;
                }
                meet(columns, column);
                int n = 0;
                for (int i = 0; i < rowCount; i++) {
                    int x = met[rowPlaces[i]];
                    pixels[n] = rowPixels[i] + x;
                    pixelValues[n] = rowValues[i];
                    n += x >= 0 ? 1 : 0;
                }
                atEdge.sum(0, 0, n, starts[output], to.tensor(), out, batch);
            }
        }
    }

    @Override
    public void compute(Block block) {
        Connections connections = new Connections();
        int fullColumn = -1; // the first output whose whole window meets pixels
        for (int column = to.width() - 1; column >= 0; column--) {
            fullColumn = columns.count(column) == kernel ? column : fullColumn;
        }
        for (int output = block.from(); output < block.to(); output++) {
            connections.read(output);
            for (int row = block.rowFrom(); row < block.rowTo(); row++) {
                connections.computeRow(output, row, fullColumn);
            }
        }
    }
}

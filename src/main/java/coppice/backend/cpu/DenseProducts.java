package coppice.backend.cpu;

import coppice.backend.Update;
import coppice.backend.cpu.DenseKernels.Operand;
import coppice.backend.cpu.DenseKernels.Panels;
import coppice.backend.cpu.DenseKernels.Range;
import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;
import java.util.Arrays;

/** The products of dense layers, shared out over the threads of a pool. */
final class DenseProducts {
    private static final int PANEL = DenseKernels.PANEL;
    private static final int TILE_ROWS = 6;
    private static final int FEW_ROWS = 24; // read a right factor where it lies
    private static final int ROW_BLOCK = 24; // weights learned at once: rows,
    private static final int COLUMN_BLOCK = 256; // and columns

    private final KernelSet kernels;
    private final WorkerPool pool;
    private final RowTasks tasks;
    private float[] packed = new float[0];

    DenseProducts(KernelSet kernels, WorkerPool pool, RowTasks tasks) {
        this.kernels = kernels;
        this.pool = pool;
        this.tasks = tasks;
    }

    /**
     * Of a product (rows, terms) by (terms, columns).
     *
     * @param rows rows of the result
     * @param columns columns of the result
     * @param terms terms of each sum
     */
    record Shape(int rows, int columns, int terms) {}

    /** c += a b, shared out by blocks of rows and, where rows are few, of columns; between two other passes over c. */
    void multiplyAdd(Operand a, CpuTensor b, CpuTensor c, Shape shape, RowTasks.Range prepare, RowTasks.Range finish) {
        int rows = shape.rows();
        int columns = CpuTensor.paddedBatch(shape.columns(), b, c); // what lies past the batch may be written over
        int terms = shape.terms();
        Operand out = Operand.of(c);
        boolean inPlace = rows <= FEW_ROWS && !CpuTensor.isNarrow(b, c);
        Panels panels = inPlace ? Panels.of(b) : pack(Operand.of(b), terms, columns);
        if (tasks.enough(rows, TILE_ROWS)) {
            tasks.runByUnits(rows, TILE_ROWS, (from, to) -> {
                prepare.run(from, to);
                kernels.dense().multiplyAdd(a, panels, out, new Range(from, to, 0, columns, terms));
                finish.run(from, to);
            });
            return;
        }
        tasks.run(rows, columns, prepare);
        int columnParts = (columns + PANEL - 1) / PANEL;
        int rowParts = Math.max(1, rows / (8 * TILE_ROWS));
        pool.run(rowParts * columnParts, task -> {
            int part = task / columnParts;
            int column = task % columnParts;
            Range range = new Range(
                    Ranges.start(rows, part, rowParts, TILE_ROWS),
                    Ranges.start(rows, part + 1, rowParts, TILE_ROWS),
                    column * PANEL,
                    Math.min(columns, (column + 1) * PANEL),
                    terms);
            kernels.dense().multiplyAdd(a, panels, out, range);
        });
        tasks.run(rows, columns, finish);
    }

    /** Packs the right factor of a product into scratch that the next product overwrites. */
    private Panels pack(Operand b, int terms, int columns) {
        int length = DenseKernels.packedLength(terms, columns);
        if (packed.length < length) {
            packed = new float[length];
        }
        float[] target = packed;
        pool.run((columns + PANEL - 1) / PANEL, panel -> kernels.dense().pack(b, terms, columns, panel, target));
        return Panels.packed(target, terms);
    }

    /** w learns from dW = dz x^T, each gradient used at once. */
    void learn(CpuTensor w, float[][] state, CpuTensor dz, CpuTensor x, Update update, int batch) {
        if (w.rows() <= PANEL) {
            learnFewRows(w, state, dz, x, update, batch);
            return;
        }
        Panels inputs = pack(Operand.transposed(x), batch, w.columns());
        int blocks = (w.rows() + ROW_BLOCK - 1) / ROW_BLOCK;
        int columnParts = blocks < pool.threads() ? pool.threads() : 1;
        pool.run(blocks * columnParts, task -> {
            int row = task / columnParts * ROW_BLOCK;
            int rowEnd = Math.min(w.rows(), row + ROW_BLOCK);
            int from = Ranges.start(w.columns(), task % columnParts, columnParts, PANEL);
            int to = Ranges.start(w.columns(), task % columnParts + 1, columnParts, PANEL);
            learnBlock(w, state, Operand.of(dz), inputs, update, new Range(row, rowEnd, from, to, batch));
        });
    }

    /** Few outputs: dW^T = x dz^T, so that the small factor is the one to be packed. */
    private void learnFewRows(CpuTensor w, float[][] state, CpuTensor dz, CpuTensor x, Update update, int batch) {
        Panels gradients = pack(Operand.transposed(dz), batch, w.rows());
        int width = w.rows() <= PANEL / 2 ? PANEL / 2 : PANEL;
        pool.run((w.columns() + COLUMN_BLOCK - 1) / COLUMN_BLOCK, block -> {
            int from = block * COLUMN_BLOCK;
            int to = Math.min(w.columns(), from + COLUMN_BLOCK);
            float[] transposed = new float[(to - from) * PANEL];
            Operand target = new Operand(transposed, -from * PANEL, PANEL, 1);
            kernels.dense().multiplyAdd(Operand.of(x), gradients, target, new Range(from, to, 0, width, batch));
            float[] gradient = new float[to - from];
            for (int row = 0; row < w.rows(); row++) {
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] = transposed[i * PANEL + row];
                }
                kernels.updates().apply(update, gradient, 0, w.data(), state, w.at(row) + from, to - from);
            }
        });
    }

    /** A block of weights, a stretch of columns at a time so that the gradient stays in the cache. */
    private void learnBlock(CpuTensor w, float[][] state, Operand dz, Panels inputs, Update update, Range block) {
        float[] gradient = new float[ROW_BLOCK * COLUMN_BLOCK];
        for (int column = block.columnFrom(); column < block.columnTo(); column += COLUMN_BLOCK) {
            int end = Math.min(block.columnTo(), column + COLUMN_BLOCK);
            Arrays.fill(gradient, 0f);
            Operand target = new Operand(gradient, -block.rowFrom() * COLUMN_BLOCK - column, COLUMN_BLOCK, 1);
            Range range = new Range(block.rowFrom(), block.rowTo(), column, end, block.terms());
            kernels.dense().multiplyAdd(dz, inputs, target, range);
            for (int row = block.rowFrom(); row < block.rowTo(); row++) {
                int gradientAt = (row - block.rowFrom()) * COLUMN_BLOCK;
                kernels.updates()
                        .apply(update, gradient, gradientAt, w.data(), state, w.at(row) + column, end - column);
            }
        }
    }
}

package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.backend.cpu.DenseKernels.Operand;
import coppice.backend.cpu.DenseKernels.Range;
import coppice.matrix.CsrPattern;
import coppice.matrix.Matrix;
import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;
import java.util.Arrays;

/**
 * Training on the processor: shares each operation out over a pool of threads.
 *
 * <p>EXACT tier: every element is computed by one thread in the order the operation states, so neither the number of
 * threads nor the choice of kernels changes a bit.
 */
public final class CpuBackend implements Backend {
    private static final int TASKS_PER_THREAD = 8;
    private static final int ROW_BLOCK = 24; // dense weights learned at once: rows,
    private static final int COLUMN_BLOCK = 256; // and columns

    private final KernelSet kernels;
    private final WorkerPool pool;
    private final LossKernels lossKernels = new LossKernels();
    private Totals totals = Totals.ZERO;
    private int[] batchLabels = new int[0];
    private float[] packed = new float[0];

    /**
     * A backend on a pool, which it does not close.
     *
     * @throws UnsupportedOperationException if the processor has no fused multiply-add, without which Java's is
     *     thousands of times too slow
     */
    public CpuBackend(KernelSet kernels, WorkerPool pool) {
        FusedMultiplyAdd.require();
        this.kernels = kernels;
        this.pool = pool;
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String description() {
        return kernels.name() + " kernels, " + pool.threads() + (pool.threads() == 1 ? " thread" : " threads");
    }

    @Override
    public Tensor activations(int neurons, int batch) {
        return CpuTensor.activations(neurons, batch);
    }

    @Override
    public Tensor tensor(int rows, int columns) {
        return CpuTensor.packed(rows, columns);
    }

    @Override
    public Neurons.Bits bits(int rows, int columns) {
        return new CpuBits(rows, columns);
    }

    @Override
    public SparseTensor sparse(CsrPattern pattern, float[] values, int stateBuffers) {
        return new CpuSparseTensor(pattern, values, stateBuffers);
    }

    @Override
    public void upload(Tensor tensor, float[] values) {
        ((CpuTensor) tensor).write(values);
    }

    @Override
    public float[] download(Tensor tensor) {
        return ((CpuTensor) tensor).read();
    }

    @Override
    public float[] weights(SparseTensor tensor) {
        return ((CpuSparseTensor) tensor).values();
    }

    @Override
    public float[] state(SparseTensor tensor, int buffer) {
        return ((CpuSparseTensor) tensor).state(buffer);
    }

    @Override
    public void setState(SparseTensor tensor, int buffer, float[] values) {
        ((CpuSparseTensor) tensor).setState(buffer, values);
    }

    @Override
    public void rewire(SparseTensor tensor, CsrPattern pattern, float[] values, int[] origin) {
        ((CpuSparseTensor) tensor).rewire(pattern, values, origin);
    }

    @Override
    public Samples samples(Matrix features, int[] labels) {
        return new CpuSamples(features, labels);
    }

    @Override
    public void order(Samples samples, int[] order) {
        ((CpuSamples) samples).order = order.clone();
    }

    @Override
    public void gather(Samples samples, int start, Tensor offset, Tensor scale, Tensor x, Pass pass) {
        CpuTensor to = (CpuTensor) x;
        int blocks = (to.rows() + SampleKernels.FEATURE_BLOCK - 1) / SampleKernels.FEATURE_BLOCK;
        pool.run(
                blocks,
                block -> SampleKernels.gather(
                        (CpuSamples) samples, start, (CpuTensor) offset, (CpuTensor) scale, to, pass.batch(), block));
    }

    @Override
    public void forward(SparseTensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        CpuSparseTensor w = (CpuSparseTensor) weights;
        CpuTensor z = (CpuTensor) outputs.preActivation();
        byRows(w.pattern().rowOffsets(), (from, to) -> {
            kernels.sparse().spmm(w, (CpuTensor) bias, (CpuTensor) x, z, pass.batch(), from, to);
            kernels.neurons().activate(outputs, pass, from, to);
        });
    }

    @Override
    public void forward(Tensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        CpuTensor w = (CpuTensor) weights;
        CpuTensor z = (CpuTensor) outputs.preActivation();
        CpuTensor b = (CpuTensor) bias;
        pool.run(tasks(w.rows()), task -> {
            for (int row = taskStart(w.rows(), task); row < taskStart(w.rows(), task + 1); row++) {
                Arrays.fill(z.data(), z.at(row), z.at(row) + pass.batch(), b.data()[b.at(row)]);
            }
        });
        multiplyAdd(Operand.of(w), Operand.of((CpuTensor) x), z, pass.batch(), w.columns());
        pool.run(
                tasks(w.rows()),
                task -> kernels.neurons()
                        .activate(outputs, pass, taskStart(w.rows(), task), taskStart(w.rows(), task + 1)));
    }

    @Override
    public void backward(SparseTensor weights, Tensor dz, Neurons below, Pass pass) {
        CpuSparseTensor w = (CpuSparseTensor) weights;
        CpuTensor dx = (CpuTensor) below.gradient();
        byRows(w.pattern().transpose().columnOffsets(), (from, to) -> {
            kernels.sparse().spmmTransposed(w, (CpuTensor) dz, dx, pass.batch(), from, to);
            kernels.neurons().derive(below, pass, from, to);
        });
    }

    @Override
    public void backward(Tensor weights, Tensor dz, Neurons below, Pass pass) {
        CpuTensor w = (CpuTensor) weights;
        CpuTensor dx = (CpuTensor) below.gradient();
        pool.run(tasks(w.columns()), task -> {
            for (int row = taskStart(w.columns(), task); row < taskStart(w.columns(), task + 1); row++) {
                Arrays.fill(dx.data(), dx.at(row), dx.at(row) + pass.batch(), 0f);
            }
        });
        multiplyAdd(Operand.transposed(w), Operand.of((CpuTensor) dz), dx, pass.batch(), w.rows());
        pool.run(
                tasks(w.columns()),
                task -> kernels.neurons()
                        .derive(below, pass, taskStart(w.columns(), task), taskStart(w.columns(), task + 1)));
    }

    /** c += a b over the batch, shared out by blocks of rows and, where rows are few, of columns. */
    private void multiplyAdd(Operand a, Operand b, CpuTensor c, int batch, int terms) {
        float[] factor = pack(b, terms, batch);
        int rows = c.rows();
        boolean fewRows = rows < 6 * TASKS_PER_THREAD * pool.threads();
        int columnParts = fewRows ? Math.max(1, batch / DenseKernels.PANEL) : 1;
        int rowParts = fewRows ? Math.max(1, rows / 48) : TASKS_PER_THREAD * pool.threads();
        Operand out = Operand.of(c);
        pool.run(rowParts * columnParts, task -> {
            int part = task / columnParts;
            int column = task % columnParts;
            Range range = new Range(
                    Ranges.start(rows, part, rowParts, 6),
                    Ranges.start(rows, part + 1, rowParts, 6),
                    Ranges.start(batch, column, columnParts, DenseKernels.PANEL),
                    Ranges.start(batch, column + 1, columnParts, DenseKernels.PANEL),
                    terms);
            kernels.dense().multiplyAdd(a, factor, out, range);
        });
    }

    /** Packs the right factor of a product into scratch that the next product overwrites. */
    private float[] pack(Operand b, int terms, int columns) {
        int length = DenseKernels.packedLength(terms, columns);
        if (packed.length < length) {
            packed = new float[length];
        }
        float[] target = packed;
        int panels = (columns + DenseKernels.PANEL - 1) / DenseKernels.PANEL;
        pool.run(panels, panel -> kernels.dense().pack(b, terms, columns, panel, target));
        return target;
    }

    @Override
    public void update(SparseTensor weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass) {
        CpuSparseTensor w = (CpuSparseTensor) weights;
        CpuTensor d = (CpuTensor) dz;
        float[][] biasState = buffers(bias);
        byRows(w.pattern().rowOffsets(), (from, to) -> {
            kernels.sparse().sddmmUpdate(w, d, (CpuTensor) x, updates.weights(), pass.batch(), from, to);
            kernels.neurons()
                    .updateBias((CpuTensor) bias.value(), biasState, d, updates.bias(), pass.batch(), from, to);
        });
    }

    @Override
    public void update(Parameter weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass) {
        CpuTensor w = (CpuTensor) weights.value();
        CpuTensor d = (CpuTensor) dz;
        float[][] state = buffers(weights);
        float[][] biasState = buffers(bias);
        float[] inputs = pack(Operand.transposed((CpuTensor) x), pass.batch(), w.columns());
        int blocks = (w.rows() + ROW_BLOCK - 1) / ROW_BLOCK;
        int columnParts = blocks < pool.threads() ? pool.threads() : 1;
        pool.run(blocks * columnParts, task -> {
            int row = task / columnParts * ROW_BLOCK;
            int rowEnd = Math.min(w.rows(), row + ROW_BLOCK);
            int from = Ranges.start(w.columns(), task % columnParts, columnParts, DenseKernels.PANEL);
            int to = Ranges.start(w.columns(), task % columnParts + 1, columnParts, DenseKernels.PANEL);
            updateBlock(d, inputs, w, state, updates.weights(), new Range(row, rowEnd, from, to, pass.batch()));
        });
        pool.run(tasks(w.rows()), task -> {
            int from = taskStart(w.rows(), task);
            int to = taskStart(w.rows(), task + 1);
            kernels.neurons()
                    .updateBias((CpuTensor) bias.value(), biasState, d, updates.bias(), pass.batch(), from, to);
        });
    }

    /** Learns a block of dense weights, a stretch of columns at a time so that the gradient stays in the cache. */
    private void updateBlock(CpuTensor dz, float[] inputs, CpuTensor w, float[][] state, Update update, Range block) {
        float[] gradient = new float[ROW_BLOCK * COLUMN_BLOCK];
        for (int column = block.columnFrom(); column < block.columnTo(); column += COLUMN_BLOCK) {
            int end = Math.min(block.columnTo(), column + COLUMN_BLOCK);
            Arrays.fill(gradient, 0f);
            Operand target = new Operand(gradient, -block.rowFrom() * COLUMN_BLOCK - column, COLUMN_BLOCK, 1);
            Range range = new Range(block.rowFrom(), block.rowTo(), column, end, block.terms());
            kernels.dense().multiplyAdd(Operand.of(dz), inputs, target, range);
            for (int row = block.rowFrom(); row < block.rowTo(); row++) {
                int gradientAt = (row - block.rowFrom()) * COLUMN_BLOCK;
                kernels.updates()
                        .apply(update, gradient, gradientAt, w.data(), state, w.at(row) + column, end - column);
            }
        }
    }

    @Override
    public void update(Parameter parameter, Tensor gradient, Update update) {
        CpuTensor w = (CpuTensor) parameter.value();
        CpuTensor g = (CpuTensor) gradient;
        int size = w.rows() * w.stride();
        kernels.updates().apply(update, g.data(), g.at(0), w.data(), buffers(parameter), w.at(0), size);
    }

    @Override
    public void sddmm(SparseTensor pattern, Tensor dz, Tensor x, Tensor out, Pass pass) {
        CsrPattern cells = pattern.pattern();
        byRows(
                cells.rowOffsets(),
                (from, to) -> kernels.sparse()
                        .sddmm(cells, (CpuTensor) dz, (CpuTensor) x, (CpuTensor) out, pass.batch(), from, to));
    }

    @Override
    public void probabilities(Loss loss, Neurons outputs, Pass pass) {
        lossKernels.probabilities(loss, outputs, pass.batch());
    }

    @Override
    public void loss(Loss loss, Samples samples, int start, Neurons outputs, Pass pass) {
        CpuSamples data = (CpuSamples) samples;
        if (batchLabels.length < pass.batch()) {
            batchLabels = new int[pass.batch()];
        }
        for (int b = 0; b < pass.batch(); b++) {
            batchLabels[b] = data.labels[data.order[start + b]];
        }
        totals = lossKernels.loss(loss, outputs, batchLabels, pass.batch(), pass.training(), totals);
    }

    @Override
    public Totals totals() {
        return totals;
    }

    @Override
    public void setTotals(Totals start) {
        totals = start;
    }

    @Override
    public void close() {
        // Nothing to release: tensors are Java arrays and the pool belongs to the caller.
    }

    @FunctionalInterface
    private interface RowRange {
        void run(int from, int to);
    }

    /** Runs ranges of rows of about equal connections. */
    private void byRows(int[] offsets, RowRange body) {
        int tasks = tasks(offsets.length - 1);
        pool.run(tasks, task -> {
            int from = Ranges.startByConnections(offsets, 8, task, tasks);
            int to = Ranges.startByConnections(offsets, 8, task + 1, tasks);
            if (from < to) {
                body.run(from, to);
            }
        });
    }

    private int tasks(int rows) {
        return Math.max(1, Math.min(rows / 4, TASKS_PER_THREAD * pool.threads()));
    }

    private int taskStart(int rows, int task) {
        return Ranges.start(rows, task, tasks(rows));
    }

    private static float[][] buffers(Parameter parameter) {
        float[][] buffers = new float[parameter.state().size()][];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = ((CpuTensor) parameter.state().get(i)).data();
        }
        return buffers;
    }
}

package coppice.backend.cpu;

import coppice.backend.Backend;
import coppice.backend.Bernoulli;
import coppice.backend.ImageMaps;
import coppice.backend.Joined;
import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Pooling;
import coppice.backend.Samples;
import coppice.backend.SparseTensor;
import coppice.backend.Sums;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.backend.cpu.DenseKernels.Operand;
import coppice.backend.cpu.DenseProducts.Shape;
import coppice.matrix.CsrPattern;
import coppice.matrix.Matrix;
import coppice.parallel.WorkerPool;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Training on the processor: shares each operation out over a pool of threads.
 *
 * <p>EXACT tier: every element is computed by one thread in the order the operation states, so neither the number of
 * threads nor the choice of kernels changes a bit.
 */
public final class CpuBackend implements Backend {
    private static final int SAMPLE_WORK = 8; // multiplications that drawing a state takes as long as

    private final KernelSet kernels;
    private final WorkerPool pool;
    private final RowTasks rows;
    private final SparseProducts sparse;
    private final SparseLearning learning;
    private final DenseProducts dense;
    private final Convolutions convolutions;
    private final LossKernels lossKernels = new LossKernels();
    private Totals totals = Totals.ZERO;
    private int[] batchLabels = new int[0];
    private float[] rowSums = new float[0];

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
        this.rows = new RowTasks(pool);
        this.dense = new DenseProducts(kernels, pool, rows);
        this.sparse = new SparseProducts(kernels, rows);
        this.learning = new SparseLearning(kernels, rows);
        this.convolutions = new Convolutions(kernels.neurons(), pool);
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
    public Samples samples(Matrix features, int[] labels, float @Nullable [] classWeights) {
        return new CpuSamples(features, labels, classWeights);
    }

    @Override
    public void order(Samples samples, int[] order, @Nullable ImageMaps maps) {
        ((CpuSamples) samples).setOrder(order, maps);
    }

    @Override
    public void gather(Samples samples, int start, Tensor offset, Tensor scale, Tensor x, Pass pass) {
        CpuTensor to = (CpuTensor) x;
        ImageMaps maps = ((CpuSamples) samples).maps;
        if (maps != null) {
            gatherImages((CpuSamples) samples, maps, start, (CpuTensor) offset, (CpuTensor) scale, to, pass.batch());
            return;
        }
        int blocks = (to.rows() + SampleKernels.FEATURE_BLOCK - 1) / SampleKernels.FEATURE_BLOCK;
        pool.run(
                blocks,
                block -> kernels.samples()
                        .gather(
                                (CpuSamples) samples,
                                start,
                                (CpuTensor) offset,
                                (CpuTensor) scale,
                                to,
                                pass.batch(),
                                block));
    }

    private void gatherImages(
            CpuSamples samples, ImageMaps maps, int start, CpuTensor offset, CpuTensor scale, CpuTensor x, int batch) {
        int groups = (batch + ImageTile.SAMPLES - 1) / ImageTile.SAMPLES;
        pool.run(
                groups * maps.channels(),
                task -> kernels.samples().gatherImages(samples, maps, start, offset, scale, x, batch, task));
    }

    @Override
    public void forward(SparseTensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        sparse.forward((CpuSparseTensor) weights, (CpuTensor) bias, (CpuTensor) x, outputs, pass);
    }

    @Override
    public void forward(Tensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        CpuTensor w = (CpuTensor) weights;
        CpuTensor z = (CpuTensor) outputs.preActivation();
        CpuTensor b = (CpuTensor) bias;
        RowTasks.Range prepare = (from, to) -> {
            for (int row = from; row < to; row++) {
                Arrays.fill(z.data(), z.at(row), z.at(row) + pass.batch(), b.data()[b.at(row)]);
            }
        };
        RowTasks.Range finish = (from, to) -> kernels.neurons().activate(outputs, pass, from, to);
        dense.multiplyAdd(
                Operand.of(w), (CpuTensor) x, z, new Shape(w.rows(), pass.batch(), w.columns()), prepare, finish);
    }

    @Override
    public void backward(SparseTensor weights, Tensor dz, Neurons below, Pass pass) {
        sparse.backward((CpuSparseTensor) weights, (CpuTensor) dz, below, pass);
    }

    @Override
    public void backward(Tensor weights, Tensor dz, Neurons below, Pass pass) {
        CpuTensor w = (CpuTensor) weights;
        CpuTensor dx = (CpuTensor) below.gradient();
        RowTasks.Range prepare = (from, to) -> {
            for (int row = from; row < to; row++) {
                Arrays.fill(dx.data(), dx.at(row), dx.at(row) + pass.batch(), 0f);
            }
        };
        RowTasks.Range finish = (from, to) -> kernels.neurons().derive(below, pass, from, to);
        Shape shape = new Shape(w.columns(), pass.batch(), w.rows());
        dense.multiplyAdd(Operand.transposed(w), (CpuTensor) dz, dx, shape, prepare, finish);
    }

    @Override
    public void update(SparseTensor weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass) {
        learning.learn(layer(weights, bias, updates, pass), (CpuTensor) dz, (CpuTensor) x);
    }

    @Override
    public void update(SparseTensor weights, Parameter bias, Joined dz, Joined x, Updates updates, Pass pass) {
        learning.learn(layer(weights, bias, updates, pass), dz, x);
    }

    private static SparseLearning.Layer layer(SparseTensor weights, Parameter bias, Updates updates, Pass pass) {
        return new SparseLearning.Layer(
                (CpuSparseTensor) weights, (CpuTensor) bias.value(), buffers(bias), updates, pass.batch());
    }

    @Override
    public void update(Parameter weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass) {
        CpuTensor w = (CpuTensor) weights.value();
        CpuTensor d = (CpuTensor) dz;
        float[][] state = buffers(weights);
        float[][] biasState = buffers(bias);
        dense.learn(w, state, d, (CpuTensor) x, updates.weights(), pass.batch());
        rows.run(
                w.rows(),
                pass.batch(),
                (from, to) -> kernels.neurons()
                        .updateBias((CpuTensor) bias.value(), biasState, d, updates.bias(), pass.batch(), from, to));
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
        rows.runByConnections(
                cells.rowOffsets(),
                pass.batch(),
                (from, to) -> kernels.sparse()
                        .sddmm(cells, (CpuTensor) dz, (CpuTensor) x, (CpuTensor) out, pass.batch(), from, to));
    }

    @Override
    public void forward(Window window, Tensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        CpuTensor z = (CpuTensor) outputs.preActivation();
        convolutions.forward(
                window,
                weights.rows(),
                kernels.convolution()
                        .forward(window, (CpuTensor) weights, (CpuTensor) bias, (CpuTensor) x, z, pass.batch()),
                outputs,
                pass);
    }

    @Override
    public void forward(Window window, SparseTensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        CpuTensor z = (CpuTensor) outputs.preActivation();
        convolutions.forward(
                window,
                weights.pattern().rows(),
                kernels.convolution()
                        .forward(window, (CpuSparseTensor) weights, (CpuTensor) bias, (CpuTensor) x, z, pass.batch()),
                outputs,
                pass);
    }

    @Override
    public void backward(Window window, Tensor weights, Tensor dz, Neurons below, Pass pass) {
        CpuTensor dx = (CpuTensor) below.gradient();
        convolutions.backward(
                window,
                kernels.convolution().backward(window, (CpuTensor) weights, (CpuTensor) dz, dx, pass.batch()),
                below,
                pass);
    }

    @Override
    public void backward(Window window, SparseTensor weights, Tensor dz, Neurons below, Pass pass) {
        CpuTensor dx = (CpuTensor) below.gradient();
        convolutions.backward(
                window,
                kernels.convolution().backward(window, (CpuSparseTensor) weights, (CpuTensor) dz, dx, pass.batch()),
                below,
                pass);
    }

    @Override
    public void update(
            Window window, Parameter weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass) {
        convolutions.learn(kernels.convolution()
                .update(
                        window,
                        (CpuTensor) weights.value(),
                        buffers(weights),
                        (CpuTensor) bias.value(),
                        buffers(bias),
                        (CpuTensor) dz,
                        (CpuTensor) x,
                        updates,
                        pass.batch(),
                        pool.threads()));
    }

    @Override
    public void update(
            Window window, SparseTensor weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass) {
        convolutions.learn(kernels.convolution()
                .update(
                        window,
                        (CpuSparseTensor) weights,
                        (CpuTensor) bias.value(),
                        buffers(bias),
                        (CpuTensor) dz,
                        (CpuTensor) x,
                        updates,
                        pass.batch(),
                        pool.threads()));
    }

    @Override
    public void pool(Pooling pooling, Window window, Tensor x, Neurons outputs, Pass pass) {
        CpuTensor z = (CpuTensor) outputs.preActivation();
        rows.run(window.channels(), pass.batch() * window.height() * window.width(), (from, to) -> {
            kernels.pooling().pool(pooling, window, (CpuTensor) x, z, pass.batch(), from, to);
            kernels.neurons().activate(outputs, pass, from * window.positions(), to * window.positions());
        });
    }

    @Override
    public void unpool(Pooling pooling, Window window, Tensor dz, Neurons below, Pass pass) {
        CpuTensor x = (CpuTensor) below.output();
        CpuTensor dx = (CpuTensor) below.gradient();
        int pixels = window.height() * window.width();
        rows.run(window.channels(), pass.batch() * pixels, (from, to) -> {
            kernels.pooling().unpool(pooling, window, (CpuTensor) dz, x, dx, pass.batch(), from, to);
            kernels.neurons().derive(below, pass, from * pixels, to * pixels);
        });
    }

    @Override
    public void sample(Bernoulli units, Tensor z, @Nullable Tensor states, Pass pass) {
        rows.run(
                z.rows(),
                pass.batch() * SAMPLE_WORK,
                (from, to) -> kernels.stochastic().sample(units, (CpuTensor) z, (CpuTensor) states, pass, from, to));
    }

    @Override
    public void join(Joined joined) {
        CpuTensor out = (CpuTensor) joined.out();
        rows.run(
                out.rows(),
                joined.aCount() + joined.bCount(),
                (from, to) -> kernels.stochastic().join(joined, out, from, to));
    }

    @Override
    public void updateBias(Parameter bias, Tensor dz, Update update, Pass pass) {
        CpuTensor value = (CpuTensor) bias.value();
        float[][] state = buffers(bias);
        rows.run(
                dz.rows(),
                pass.batch(),
                (from, to) ->
                        kernels.neurons().updateBias(value, state, (CpuTensor) dz, update, pass.batch(), from, to));
    }

    @Override
    public void updateBias(Parameter bias, Joined dz, Update update, Pass pass) {
        CpuTensor value = (CpuTensor) bias.value();
        CpuTensor out = (CpuTensor) dz.out();
        float[][] state = buffers(bias);
        rows.run(out.rows(), pass.batch(), (from, to) -> {
            kernels.stochastic().join(dz, out, from, to);
            kernels.neurons().updateBias(value, state, out, update, pass.batch(), from, to);
        });
    }

    @Override
    public void squaredError(Tensor target, Tensor output, Pass pass) {
        float[] sums = rowSums.length < target.rows() ? new float[target.rows()] : rowSums;
        rowSums = sums;
        rows.run(
                target.rows(),
                pass.batch(),
                (from, to) -> kernels.stochastic()
                        .squaredErrors((CpuTensor) target, (CpuTensor) output, pass.batch(), from, to, sums));
        double[] lanes = new double[Lanes.COUNT];
        for (int row = 0; row < target.rows(); row++) {
            lanes[row % Lanes.COUNT] += sums[row];
        }
        totals = new Totals(
                totals.loss() + Lanes.fold(lanes, 0, 1) / target.rows(),
                totals.correct(),
                totals.samples() + pass.batch());
    }

    @Override
    public Sums sums(int columns) {
        return new CpuSums(columns);
    }

    @Override
    public double[] download(Sums sums) {
        return ((CpuSums) sums).values().clone();
    }

    @Override
    public void anneal(Tensor z, Tensor v, Tensor difference, float from, float to, Sums sums, Pass pass) {
        double[] values = ((CpuSums) sums).values();
        int groups = (pass.batch() + Lanes.COUNT - 1) / Lanes.COUNT;
        pool.run(groups, group -> {
            int first = group * Lanes.COUNT;
            int last = Math.min(first + Lanes.COUNT, pass.batch());
            kernels.stochastic()
                    .anneal((CpuTensor) z, (CpuTensor) v, (CpuTensor) difference, from, to, values, first, last);
        });
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
        totals = lossKernels.loss(loss, outputs, batchLabels, data.classWeights, pass, totals);
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

    private static float[][] buffers(Parameter parameter) {
        float[][] buffers = new float[parameter.state().size()][];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = ((CpuTensor) parameter.state().get(i)).data();
        }
        return buffers;
    }
}

package coppice.backend.cuda;

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
import coppice.matrix.CsrPattern;
import coppice.matrix.Matrix;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Training on an NVIDIA GPU: every operation is one or two kernels, queued on one stream.
 *
 * <p>EXACT tier: our own kernels sum in the order that {@link Backend} states, and so give the bits of the CPU backend.
 * CLOSE tier: products by NVIDIA's libraries, where {@link ProductLibraries} asks for them.
 */
public final class CudaBackend implements Backend {
    private final Device device;
    private final Kernels kernels;
    private final DataPlacement placement;
    private final StepState state;
    private final StepGraphs graphs;
    private final SparseProducts sparse;
    private final DenseProducts dense;
    private final ConvolutionProducts convolutions;
    private final SparseConvolutionKernels sparseConvolutions;
    private final FilterKernels filters;
    private final PoolingKernels pooling;
    private final ProductLibraries libraries;
    private final NeuronKernels neurons;
    private final UpdateKernels updates;
    private final LossKernels losses;
    private final SampleKernels batches;
    private final StochasticKernels stochastic;

    private CudaBackend(Device device, Kernels kernels, long dataMemory, ProductLibraries libraries) {
        this.device = device;
        this.kernels = kernels;
        this.placement = new DataPlacement(device, dataMemory, libraries);
        this.state = new StepState(device);
        this.graphs = new StepGraphs(device, state);
        this.neurons = new NeuronKernels(kernels, state);
        this.updates = new UpdateKernels(kernels, state);
        this.libraries = libraries;
        this.sparse = libraries.cusparse()
                ? new CusparseProducts(device, kernels, neurons, updates)
                : new SparseKernels(kernels, state, neurons);
        this.filters = new FilterKernels(device, kernels, state);
        this.sparseConvolutions = new SparseConvolutionKernels(kernels, neurons);
        this.pooling = new PoolingKernels(kernels, neurons);
        if (libraries.cublas()) {
            Cublas cublas = new Cublas(device, libraries.tf32());
            this.dense = new CublasProducts(device, kernels, cublas);
            this.convolutions =
                    new CublasConvolutions(device, kernels, cublas, neurons, CublasConvolutions.PATCHES_BYTES);
        } else {
            this.dense = new DenseKernels(device, kernels);
            this.convolutions = new ConvolutionKernels(device, kernels, neurons, filters);
        }
        this.losses = new LossKernels(device, kernels, state);
        this.batches = new SampleKernels(kernels, state);
        this.stochastic = new StochasticKernels(kernels, state, losses.totalsMemory());
    }

    /** A backend on a GPU with our own kernels only, and data sets on the GPU as far as they fit. */
    public static CudaBackend open(int index) {
        return open(index, DataPlacement.UNLIMITED, ProductLibraries.NONE);
    }

    /**
     * A backend on a GPU.
     *
     * @param index number of the GPU, from 0
     * @param dataMemory bytes that data sets may take on the GPU; those that do not fit are sent batch by batch
     * @param libraries which products are left to NVIDIA's libraries
     * @throws CudaUnavailableException if there is no driver, no such GPU, it is too old, or a library is missing
     * @throws CudaException if it cannot be used all the same
     */
    public static CudaBackend open(int index, long dataMemory, ProductLibraries libraries) {
        CudaDevices.find().require(index);
        libraries.require();
        Device device = Device.open(index);
        try {
            Kernels kernels = new Kernels(device);
            try {
                return new CudaBackend(device, kernels, dataMemory, libraries);
            } catch (RuntimeException | Error e) {
                kernels.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            device.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String description() {
        return device.name() + ", " + libraries.describe();
    }

    @Override
    public Tensor activations(int count, int batch) {
        return CudaTensor.activations(device, count, batch);
    }

    @Override
    public Tensor tensor(int rows, int columns) {
        placement.expectDense((long) rows * columns);
        return CudaTensor.packed(device, rows, columns);
    }

    @Override
    public Neurons.Bits bits(int rows, int columns) {
        return new CudaBits(device, rows, columns);
    }

    @Override
    public SparseTensor sparse(CsrPattern pattern, float[] values, int stateBuffers) {
        placement.expectSparse(pattern.connections());
        return new CudaSparseTensor(device, pattern, values, stateBuffers);
    }

    @Override
    public void upload(Tensor tensor, float[] values) {
        ((CudaTensor) tensor).write(values);
    }

    @Override
    public float[] download(Tensor tensor) {
        return ((CudaTensor) tensor).read();
    }

    @Override
    public void expectWeights(SparseTensor tensor) {
        ((CudaSparseTensor) tensor).expectValues();
    }

    @Override
    public float[] weights(SparseTensor tensor) {
        return ((CudaSparseTensor) tensor).readValues();
    }

    @Override
    public float[] state(SparseTensor tensor, int buffer) {
        return ((CudaSparseTensor) tensor).readState(buffer);
    }

    @Override
    public void setState(SparseTensor tensor, int buffer, float[] values) {
        ((CudaSparseTensor) tensor).setState(buffer, values);
    }

    @Override
    public void rewire(SparseTensor tensor, CsrPattern pattern, float[] values, int[] origin) {
        sparse.forget((CudaSparseTensor) tensor);
        ((CudaSparseTensor) tensor).rewire(pattern, values, origin, updates);
    }

    @Override
    public Samples samples(Matrix features, int[] labels, float @Nullable [] classWeights) {
        return new CudaSamples(device, features, labels, classWeights, placement);
    }

    @Override
    public void order(Samples samples, int[] order, @Nullable ImageMaps maps) {
        if (((CudaSamples) samples).setOrder(order, maps)) {
            graphs.forget();
        }
    }

    @Override
    public void gather(Samples samples, int start, Tensor offset, Tensor scale, Tensor x, Pass pass) {
        state.start(start);
        CudaSamples from = (CudaSamples) samples;
        graphs.reads(from.streamed());
        batches.gather(from, start, (CudaTensor) offset, (CudaTensor) scale, (CudaTensor) x, pass);
    }

    @Override
    public void step(Step step, Runnable operations) {
        device.transfers().forget();
        graphs.run(step, operations);
    }

    @Override
    public void forward(SparseTensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        state.step(pass.step());
        sparse.forward((CudaSparseTensor) weights, (CudaTensor) bias, (CudaTensor) x, outputs, pass);
    }

    @Override
    public void forward(Tensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        state.step(pass.step());
        CudaTensor z = (CudaTensor) outputs.preActivation();
        dense.forward((CudaTensor) weights, (CudaTensor) bias, (CudaTensor) x, z, pass.batch());
        neurons.activate(outputs, pass);
    }

    @Override
    public void backward(SparseTensor weights, Tensor dz, Neurons below, Pass pass) {
        sparse.backward((CudaSparseTensor) weights, (CudaTensor) dz, below, pass);
    }

    @Override
    public void backward(Tensor weights, Tensor dz, Neurons below, Pass pass) {
        dense.backward((CudaTensor) weights, (CudaTensor) dz, (CudaTensor) below.gradient(), pass.batch());
        neurons.derive(below, pass);
    }

    @Override
    public void update(SparseTensor weights, Parameter bias, Tensor dz, Tensor x, Updates steps, Pass pass) {
        device.transfers().forget();
        state.update(steps.weights());
        sparse.update((CudaSparseTensor) weights, bias, (CudaTensor) dz, (CudaTensor) x, steps, pass.batch());
    }

    @Override
    public void update(Parameter weights, Parameter bias, Tensor dz, Tensor x, Updates steps, Pass pass) {
        state.update(steps.weights());
        CudaTensor w = (CudaTensor) weights.value();
        DeviceMemory gradient = dense.gradient(w, (CudaTensor) dz, (CudaTensor) x, pass.batch());
        updates.learn(weights, gradient, steps.weights());
        updates.learnBias(bias, (CudaTensor) dz, steps.bias(), pass.batch());
    }

    @Override
    public void update(Parameter parameter, Tensor gradient, Update update) {
        state.update(update);
        updates.learn(parameter, ((CudaTensor) gradient).memory(), update);
    }

    @Override
    public void sddmm(SparseTensor pattern, Tensor dz, Tensor x, Tensor out, Pass pass) {
        sparse.sddmm((CudaSparseTensor) pattern, (CudaTensor) dz, (CudaTensor) x, (CudaTensor) out, pass.batch());
    }

    @Override
    public void forward(Window window, Tensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        state.step(pass.step());
        convolutions.forward(window, (CudaTensor) weights, (CudaTensor) bias, (CudaTensor) x, outputs, pass);
    }

    @Override
    public void forward(Window window, SparseTensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass) {
        state.step(pass.step());
        CudaSparseTensor w = (CudaSparseTensor) weights;
        sparseConvolutions.forward(window, w, (CudaTensor) bias, (CudaTensor) x, outputs, pass);
    }

    @Override
    public void backward(Window window, Tensor weights, Tensor dz, Neurons below, Pass pass) {
        convolutions.backward(window, (CudaTensor) weights, (CudaTensor) dz, below, pass);
    }

    @Override
    public void backward(Window window, SparseTensor weights, Tensor dz, Neurons below, Pass pass) {
        sparseConvolutions.backward(window, (CudaSparseTensor) weights, (CudaTensor) dz, below, pass);
    }

    @Override
    public void update(
            Window window, Parameter weights, Parameter bias, Tensor dz, Tensor x, Updates steps, Pass pass) {
        state.update(steps.weights());
        CudaTensor w = (CudaTensor) weights.value();
        DeviceMemory gradient = convolutions.gradient(window, w, (CudaTensor) dz, (CudaTensor) x, pass.batch());
        updates.learn(weights, gradient, steps.weights());
        filters.learnBias(window, bias, (CudaTensor) dz, steps.bias(), pass.batch());
    }

    @Override
    public void update(
            Window window, SparseTensor weights, Parameter bias, Tensor dz, Tensor x, Updates steps, Pass pass) {
        device.transfers().forget();
        state.update(steps.weights());
        CudaSparseTensor w = (CudaSparseTensor) weights;
        if (w.pattern().connections() > 0) {
            DeviceMemory gradient = filters.gradient(window, w, (CudaTensor) dz, (CudaTensor) x, pass.batch());
            updates.learn(w, gradient, steps.weights());
        }
        filters.learnBias(window, bias, (CudaTensor) dz, steps.bias(), pass.batch());
    }

    @Override
    public void pool(Pooling kind, Window window, Tensor x, Neurons outputs, Pass pass) {
        state.step(pass.step());
        pooling.pool(kind, window, (CudaTensor) x, outputs, pass);
    }

    @Override
    public void unpool(Pooling kind, Window window, Tensor dz, Neurons below, Pass pass) {
        pooling.unpool(kind, window, (CudaTensor) dz, below, pass);
    }

    @Override
    public void sample(Bernoulli units, Tensor z, @Nullable Tensor states, Pass pass) {
        state.step(pass.step());
        stochastic.sample(units, (CudaTensor) z, (CudaTensor) states, pass);
    }

    @Override
    public void join(Joined joined) {
        stochastic.join(joined);
    }

    @Override
    public void updateBias(Parameter bias, Tensor dz, Update update, Pass pass) {
        state.update(update);
        updates.learnBias(bias, (CudaTensor) dz, update, pass.batch());
    }

    @Override
    public void squaredError(Tensor target, Tensor output, Pass pass) {
        stochastic.squaredError((CudaTensor) target, (CudaTensor) output, pass);
    }

    @Override
    public Sums sums(int columns) {
        return new CudaSums(device.zeros((long) columns * Double.BYTES, "sums of a batch"), columns);
    }

    @Override
    public double[] download(Sums sums) {
        double[] values = new double[sums.columns()];
        device.synchronize();
        device.download(Pointer.to(values), ((CudaSums) sums).memory(), 0, (long) values.length * Double.BYTES);
        state.restart();
        return values;
    }

    @Override
    public void anneal(Tensor z, Tensor v, Tensor difference, float from, float to, Sums sums, Pass pass) {
        stochastic.anneal((CudaTensor) z, (CudaTensor) v, (CudaTensor) difference, from, to, (CudaSums) sums, pass);
    }

    @Override
    public void probabilities(Loss loss, Neurons outputs, Pass pass) {
        losses.probabilities(loss, outputs, pass);
    }

    @Override
    public void loss(Loss loss, Samples samples, int start, Neurons outputs, Pass pass) {
        state.start(start);
        losses.loss(loss, (CudaSamples) samples, outputs, pass);
    }

    @Override
    public Totals totals() {
        Totals totals = losses.totals(); // waits for the stream
        state.restart();
        return totals;
    }

    @Override
    public void setTotals(Totals totals) {
        losses.setTotals(totals);
    }

    @Override
    public void close() {
        device.settle();
        graphs.close();
        kernels.close();
        device.close();
    }
}

package coppice.benchmark;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Sparse layers on one thread: products, and the weight gradient with and without the step it is for. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SparseBenchmark {
    private static final double EPSILON = 20;

    /** Neurons on either side. */
    @Param({"1000", "4000"})
    public int size;

    /** Samples in a batch. */
    @Param("128")
    public int batch;

    /** Which kernels. */
    @Param({"vector", "plain"})
    public String kernels;

    private Backend backend;
    private SparseTensor weights;
    private Parameter bias;
    private Tensor x;
    private Tensor dz;
    private Tensor gradient;
    private Neurons bare;
    private Backend.Updates momentum;
    private Backend.Updates adam;
    private SparseTensor adamWeights;
    private Parameter adamBias;
    private Pass pass;
    private double products; // operations of one product
    private double activations; // bytes of one activation tensor
    private double connections;

    /** The kernels of a name. */
    static Backend backend(String kernels, int threads) {
        KernelSet set = kernels.equals("plain")
                ? KernelSet.plain()
                : KernelSet.vector().orElseThrow(() -> new IllegalStateException("the Vector API is absent"));
        return new CpuBackend(set, new WorkerPool(threads));
    }

    /** An Erdos-Renyi pattern of the given epsilon. */
    static CsrPattern pattern(int rows, int columns, double epsilon, Random random) {
        double density = epsilon * (rows + columns) / ((double) rows * columns);
        int[] offsets = new int[rows + 1];
        int[] indices = new int[rows * columns];
        int connections = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                if (random.nextDouble() < density) {
                    indices[connections++] = column;
                }
            }
            offsets[row + 1] = connections;
        }
        return new CsrPattern(rows, columns, offsets, Arrays.copyOf(indices, connections));
    }

    static Tensor uploaded(Backend backend, Tensor tensor, Random random) {
        float[] values = new float[tensor.rows() * tensor.columns()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        backend.upload(tensor, values);
        return tensor;
    }

    static Parameter parameter(Backend backend, int rows, int columns, Random random) {
        return new Parameter(
                uploaded(backend, backend.tensor(rows, columns), random),
                java.util.List.of(backend.tensor(rows, columns), backend.tensor(rows, columns)));
    }

    /** Draws the layer. */
    @Setup
    public void setup() {
        Random random = new Random(1);
        backend = backend(kernels, 1);
        CsrPattern pattern = pattern(size, size, EPSILON, random);
        float[] values = new float[pattern.connections()];
        for (int k = 0; k < values.length; k++) {
            values[k] = (random.nextFloat() - 0.5f) * 0.1f;
        }
        weights = backend.sparse(pattern, values, 1);
        adamWeights = backend.sparse(pattern, values.clone(), 2);
        bias = parameter(backend, size, 1, random);
        adamBias = parameter(backend, size, 1, random);
        x = uploaded(backend, backend.activations(size, batch), random);
        dz = uploaded(backend, backend.activations(size, batch), random);
        gradient = backend.tensor(1, pattern.connections());
        Tensor out = backend.activations(size, batch);
        bare = Neurons.of(backend, Activation.IDENTITY, out, out, null, null);
        // Rates near zero: the weights stay as they are however often the step is taken.
        Update sgd = new Update(Update.Kind.SGD, 1e-9f, 0.9f, 2e-4f, false, 0, 0, 0);
        momentum = new Backend.Updates(sgd, sgd);
        Update adamStep = new Update(Update.Kind.ADAM, 1e-9f, 0.9f, 2e-4f, false, 0.999f, 1, 1e-8f);
        adam = new Backend.Updates(adamStep, adamStep);
        pass = new Pass(batch, true, 0);
        connections = pattern.connections();
        products = 2 * connections * batch;
        activations = 4.0 * size * batch;
    }

    /** Forward, a bare linear layer. */
    @Benchmark
    public void spmm(Work work) {
        backend.forward(weights, bias.value(), x, bare, pass);
        work.add(products, 2 * activations + 8 * connections);
    }

    /** Backward to a layer of linear neurons. */
    @Benchmark
    public void spmmTransposed(Work work) {
        backend.backward(weights, dz, bare, pass);
        work.add(products, 2 * activations + 12 * connections);
    }

    /** The weight gradient alone. */
    @Benchmark
    public void sddmm(Work work) {
        backend.sddmm(weights, dz, x, gradient, pass);
        work.add(products, 2 * activations + 8 * connections);
    }

    /** The weight gradient and the step with momentum. */
    @Benchmark
    public void sddmmMomentum(Work work) {
        backend.update(weights, bias, dz, x, momentum, pass);
        work.add(products, 2 * activations + 20 * connections);
    }

    /** The weight gradient and the step of Adam. */
    @Benchmark
    public void sddmmAdam(Work work) {
        backend.update(adamWeights, adamBias, dz, x, adam, pass);
        work.add(products, 2 * activations + 28 * connections);
    }
}

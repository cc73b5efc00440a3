package coppice.benchmark;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Tensor;
import coppice.backend.Update;
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

/** Dense layers on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DenseBenchmark {
    /** Neurons on either side. */
    @Param("1000")
    public int size;

    /** Samples in a batch. */
    @Param("128")
    public int batch;

    /** Which kernels. */
    @Param({"vector", "plain"})
    public String kernels;

    private Backend backend;
    private Parameter weights;
    private Parameter bias;
    private Tensor x;
    private Tensor dz;
    private Neurons bare;
    private Backend.Updates updates;
    private Pass pass;
    private double products;
    private double activations;
    private double cells;

    /** Draws the layer. */
    @Setup
    public void setup() {
        Random random = new Random(1);
        backend = SparseBenchmark.backend(kernels, 1);
        weights = SparseBenchmark.parameter(backend, size, size, random);
        bias = SparseBenchmark.parameter(backend, size, 1, random);
        x = SparseBenchmark.uploaded(backend, backend.activations(size, batch), random);
        dz = SparseBenchmark.uploaded(backend, backend.activations(size, batch), random);
        Tensor out = backend.activations(size, batch);
        bare = Neurons.of(backend, Activation.IDENTITY, out, out, null, null);
        Update sgd = new Update(Update.Kind.SGD, 1e-9f, 0.9f, 2e-4f, false, 0, 0, 0);
        updates = new Backend.Updates(sgd, sgd);
        pass = new Pass(batch, true, 0);
        cells = (double) size * size;
        products = 2 * cells * batch;
        activations = 4.0 * size * batch;
    }

    /** Forward, a bare linear layer. */
    @Benchmark
    public void forward(Work work) {
        backend.forward(weights.value(), bias.value(), x, bare, pass);
        work.add(products, 2 * activations + 4 * cells);
    }

    /** Backward to a layer of linear neurons. */
    @Benchmark
    public void backward(Work work) {
        backend.backward(weights.value(), dz, bare, pass);
        work.add(products, 2 * activations + 4 * cells);
    }

    /** The weight gradient and the step with momentum. */
    @Benchmark
    public void update(Work work) {
        backend.update(weights, bias, dz, x, updates, pass);
        work.add(products, 2 * activations + 16 * cells);
    }
}

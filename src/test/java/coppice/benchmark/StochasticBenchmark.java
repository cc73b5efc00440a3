package coppice.benchmark;

import coppice.backend.Backend;
import coppice.backend.Bernoulli;
import coppice.backend.Joined;
import coppice.backend.Pass;
import coppice.backend.Sums;
import coppice.backend.Tensor;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Units with two states on one thread, in nanoseconds an element: 784 units, 100 columns.
 *
 * <p>An element is read and written once or twice, 4 to 12 bytes; drawing it takes a quarter of a Philox block.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StochasticBenchmark {
    private static final int UNITS = 784;
    private static final int BATCH = 100;
    private static final int ELEMENTS = UNITS * BATCH;

    /** Which kernels. */
    @Param({"vector", "plain"})
    public String kernels;

    private Backend backend;
    private Tensor z;
    private Tensor states;
    private Tensor both;
    private Tensor bias;
    private Sums sums;
    private Bernoulli units;
    private final Pass pass = new Pass(BATCH, true, 3);

    /** Tensors of random numbers. */
    @Setup
    public void prepare() {
        backend = SparseBenchmark.backend(kernels, 1);
        Random random = new Random(1);
        z = backend.activations(UNITS, BATCH);
        states = backend.activations(UNITS, BATCH);
        both = backend.activations(UNITS, 2 * BATCH);
        bias = backend.tensor(UNITS, 1);
        float[] numbers = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            numbers[i] = random.nextFloat() - 0.5f;
        }
        backend.upload(z, numbers);
        sums = backend.sums(BATCH);
        units = new Bernoulli(true, bias, null, 1, 1, Philox.purposeWord(Stream.SAMPLE, 0));
    }

    /** Probabilities and states. */
    @Benchmark
    @OperationsPerInvocation(ELEMENTS)
    public void sample() {
        backend.sample(units, z, states, pass);
    }

    /** Probabilities alone. */
    @Benchmark
    @OperationsPerInvocation(ELEMENTS)
    public void probabilities() {
        backend.sample(units, z, null, pass);
    }

    /** Two batches side by side. */
    @Benchmark
    @OperationsPerInvocation(2 * ELEMENTS)
    public void join() {
        backend.join(new Joined(z, BATCH, 1, states, BATCH, 1, both));
    }

    /** The reconstruction error. */
    @Benchmark
    @OperationsPerInvocation(ELEMENTS)
    public void squaredError() {
        backend.squaredError(z, states, pass);
    }

    /** A step of annealing. */
    @Benchmark
    @OperationsPerInvocation(ELEMENTS)
    public void anneal() {
        backend.anneal(z, states, bias, 0.5f, 0.6f, sums, pass);
    }
}

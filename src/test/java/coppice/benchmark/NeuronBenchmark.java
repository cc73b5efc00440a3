package coppice.benchmark;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Dropout;
import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.cpu.KernelSet;
import coppice.matrix.ByteMatrix;
import coppice.random.Philox;
import coppice.random.Stream;
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

/** What is done element by element on 1000 neurons, on one thread: gigaBytes / (4 * bytes moved) is elements. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class NeuronBenchmark {
    private static final int NEURONS = 1000;
    private static final int BATCH = 128;
    private static final double BYTES = 4.0 * NEURONS * BATCH; // of one tensor

    /** The activation function, or LEAKY with dropout. */
    @Param({"RELU", "LEAKY", "SRELU", "TANH", "SIGMOID", "DROPOUT"})
    public String function;

    /** Which kernels. */
    @Param({"vector", "plain"})
    public String kernels;

    private Backend backend;
    private KernelSet set;
    private Neurons neurons;
    private Pass pass;

    /** Draws the neurons. */
    @Setup
    public void setup() {
        Random random = new Random(1);
        backend = SparseBenchmark.backend(kernels, 1);
        set = kernels.equals("plain") ? KernelSet.plain() : KernelSet.vector().orElseThrow();
        boolean dropout = function.equals("DROPOUT");
        Activation.Kind kind = dropout ? Activation.Kind.LEAKY : Activation.Kind.valueOf(function);
        Parameter slopes = SparseBenchmark.parameter(backend, 4, NEURONS, random);
        neurons = Neurons.of(
                backend,
                new Activation(kind, kind == Activation.Kind.LEAKY ? 0.25f : 0),
                backend.activations(NEURONS, BATCH),
                SparseBenchmark.uploaded(backend, backend.activations(NEURONS, BATCH), random),
                kind == Activation.Kind.SRELU ? slopes : null,
                dropout ? Dropout.of(0.3, 1, Philox.purposeWord(Stream.DROPOUT, 1)) : null);
        pass = new Pass(BATCH, true, 0);
    }

    /** Function and dropout. */
    @Benchmark
    public void activate(Work work) {
        set.neurons().activate(neurons, pass, 0, NEURONS);
        work.add(0, 2 * BYTES);
    }

    /** Their derivatives; the gradient shrinks from call to call, to zero and no further. */
    @Benchmark
    public void derive(Work work) {
        set.neurons().derive(neurons, pass, 0, NEURONS);
        work.add(0, 3 * BYTES);
    }

    /** Loss, data and vectors of parameters. */
    @State(Scope.Thread)
    public static class Rest {
        private final Backend backend = SparseBenchmark.backend("vector", 1);
        private final Samples samples;
        private final Tensor x = backend.activations(784, BATCH);
        private final Tensor offset = backend.tensor(1, 784);
        private final Tensor scale = backend.tensor(1, 784);
        private final Neurons outputs;
        private final Pass pass = new Pass(BATCH, true, 0);

        /** Draws the data. */
        public Rest() {
            Random random = new Random(1);
            byte[] pixels = new byte[10_000 * 784];
            random.nextBytes(pixels);
            int[] labels = new int[10_000];
            Arrays.setAll(labels, i -> i % 10);
            samples = backend.samples(new ByteMatrix(10_000, 784, pixels), labels);
            int[] order = new int[10_000];
            Arrays.setAll(order, i -> (int) ((i * 7919L) % 10_000));
            backend.order(samples, order);
            Tensor z = SparseBenchmark.uploaded(backend, backend.activations(10, BATCH), random);
            outputs = Neurons.of(backend, Activation.IDENTITY, z, backend.activations(10, BATCH), null, null);
        }
    }

    /** A batch of 784 bytes a sample. */
    @Benchmark
    public void gather(Rest rest, Work work) {
        rest.backend.gather(rest.samples, 500, rest.offset, rest.scale, rest.x, rest.pass);
        work.add(2.0 * 784 * BATCH, 5.0 * 784 * BATCH);
    }

    /** Softmax and cross-entropy of ten classes. */
    @Benchmark
    public void loss(Rest rest, Work work) {
        rest.backend.loss(Loss.CROSS_ENTROPY, rest.samples, 500, rest.outputs, rest.pass);
        work.add(0, 8.0 * 10 * BATCH);
    }

    /** A momentum step of 128,000 weights whose gradient is known. */
    @Benchmark
    public void update(Steps steps, Work work) {
        steps.backend.update(steps.parameter, steps.gradient, steps.step);
        work.add(0, 5 * BYTES);
    }

    /** What {@link #update} works on. */
    @State(Scope.Thread)
    public static class Steps {
        private final Backend backend = SparseBenchmark.backend("vector", 1);
        private final Parameter parameter = SparseBenchmark.parameter(backend, NEURONS, BATCH, new Random(1));
        private final Tensor gradient = backend.tensor(NEURONS, BATCH);
        private final Update step = new Update(Update.Kind.SGD, 1e-9f, 0.9f, 2e-4f, false, 0, 0, 0);
    }
}

package coppice.benchmark;

import coppice.backend.Backend;
import coppice.backend.Loss;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.backend.cuda.CudaBackend;
import coppice.backend.cuda.SimulatedCuda;
import coppice.matrix.ByteMatrix;
import coppice.model.FirstWeights;
import coppice.model.LayerUpdates;
import coppice.model.Network;
import coppice.parallel.WorkerPool;
import coppice.train.Settings;
import coppice.train.TrainConfig;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a replayed training step costs the host, on the simulated driver: it queues work without doing it.
 *
 * <p>A score is the time of {@value #STEPS} steps. What they queued is done between the measurements.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 40, batchSize = CudaStepBenchmark.STEPS)
@Measurement(iterations = 20, batchSize = CudaStepBenchmark.STEPS)
@Fork(1)
public class CudaStepBenchmark {
    static final int STEPS = 100;
    private static final int BATCH = 8;
    private static final int SAMPLES = 64;

    private Backend backend;
    private Network network;
    private Samples samples;
    private Tensor offset;
    private Tensor scale;
    private LayerUpdates updates;
    private Update update;
    private int step;

    /** A small network of three layers. */
    @Setup
    public void setup() {
        SimulatedCuda.load();
        backend = CudaBackend.open(0);
        TrainConfig config = TrainConfig.of(Settings.of(Map.of("hidden", "8,8", "dropout", "0.3")));
        try (WorkerPool pool = new WorkerPool(1)) {
            var spec = config.modelSpec(16, null, 4);
            network = new Network(backend, spec, FirstWeights.draw(spec, 1, pool), 1, BATCH, 1);
        }
        int[] labels = new int[SAMPLES];
        Arrays.setAll(labels, i -> i % 4);
        samples = backend.samples(new ByteMatrix(SAMPLES, 16, new byte[SAMPLES * 16]), labels);
        backend.order(samples, IntStream.range(0, SAMPLES).toArray());
        offset = backend.tensor(1, 16);
        scale = backend.tensor(1, 16);
        update = config.optimizer().update(0.01, 0);
        updates = LayerUpdates.of(update);
    }

    /** Does what is queued. */
    @Setup(org.openjdk.jmh.annotations.Level.Iteration)
    public void drain() {
        backend.setTotals(Totals.ZERO);
        backend.totals();
    }

    /** One step, replayed but for the first two. */
    @Benchmark
    public void step() {
        int start = step % (SAMPLES / BATCH) * BATCH;
        Pass pass = new Pass(BATCH, true, step++);
        backend.step(new Backend.Step(samples, pass, start, update), () -> operations(start, pass));
    }

    private void operations(int start, Pass pass) {
        backend.gather(samples, start, offset, scale, network.input(), pass);
        network.forward(pass);
        backend.loss(Loss.CROSS_ENTROPY, samples, start, network.outputs(), pass);
        for (int layer = network.layers() - 1; layer >= 0; layer--) {
            network.backward(layer, pass);
            network.update(layer, updates, pass);
        }
    }

    /** Gives all back. */
    @TearDown
    public void close() {
        backend.close();
    }
}

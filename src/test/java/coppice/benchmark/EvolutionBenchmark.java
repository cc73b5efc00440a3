package coppice.benchmark;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.topology.ErdosRenyi;
import coppice.topology.Evolution;
import coppice.topology.RandomKey;
import coppice.topology.SetPrune;
import coppice.topology.UniformGrow;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One evolution of a layer of 10 million connections, zeta 0.3: divide the connections by the seconds.
 *
 * <p>It must at least read each weight and column index once and write each new column index and origin once: 16 bytes
 * a connection.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
public class EvolutionBenchmark {
    /** Threads. */
    @Param({"1", "2"})
    public int threads;

    private WorkerPool pool;
    private CsrPattern pattern;
    private float[] values;
    private Evolution evolution;
    private int number;

    /** Draws the layer. */
    @Setup
    public void setup() {
        pool = new WorkerPool(threads);
        pattern = ErdosRenyi.exact(500_000, 500_000, 10_000_000, new RandomKey(1, 0, 0), pool);
        values = new float[pattern.connections()];
        Random random = new Random(1);
        for (int k = 0; k < values.length; k++) {
            values[k] = (float) random.nextGaussian();
        }
        evolution = new Evolution(new SetPrune(0.3, SetPrune.Counting.NEAREST), new UniformGrow());
    }

    /** Ends the threads. */
    @TearDown
    public void tearDown() {
        pool.close();
    }

    /** Cutting and growing. */
    @Benchmark
    public Evolution.Evolved evolve() {
        return evolution.evolve(pattern, values, true, new RandomKey(1, 0, ++number), pool);
    }

    /** The column-wise index that the input gradient needs after an evolution. */
    @Benchmark
    public CsrPattern.Transpose transpose() {
        pattern.releaseTranspose();
        return pattern.transpose();
    }
}

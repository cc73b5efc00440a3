package coppice.benchmark;

import coppice.backend.Backend;
import coppice.backend.ImageMaps;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Tensor;
import coppice.data.Augmentation;
import coppice.data.ImageShape;
import coppice.matrix.ByteMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
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

/** Batches of 100 images of 3 x 32 x 32, one after the other, on one thread: an epoch of CIFAR-10 takes 500. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ImageBenchmark {
    private static final ImageShape SHAPE = new ImageShape(3, 32, 32);
    private static final int SAMPLES = 5000;
    private static final int BATCH = 100;

    /** Which kernels. */
    @Param({"vector", "plain"})
    public String kernels;

    /** What features are stored as. */
    @Param({"bytes", "floats"})
    public String storage;

    /** How images are changed. */
    @Param({"none", "rotate:10,shift:0.1,flip", "crop:4,flip,fill:zero"})
    public String augment;

    private Backend backend;
    private Samples samples;
    private Tensor offset;
    private Tensor scale;
    private Tensor x;
    private int start;

    /** Draws the data. */
    @Setup
    public void setup() {
        Random random = new Random(1);
        int features = (int) SHAPE.features();
        backend = SparseBenchmark.backend(kernels, 1);
        offset = backend.tensor(1, features);
        scale = backend.tensor(1, features);
        x = backend.activations(features, BATCH);
        byte[] bytes = new byte[SAMPLES * features];
        random.nextBytes(bytes);
        samples = backend.samples(matrix(bytes, features), new int[SAMPLES]);
        int[] order = IntStream.range(0, SAMPLES)
                .map(i -> (int) ((i * 7919L) % SAMPLES))
                .toArray();
        backend.order(samples, order, maps());
    }

    private Matrix matrix(byte[] bytes, int features) {
        if (storage.equals("bytes")) {
            return new ByteMatrix(SAMPLES, features, bytes);
        }
        float[] floats = new float[bytes.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = bytes[i];
        }
        return new DenseMatrix(SAMPLES, features, floats);
    }

    private @Nullable ImageMaps maps() {
        if (augment.equals("none")) {
            return null;
        }
        Augmentation augmentation = Augmentation.parse(augment);
        boolean nearest = augmentation.fill() == Augmentation.Fill.NEAREST;
        return new ImageMaps(3, 32, 32, nearest, augmentation.maps(SHAPE, SAMPLES, 1, 1));
    }

    /** A batch of the data set. */
    @Benchmark
    public void gather() {
        backend.gather(samples, start, offset, scale, x, new Pass(BATCH, true, 0));
        start = (start + BATCH) % SAMPLES;
    }
}

package coppice.benchmark;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Pooling;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
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

/**
 * The convolutions of the paper's network on one thread, 3x3 with zero padding, with dense filters and with sparse ones
 * that have a tenth of the weights; and pooling of their images.
 *
 * <p>Products whose pixel lies outside the image are not counted.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ConvolutionBenchmark {
    private static final int KERNEL = 3;
    private static final double EPSILON = 0.1; // of the pattern's density, times rows and columns over their sum

    /** Channels, side of the images, filters. */
    @Param({"3-32-32", "32-32-32", "32-16-64", "64-16-64", "64-8-128", "128-8-128"})
    public String layer;

    /** Samples in a batch. */
    @Param("128")
    public int batch;

    /** Which kernels. */
    @Param({"vector", "plain"})
    public String kernels;

    private Backend backend;
    private Window window;
    private Window halves;
    private Parameter weights;
    private SparseTensor sparse;
    private Parameter bias;
    private Tensor x;
    private Tensor dz;
    private Tensor dPooled;
    private Neurons outputs;
    private Neurons below;
    private Neurons pooled;
    private Backend.Updates updates;
    private Pass pass;
    private double products;
    private double images; // bytes of x and z
    private double density;

    /** Draws the layer. */
    @Setup
    public void setup() {
        String[] sizes = layer.split("-", -1);
        int channels = Integer.parseInt(sizes[0]);
        int side = Integer.parseInt(sizes[1]);
        int filters = Integer.parseInt(sizes[2]);
        Random random = new Random(1);
        backend = SparseBenchmark.backend(kernels, 1);
        window = Window.same(channels, side, side, KERNEL, 1);
        halves = Window.valid(channels, side, side, 2, 2);
        int terms = window.terms();
        weights = SparseBenchmark.parameter(backend, filters, terms, random);
        CsrPattern pattern =
                SparseBenchmark.pattern(filters, terms, EPSILON * filters * terms / (filters + terms), random);
        float[] values = new float[pattern.connections()];
        for (int k = 0; k < values.length; k++) {
            values[k] = random.nextFloat() - 0.5f;
        }
        sparse = backend.sparse(pattern, values, 1);
        density = pattern.density();
        bias = SparseBenchmark.parameter(backend, filters, 1, random);
        int positions = filters * window.positions();
        x = SparseBenchmark.uploaded(backend, backend.activations(window.inputs(), batch), random);
        dz = SparseBenchmark.uploaded(backend, backend.activations(positions, batch), random);
        int pooledRows = channels * halves.positions();
        dPooled = SparseBenchmark.uploaded(backend, backend.activations(pooledRows, batch), random);
        outputs = bare(backend.activations(positions, batch));
        below = bare(x);
        pooled = bare(backend.activations(pooledRows, batch));
        Update sgd = new Update(Update.Kind.SGD, 1e-9f, 0.9f, 2e-4f, false, 0, 0, 0);
        updates = new Backend.Updates(sgd, sgd);
        pass = new Pass(batch, true, 0);
        double pixels = KERNEL * side - 2.0; // of all windows along one side
        products = 2.0 * channels * filters * pixels * pixels * batch;
        images = 4.0 * (window.inputs() + positions) * batch;
    }

    private Neurons bare(Tensor output) {
        Tensor gradient = backend.activations(output.rows(), output.columns());
        return Neurons.of(backend, Activation.IDENTITY, output, gradient, null, null);
    }

    /** Forward, bare. */
    @Benchmark
    public void forward(Work work) {
        backend.forward(window, weights.value(), bias.value(), x, outputs, pass);
        work.add(products, images);
    }

    /** Backward to linear neurons. */
    @Benchmark
    public void backward(Work work) {
        backend.backward(window, weights.value(), dz, below, pass);
        work.add(products, images);
    }

    /** The weight gradient and the step with momentum. */
    @Benchmark
    public void update(Work work) {
        backend.update(window, weights, bias, dz, x, updates, pass);
        work.add(products, images);
    }

    /** Forward with sparse filters. */
    @Benchmark
    public void sparseForward(Work work) {
        backend.forward(window, sparse, bias.value(), x, outputs, pass);
        work.add(products * density, images);
    }

    /** Backward with sparse filters. */
    @Benchmark
    public void sparseBackward(Work work) {
        backend.backward(window, sparse, dz, below, pass);
        work.add(products * density, images);
    }

    /** The weight gradient of sparse filters and the step with momentum. */
    @Benchmark
    public void sparseUpdate(Work work) {
        backend.update(window, sparse, bias, dz, x, updates, pass);
        work.add(products * density, images);
    }

    /** The greatest of 2x2 pixels. */
    @Benchmark
    public void pool(Work work) {
        backend.pool(Pooling.MAX, halves, x, pooled, pass);
        work.add(0, 5.0 * window.inputs() * batch);
    }

    /** Its gradient. */
    @Benchmark
    public void unpool(Work work) {
        backend.unpool(Pooling.MAX, halves, dPooled, below, pass);
        work.add(0, 13.0 * window.inputs() * batch);
    }
}

package coppice.backend;

import coppice.matrix.CsrPattern;
import coppice.random.RandomStream;
import coppice.random.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The operations for stochastic units on a backend, on numbers that depend on the shape only. */
final class StochasticRun {
    static final long SEED = 0x1234_5678_9abc_def0L;
    static final int PURPOSE = 7 << 24 | 3;
    static final float SCALE = 0.7f;

    /**
     * A shape.
     *
     * @param units units of one side
     * @param others units of the other side
     * @param batch columns used
     * @param capacity columns of the tensors
     */
    record Shape(int units, int others, int batch, int capacity) {}

    static final List<Shape> SHAPES = shapes();

    private StochasticRun() {}

    private static List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>();
        for (int batch : new int[] {1, 4, 5, 15, 16, 17, 31, 32, 33, 96, 128, 130}) {
            shapes.add(new Shape(1, 2, batch, batch));
            shapes.add(new Shape(33, 31, batch, batch));
            shapes.add(new Shape(70, 65, batch, batch + 40));
        }
        return shapes;
    }

    /** Numbers in [-4, 4). */
    static float[] numbers(int count, int seed) {
        RandomStream random = new RandomStream(seed, Stream.INIT, 0, 0);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = 8 * random.nextFloat() - 4;
        }
        return numbers;
    }

    static Tensor activations(Backend backend, int rows, int columns, int seed) {
        Tensor tensor = backend.activations(rows, columns);
        backend.upload(tensor, numbers(rows * columns, seed));
        return tensor;
    }

    static Tensor column(Backend backend, int rows, int seed) {
        Tensor tensor = backend.tensor(rows, 1);
        backend.upload(tensor, numbers(rows, seed));
        return tensor;
    }

    /** The first columns of a tensor. */
    static float[] columns(Backend backend, Tensor tensor, int count) {
        float[] all = backend.download(tensor);
        float[] some = new float[tensor.rows() * count];
        for (int row = 0; row < tensor.rows(); row++) {
            System.arraycopy(all, row * tensor.columns(), some, row * count, count);
        }
        return some;
    }

    /** Every result as doubles, by name. */
    static Map<String, double[]> of(Backend backend, Shape shape) {
        Map<String, double[]> results = new LinkedHashMap<>();
        Pass pass = new Pass(shape.batch, true, 5);
        Tensor bias = column(backend, shape.units, 2);
        Tensor base = column(backend, shape.units, 3);
        sample(backend, shape, new Bernoulli(true, bias, null, 1, SEED, PURPOSE), "logistic", results);
        sample(backend, shape, new Bernoulli(true, bias, base, SCALE, SEED, PURPOSE + 1), "tempered", results);
        sample(backend, shape, new Bernoulli(false, null, null, 1, SEED, PURPOSE), "plain", results);

        Tensor z = activations(backend, shape.units, shape.capacity, 1);
        backend.sample(new Bernoulli(true, null, null, 1, SEED, PURPOSE), z, null, pass);
        results.put("no states", widened(columns(backend, z, shape.batch)));

        int others = others(shape);
        Tensor joined = backend.activations(shape.units, 2 * shape.capacity);
        Tensor second = activations(backend, shape.units, shape.capacity, 4);
        backend.join(new Joined(z, shape.batch, 0.3f, second, others, -0.7f, joined));
        results.put("join", widened(columns(backend, joined, shape.batch + others)));

        backend.setTotals(new Totals(0.5, 3, 10));
        backend.squaredError(z, second, pass);
        Totals totals = backend.totals();
        results.put("squared error", new double[] {totals.loss(), totals.correct(), totals.samples()});

        Tensor v = activations(backend, shape.others, shape.capacity, 6);
        Sums sums = backend.sums(shape.capacity);
        backend.anneal(second, v, column(backend, shape.others, 7), 0.25f, 0.3f, sums, pass);
        backend.anneal(second, v, column(backend, shape.others, 7), 0.3f, 1f, sums, pass);
        results.put("anneal", backend.download(sums));

        Parameter learned = new Parameter(column(backend, shape.units, 8), List.of(backend.tensor(shape.units, 1)));
        backend.updateBias(learned, second, new Update(Update.Kind.SGD, 0.1f, 0.9f, 0.01f, false, 0, 0, 0), pass);
        results.put("bias", widened(backend.download(learned.value())));
        learnFromTwo(backend, shape, second, v, results);
        return results;
    }

    /** Learns a sparse layer, and the bias of its inputs, from two batches side by side. */
    private static void learnFromTwo(Backend backend, Shape shape, Tensor dz, Tensor x, Map<String, double[]> results) {
        Pass both = new Pass(shape.batch + others(shape), true, 5);
        Joined gradients = new Joined(
                dz, shape.batch, 0.5f, dz, others(shape), -0.25f, backend.activations(shape.units, 2 * shape.capacity));
        Tensor room = backend.activations(shape.others, 2 * shape.capacity);
        Joined inputs = new Joined(x, shape.batch, 1, x, others(shape), 0.5f, room);
        CsrPattern pattern = pattern(shape);
        SparseTensor weights = backend.sparse(pattern, numbers(pattern.connections(), 9), 1);
        Parameter bias = new Parameter(column(backend, shape.units, 10), List.of(backend.tensor(shape.units, 1)));
        Update step = new Update(Update.Kind.SGD, 0.1f, 0.9f, 0.01f, false, 0, 0, 0);
        for (int i = 0; i < 2; i++) {
            backend.update(weights, bias, gradients, inputs, new Backend.Updates(step, step), both);
        }
        results.put("weights of two batches", widened(backend.weights(weights)));
        results.put("biases of two batches", widened(backend.download(bias.value())));
        Parameter below = new Parameter(column(backend, shape.others, 11), List.of(backend.tensor(shape.others, 1)));
        backend.updateBias(below, inputs, step, both);
        results.put("bias of two batches", widened(backend.download(below.value())));
    }

    /** Columns of the second batch. */
    static int others(Shape shape) {
        return Math.max(1, shape.batch - 2);
    }

    /** Two cells of five, and rows without any. */
    static CsrPattern pattern(Shape shape) {
        int[] offsets = new int[shape.units + 1];
        int[] columns = new int[shape.units * shape.others];
        int count = 0;
        for (int row = 0; row < shape.units; row++) {
            for (int column = 0; column < shape.others && row % 9 != 4; column++) {
                if ((row * 7 + column * 3) % 5 < 2) {
                    columns[count++] = column;
                }
            }
            offsets[row + 1] = count;
        }
        return new CsrPattern(shape.units, shape.others, offsets, Arrays.copyOf(columns, count));
    }

    private static void sample(
            Backend backend, Shape shape, Bernoulli units, String name, Map<String, double[]> results) {
        Tensor z = activations(backend, shape.units, shape.capacity, 1);
        Tensor states = backend.activations(shape.units, shape.capacity);
        backend.sample(units, z, states, new Pass(shape.batch, true, 5));
        results.put(name + " probabilities", widened(columns(backend, z, shape.batch)));
        results.put(name + " states", widened(columns(backend, states, shape.batch)));
    }

    private static double[] widened(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }
}

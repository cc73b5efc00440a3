package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.StochasticRun.Shape;
import coppice.matrix.CsrPattern;
import coppice.random.Philox;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend must do with stochastic units, against double precision and the stated random numbers. */
public abstract class StochasticContract {
    private static final double ULPS = 4 * Math.ulp(1f);

    /** The backend under test. */
    protected abstract Backend backend();

    static Stream<Shape> shapes() {
        return StochasticRun.SHAPES.stream();
    }

    private static double[] get(Map<String, double[]> results, String name) {
        return Objects.requireNonNull(results.get(name), name);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void probabilitiesAndStatesAreAsStated(Shape shape) {
        Map<String, double[]> results = StochasticRun.of(backend(), shape);
        float[] z = StochasticRun.numbers(shape.units() * shape.capacity(), 1);
        float[] bias = StochasticRun.numbers(shape.units(), 2);
        float[] base = StochasticRun.numbers(shape.units(), 3);
        int ones = 0;
        for (int unit = 0; unit < shape.units(); unit++) {
            for (int b = 0; b < shape.batch(); b++) {
                int at = unit * shape.batch() + b;
                double t = (double) z[unit * shape.capacity() + b] + bias[unit];
                double p = get(results, "logistic probabilities")[at];
                assertEquals(1 / (1 + Math.exp(-t)), p, ULPS * (1 + Math.abs(t)));
                double scale = StochasticRun.SCALE;
                double tempered = scale * t + (1 - scale) * base[unit];
                assertEquals(1 / (1 + Math.exp(-tempered)), get(results, "tempered probabilities")[at], 8 * ULPS);
                assertEquals(state(unit, b, p, StochasticRun.PURPOSE), get(results, "logistic states")[at]);
                assertEquals(
                        state(unit, b, get(results, "tempered probabilities")[at], StochasticRun.PURPOSE + 1),
                        get(results, "tempered states")[at]);
                double plain = z[unit * shape.capacity() + b];
                assertEquals(plain, get(results, "plain probabilities")[at]);
                assertEquals(state(unit, b, plain, StochasticRun.PURPOSE), get(results, "plain states")[at]);
                ones += (int) get(results, "logistic states")[at];
            }
        }
        int all = shape.units() * shape.batch();
        assertTrue(all < 300 || (ones > all / 4 && ones < 3 * all / 4), ones + " of " + all);
    }

    /** The stated word of the stated block, compared with p. */
    private static double state(int unit, int column, double p, int purpose) {
        int[] words = new int[4];
        Philox.block(StochasticRun.SEED, column / 32 * 8 + column % 16 / 2, unit, 5, purpose, words, 0);
        int word = words[column % 32 / 16 * 2 + column % 2];
        return (word >>> 8) / 16777216.0 < p ? 1 : 0;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void sumsAreRight(Shape shape) {
        Map<String, double[]> results = StochasticRun.of(backend(), shape);
        double[] p = get(results, "no states");
        float[] second = StochasticRun.numbers(shape.units() * shape.capacity(), 4);
        int batch = shape.batch();
        int others = StochasticRun.others(shape);
        double error = 0;
        for (int unit = 0; unit < shape.units(); unit++) {
            for (int b = 0; b < batch; b++) {
                double difference = second[unit * shape.capacity() + b] - p[unit * batch + b];
                error += difference * difference;
                assertEquals((double) (0.3f * (float) p[unit * batch + b]), join(results, shape, unit, b));
            }
            for (int b = 0; b < others; b++) {
                float expected = -0.7f * second[unit * shape.capacity() + b];
                assertEquals((double) expected, join(results, shape, unit, batch + b));
            }
        }
        double[] totals = get(results, "squared error");
        assertEquals(0.5 + error / shape.units(), totals[0], 1e-5 * error);
        assertEquals(List.of(3.0, 10.0 + batch), List.of(totals[1], totals[2]));
        checkAnneal(shape, second, get(results, "anneal"));
        checkBias(shape, second, get(results, "bias"));
    }

    private static double join(Map<String, double[]> results, Shape shape, int unit, int column) {
        int width = shape.batch() + StochasticRun.others(shape);
        return get(results, "join")[unit * width + column];
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static void checkAnneal(Shape shape, float[] z, double[] sums) {
        float[] v = StochasticRun.numbers(shape.others() * shape.capacity(), 6);
        float[] difference = StochasticRun.numbers(shape.others(), 7);
        for (int b = 0; b < shape.capacity(); b++) {
            double expected = 0;
            for (int unit = 0; unit < shape.units(); unit++) {
                double x = z[unit * shape.capacity() + b];
                expected += softplus(x) - softplus(0.25f * x);
            }
            for (int other = 0; other < shape.others(); other++) {
                expected += 0.75 * difference[other] * v[other * shape.capacity() + b];
            }
            assertEquals(b < shape.batch() ? expected : 0, sums[b], b < shape.batch() ? 1e-4 : 0, "column " + b);
        }
    }

    private static void checkBias(Shape shape, float[] dz, double[] learned) {
        float[] before = StochasticRun.numbers(shape.units(), 8);
        for (int unit = 0; unit < shape.units(); unit++) {
            double gradient = 0.01 * before[unit];
            for (int b = 0; b < shape.batch(); b++) {
                gradient += dz[unit * shape.capacity() + b];
            }
            assertEquals(before[unit] - 0.1 * gradient, learned[unit], 1e-4);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void learnsFromTwoBatches(Shape shape) {
        Map<String, double[]> results = StochasticRun.of(backend(), shape);
        float[] dz = StochasticRun.numbers(shape.units() * shape.capacity(), 4);
        float[] x = StochasticRun.numbers(shape.others() * shape.capacity(), 6);
        CsrPattern pattern = StochasticRun.pattern(shape);
        float[] weights = StochasticRun.numbers(pattern.connections(), 9);
        float[] biases = StochasticRun.numbers(shape.units(), 10);
        for (int row = 0; row < shape.units(); row++) {
            double[] d = both(dz, row, 0.5, -0.25, shape);
            assertEquals(learnt(biases[row], sum(d), 2), get(results, "biases of two batches")[row], 1e-3);
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                double[] terms = both(x, pattern.columnIndices()[k], 1, 0.5, shape);
                for (int b = 0; b < terms.length; b++) {
                    terms[b] *= d[b];
                }
                assertEquals(learnt(weights[k], sum(terms), 2), get(results, "weights of two batches")[k], 1e-3);
            }
        }
        float[] below = StochasticRun.numbers(shape.others(), 11);
        for (int other = 0; other < shape.others(); other++) {
            double gradient = sum(both(x, other, 1, 0.5, shape));
            assertEquals(learnt(below[other], gradient, 1), get(results, "bias of two batches")[other], 1e-3);
        }
    }

    /** A row of two batches side by side, both from the same tensor. */
    private static double[] both(float[] values, int row, double first, double second, Shape shape) {
        int others = StochasticRun.others(shape);
        double[] both = new double[shape.batch() + others];
        for (int b = 0; b < both.length; b++) {
            both[b] = b < shape.batch()
                    ? first * values[row * shape.capacity() + b]
                    : second * values[row * shape.capacity() + b - shape.batch()];
        }
        return both;
    }

    private static double sum(double[] terms) {
        return Arrays.stream(terms).sum();
    }

    /** What steps of 0.1 with momentum 0.9 and decay 0.01 make of a weight whose gradient stays the same. */
    private static double learnt(double weight, double gradient, int steps) {
        double velocity = 0;
        for (int step = 0; step < steps; step++) {
            velocity = 0.9 * velocity - 0.1 * (gradient + 0.01 * weight);
            weight += velocity;
        }
        return weight;
    }
}

package coppice.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.model.Initializer.Draw;
import coppice.model.Initializer.Fan;
import coppice.model.Initializer.Kind;
import coppice.parallel.WorkerPool;
import coppice.random.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The distributions of first weights. */
class InitializerTest {
    /** 400.002 connections a neuron above, 200.001 a neuron below. */
    private static final int CONNECTIONS = 200_001;

    private static final Fan FAN = Fan.of(1000, 500, CONNECTIONS);

    private static final Draw DRAW = Draw.of(7, Stream.INIT, 2, 0);

    private static float[] draw(String text, int threads) {
        float[] weights = new float[CONNECTIONS];
        try (WorkerPool pool = new WorkerPool(threads)) {
            Initializer.parse(text).fill(weights, null, FAN, DRAW, pool);
        }
        return weights;
    }

    @ParameterizedTest
    @CsvSource({
        "normal:0.5, 0.25, 3",
        "uniform:0.2, 0.0133333333, 1.8",
        "he, 0.002, 1.8",
        "he-sparse, 0.00499997500, 1.8",
        "xavier, 0.00133333333, 1.8",
        "xavier-sparse, 0.00333331667, 1.8"
    })
    void momentsAreThoseOfTheDistribution(String text, double variance, double kurtosis) {
        double sum = 0;
        double squares = 0;
        double fourths = 0;
        float[] weights = draw(text, 1);
        for (float weight : weights) {
            double square = (double) weight * weight;
            sum += weight;
            squares += square;
            fourths += square * square;
        }
        int n = weights.length;
        // Five standard errors of each moment.
        assertEquals(0, sum / n, 5 * Math.sqrt(variance / n));
        assertEquals(1, squares / n / variance, 5 * Math.sqrt((kurtosis - 1) / n));
        assertEquals(kurtosis, fourths / n / (variance * variance), kurtosis * 0.05);
    }

    @Test
    void uniformWeightsFillTheirRange() {
        float least = 0;
        float greatest = 0;
        for (float weight : draw("uniform:0.2", 1)) {
            least = Math.min(least, weight);
            greatest = Math.max(greatest, weight);
        }
        assertEquals(-0.2, least, 1e-4);
        assertEquals(0.2, greatest, 1e-4);
        assertTrue(least >= -0.2f && greatest <= 0.2f);
    }

    @Test
    void zeroIsZero() {
        for (float weight : draw("zero", 2)) {
            assertTrue(weight == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7})
    void weightsDoNotDependOnTheNumberOfThreads(int threads) {
        assertArrayEquals(draw("normal:1", 1), draw("normal:1", threads));
        assertArrayEquals(draw("he-sparse", 1), draw("he-sparse", threads));
    }

    @Test
    void eachWeightIsAFunctionOfItsIndex() {
        float[] all = draw("he", 1);
        float[] some = new float[CONNECTIONS];
        int[] origin = new int[some.length];
        for (int k = 0; k < some.length; k++) {
            origin[k] = k % 5 == 0 || k % 7 == 3 ? -1 : k / 2;
            some[k] = 9;
        }
        try (WorkerPool pool = new WorkerPool(2)) {
            Initializer.parse("he").fill(some, origin, FAN, DRAW, pool);
        }
        for (int k = 0; k < some.length; k++) {
            assertEquals(origin[k] < 0 ? all[k] : 9, some[k]);
        }
    }

    @Test
    void seedPurposeLayerAndEvolutionNameTheNumbers() {
        Draw[] draws = {
            DRAW,
            Draw.of(8, Stream.INIT, 2, 0),
            Draw.of(7, Stream.GROW_INIT, 2, 0),
            Draw.of(7, Stream.INIT, 3, 0),
            Draw.of(7, Stream.INIT, 2, 1)
        };
        float[][] weights = new float[draws.length][64];
        try (WorkerPool pool = new WorkerPool(1)) {
            for (int i = 0; i < draws.length; i++) {
                Initializer.parse("uniform:1").fill(weights[i], null, FAN, draws[i], pool);
                for (int j = 0; j < i; j++) {
                    int same = 0;
                    for (int k = 0; k < 64; k++) {
                        same += weights[i][k] == weights[j][k] ? 1 : 0;
                    }
                    assertEquals(0, same);
                }
            }
        }
    }

    @Test
    void aLayerWithoutConnectionsIsFine() {
        try (WorkerPool pool = new WorkerPool(3)) {
            Initializer.parse("xavier-sparse").fill(new float[0], null, Fan.of(3, 2, 0), DRAW, pool);
        }
    }

    @Test
    void parses() {
        assertEquals(new Initializer(Kind.NORMAL, 0.05), Initializer.parse("normal:0.05"));
        assertEquals(new Initializer(Kind.UNIFORM, 2), Initializer.parse("uniform:2"));
        assertEquals(new Initializer(Kind.HE, 0), Initializer.parse("he"));
        assertEquals(new Initializer(Kind.HE_SPARSE, 0), Initializer.parse("he-sparse"));
        assertEquals(new Initializer(Kind.XAVIER, 0), Initializer.parse("xavier"));
        assertEquals(new Initializer(Kind.XAVIER_SPARSE, 0), Initializer.parse("xavier-sparse"));
        assertEquals(new Initializer(Kind.ZERO, 0), Initializer.parse("zero"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "He",
                "he ",
                "he:1",
                "zero:0",
                "normal",
                "uniform",
                "normal:",
                "normal:x",
                "normal:0",
                "normal:-1",
                "normal:NaN",
                "uniform:Infinity",
                "uniform:1e6",
                "normal:1:2",
                "glorot"
            })
    void refuses(String text) {
        assertEquals(
                "an initializer must be normal:SD, uniform:LIMIT, he, he-sparse, xavier, xavier-sparse or zero but was "
                        + text,
                assertThrows(IllegalArgumentException.class, () -> Initializer.parse(text))
                        .getMessage());
    }
}

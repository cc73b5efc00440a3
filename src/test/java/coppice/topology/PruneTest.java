package coppice.topology;

import static coppice.topology.RandomLayers.toArray;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.parallel.WorkerPool;
import coppice.topology.SetPrune.Counting;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each prune rule against a plain sort of all weights. */
class PruneTest {
    private static final RandomKey KEY = new RandomKey(1, 2, 3);
    private static final double[] ZETAS = {0, 0.001, 0.1, 0.3, 0.5, 0.77, 0.999};
    private static final int[] SIZES = {0, 1, 2, 3, 5, 17, 64, 100, 1000};

    private static boolean[] prune(PruneRule rule, float... values) {
        try (WorkerPool pool = new WorkerPool(1)) {
            return toArray(rule.prune(values, KEY, pool));
        }
    }

    private static String cut(PruneRule rule, float... values) {
        boolean[] cut = prune(rule, values);
        StringBuilder text = new StringBuilder();
        for (int k = 0; k < cut.length; k++) {
            text.append(cut[k] ? 'x' : '.');
        }
        return text.toString();
    }

    private static SetPrune nearest(double zeta) {
        return new SetPrune(zeta, Counting.NEAREST);
    }

    private static SetPrune reference(double zeta) {
        return new SetPrune(zeta, Counting.REFERENCE);
    }

    @Test
    void setCutsEachSignByItself() {
        // Of four positives and two negatives: two and one.
        assertEquals("x..x.x", cut(nearest(0.5), 0.1f, 0.9f, -5f, 0.2f, 0.8f, -4f));
        // 0.3 of five is 1.5, rounded up; of one is 0.3, rounded down.
        assertEquals("x..x..", cut(nearest(0.3), 1, 5, 4, 2, 3, -0.1f));
    }

    @Test
    void setCutsZerosWhateverTheFraction() {
        assertEquals(".xx.", cut(nearest(0), 1, 0f, -0f, -1));
        assertEquals("xx", cut(nearest(0), -0f, 0f));
        assertEquals("....", cut(nearest(0), 1, 2, -3, Float.MIN_VALUE));
    }

    @Test
    void equalWeightsAreCutInTheirOrder() {
        assertEquals("xx..", cut(nearest(0.5), 1, 1, 1, 1));
        assertEquals("..x.", cut(nearest(0.3), -2, -2, -1, -2));
    }

    @Test
    void referenceFollowsItsThresholds() {
        // Sorted: -4 -3 -2 -1 | 0 | 1 2 3 4. first = 4, after = 5; thresholds at int(2.0) and int(7.0): -2 and 3.
        assertEquals("xxx.x.xx.", cut(reference(0.5), -2, -1, 0, -3, 1, -4, 2, 3, 4));
        // Nothing to cut still cuts what is nearest zero, and the weight after it.
        assertEquals("x..x", cut(reference(0), 0.5f, 7, -8, 0.6f));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void setMatchesASort(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int kind = 0; kind < 7; kind++) {
            for (int size : SIZES) {
                float[] values = RandomLayers.values(size, kind, random);
                for (double zeta : ZETAS) {
                    String what = "kind " + kind + ", size " + size + ", zeta " + zeta;
                    float[] before = values.clone();
                    assertArrayEquals(sortedSet(values, zeta), prune(nearest(zeta), values), what);
                    assertArrayEquals(publishedSet(values, zeta), prune(reference(zeta), values), what);
                    assertArrayEquals(before, values);
                }
            }
        }
    }

    /** Equal weights in their order; zeta of each sign, and the zeros. */
    private static boolean[] sortedSet(float[] values, double zeta) {
        boolean[] cut = new boolean[values.length];
        cutLeast(values, k -> values[k] > 0, zeta, cut);
        cutLeast(values, k -> values[k] < 0, zeta, cut);
        for (int k = 0; k < values.length; k++) {
            cut[k] |= values[k] == 0;
        }
        return cut;
    }

    private static void cutLeast(float[] values, IntPredicate member, double zeta, boolean[] cut) {
        int[] members = IntStream.range(0, values.length).filter(member).toArray();
        Arrays.stream(members)
                .boxed()
                .sorted(Comparator.comparingDouble(k -> Math.abs(values[k])))
                .limit(Math.round(zeta * members.length))
                .forEach(k -> cut[k] = true);
    }

    /** The published rule, word by word: two looked-up thresholds, and what is strictly outside stays. */
    private static boolean[] publishedSet(float[] values, double zeta) {
        boolean[] cut = new boolean[values.length];
        if (values.length == 0) {
            return cut;
        }
        double[] sorted = new double[values.length];
        double nearest = Double.POSITIVE_INFINITY;
        for (int k = 0; k < values.length; k++) {
            sorted[k] = values[k] + 0.0; // no -0.0
            nearest = Math.min(nearest, Math.abs(sorted[k]));
        }
        Arrays.sort(sorted);
        int firstZeroPos = 0;
        while (Math.abs(sorted[firstZeroPos]) != nearest) {
            firstZeroPos++;
        }
        int lastZeroPos = values.length;
        while (Math.abs(sorted[lastZeroPos - 1]) != nearest) {
            lastZeroPos--;
        }
        int n = values.length;
        double thrNeg = sorted[(int) ((1 - zeta) * firstZeroPos)];
        double thrPos = sorted[(int) Math.min(n - 1, lastZeroPos + zeta * (n - lastZeroPos))];
        for (int k = 0; k < n; k++) {
            cut[k] = !(values[k] < thrNeg || values[k] > thrPos);
        }
        return cut;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {4, 5})
    void magnitudeMatchesASort(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int kind = 0; kind < 7; kind++) {
            for (int size : SIZES) {
                float[] values = RandomLayers.values(size, kind, random);
                for (double zeta : ZETAS) {
                    for (boolean greatest : new boolean[] {false, true}) {
                        boolean[] wanted = new boolean[size];
                        IntStream.range(0, size)
                                .boxed()
                                .sorted(Comparator.comparingDouble(
                                        k -> greatest ? -Math.abs(values[k]) : Math.abs(values[k])))
                                .limit(Math.round(zeta * size))
                                .forEach(k -> wanted[k] = true);
                        assertArrayEquals(wanted, prune(new MagnitudePrune(zeta, greatest), values));
                    }
                }
            }
        }
    }

    /** Large enough that every thread has a part of its own. */
    @ParameterizedTest(name = "kind {0}, seed {1}")
    @CsvSource({"0, 6", "1, 7", "5, 8", "6, 9"})
    void threadsChangeNothing(int kind, long seed) {
        float[] values = RandomLayers.values(120_001, kind, new SplittableRandom(seed));
        PruneRule[] rules = {
            nearest(0.3),
            reference(0.3),
            new MagnitudePrune(0.3, false),
            new MagnitudePrune(0.3, true),
            new RandomPrune(0.3)
        };
        boolean[][] wanted = new boolean[rules.length][];
        for (int i = 0; i < rules.length; i++) {
            wanted[i] = prune(rules[i], values);
        }
        assertArrayEquals(sortedSet(values, 0.3), wanted[0]);
        assertArrayEquals(publishedSet(values, 0.3), wanted[1]);
        RandomLayers.withPools(pool -> {
            for (int i = 0; i < rules.length; i++) {
                assertArrayEquals(wanted[i], toArray(rules[i].prune(values, KEY, pool)), rules[i].toString());
            }
        });
    }

    @Test
    void randomCutsTheRoundedNumber() {
        for (int size : SIZES) {
            for (double zeta : ZETAS) {
                boolean[] cut = prune(new RandomPrune(zeta), new float[size]);
                int count = 0;
                for (boolean bit : cut) {
                    count += bit ? 1 : 0;
                }
                assertEquals(Math.round(zeta * size), count);
            }
        }
    }

    @Test
    void randomCutsEachConnectionEquallyOften() {
        int[] counts = new int[20];
        float[] values = new float[20];
        try (WorkerPool pool = new WorkerPool(1)) {
            for (int evolution = 0; evolution < 8000; evolution++) {
                BitMask cut = new RandomPrune(0.3).prune(values, new RandomKey(13, 0, evolution), pool);
                for (int k = 0; k < 20; k++) {
                    counts[k] += cut.get(k) ? 1 : 0;
                }
            }
        }
        RandomLayers.assertUniformWithoutReplacement(counts, 6);
    }

    @Test
    void randomDependsOnItsKeyAlone() {
        try (WorkerPool pool = new WorkerPool(1)) {
            RandomPrune rule = new RandomPrune(0.5);
            float[] values = new float[300];
            boolean[] one = toArray(rule.prune(values, new RandomKey(1, 2, 3), pool));
            assertArrayEquals(one, toArray(rule.prune(values, new RandomKey(1, 2, 3), pool)));
            for (RandomKey other :
                    new RandomKey[] {new RandomKey(2, 2, 3), new RandomKey(1, 1, 3), new RandomKey(1, 2, 4)}) {
                assertFalse(Arrays.equals(one, toArray(rule.prune(values, other, pool))));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1, 1.5, Double.NaN})
    void zetaIsChecked(double zeta) {
        refusesZeta(zeta, () -> nearest(zeta));
        refusesZeta(zeta, () -> new MagnitudePrune(zeta, false));
        refusesZeta(zeta, () -> new RandomPrune(zeta));
    }

    private static void refusesZeta(double zeta, Executable construction) {
        assertEquals(
                "zeta must be in [0, 1) but was " + zeta,
                assertThrows(IllegalArgumentException.class, construction).getMessage());
    }
}

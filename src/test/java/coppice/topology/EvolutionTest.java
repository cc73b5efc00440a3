package coppice.topology;

import static coppice.topology.RandomLayers.assertSamePattern;
import static coppice.topology.RandomLayers.assertWellFormed;
import static coppice.topology.RandomLayers.has;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.topology.Evolution.Evolved;
import coppice.topology.SetPrune.Counting;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every evolution keeps true, over many random layers. */
class EvolutionTest {
    private static final RandomKey KEY = new RandomKey(1, 2, 3);

    private static Evolution set(double zeta) {
        return new Evolution(new SetPrune(zeta, Counting.NEAREST), new UniformGrow());
    }

    private static PruneRule rule(int number, double zeta) {
        return switch (number % 5) {
            case 0 -> new SetPrune(zeta, Counting.NEAREST);
            case 1 -> new SetPrune(zeta, Counting.REFERENCE);
            case 2 -> new MagnitudePrune(zeta, false);
            case 3 -> new MagnitudePrune(zeta, true);
            default -> new RandomPrune(zeta);
        };
    }

    @Test
    void evolvesTheExampleOfTwoRows() {
        // 1 . 5     Half of each sign goes: 1 and -2. Two of the four cells then empty are filled.
        // . -2 -3
        CsrPattern pattern = new CsrPattern(2, 3, new int[] {0, 2, 4}, new int[] {0, 2, 1, 2});
        try (WorkerPool pool = new WorkerPool(1)) {
            Evolved cutOnly = set(0.5).evolve(pattern, new float[] {1, 5, -2, -3}, false, KEY, pool);
            assertSamePattern(new CsrPattern(2, 3, new int[] {0, 1, 2}, new int[] {2, 2}), cutOnly.pattern());
            assertArrayEquals(new int[] {1, 3}, cutOnly.origin());
            assertEquals(2, cutOnly.pruned());
            assertEquals(0, cutOnly.grown());

            Evolved evolved = set(0.5).evolve(pattern, new float[] {1, 5, -2, -3}, true, KEY, pool);
            assertEquals(4, evolved.pattern().connections());
            assertEquals(2, evolved.pruned());
            assertEquals(2, evolved.grown());
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void invariantsHoldOnRandomLayers(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (WorkerPool pool = new WorkerPool(2)) {
            for (int trial = 0; trial < 60; trial++) {
                int rows = 1 + random.nextInt(trial % 3 == 0 ? 4 : 120);
                int columns = 1 + random.nextInt(trial % 3 == 1 ? 4 : 120);
                CsrPattern pattern = RandomLayers.pattern(rows, columns, random.nextDouble(), random);
                float[] values = RandomLayers.values(pattern.connections(), trial, random);
                PruneRule prune = rule(random.nextInt(5), random.nextDouble());
                RandomKey key = new RandomKey(seed, trial, 1);
                boolean growBack = trial % 4 != 3;
                Evolved evolved = new Evolution(prune, new UniformGrow()).evolve(pattern, values, growBack, key, pool);
                assertInvariants(pattern, prune.prune(values, key, pool), growBack, evolved);
            }
        }
    }

    private static void assertInvariants(CsrPattern old, BitMask cut, boolean growBack, Evolved evolved) {
        CsrPattern pattern = evolved.pattern();
        assertEquals(old.rows(), pattern.rows());
        assertEquals(old.columns(), pattern.columns());
        assertWellFormed(pattern);
        assertEquals(cut.count(), evolved.pruned());
        assertEquals(growBack ? cut.count() : 0, evolved.grown());
        assertEquals(old.connections() - evolved.pruned() + evolved.grown(), pattern.connections());
        assertEquals(pattern.connections(), evolved.origin().length);

        int[] oldRows = rowsOf(old);
        int nextSurvivor = cut.nextClear(0);
        int grown = 0;
        for (int row = 0; row < pattern.rows(); row++) {
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                int column = pattern.columnIndices()[k];
                int origin = evolved.origin()[k];
                if (origin == -1) {
                    grown++;
                    assertTrue(!has(old, row, column) || cut.get(indexOf(old, row, column)));
                } else {
                    assertEquals(nextSurvivor, origin); // all survive, in order
                    nextSurvivor = cut.nextClear(origin + 1);
                    assertEquals(oldRows[origin], row);
                    assertEquals(old.columnIndices()[origin], column);
                }
            }
        }
        assertEquals(old.connections(), nextSurvivor);
        assertEquals(evolved.grown(), grown);
    }

    private static int[] rowsOf(CsrPattern pattern) {
        int[] rows = new int[pattern.connections()];
        for (int row = 0; row < pattern.rows(); row++) {
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                rows[k] = row;
            }
        }
        return rows;
    }

    private static int indexOf(CsrPattern pattern, int row, int column) {
        int k = pattern.rowOffsets()[row];
        while (pattern.columnIndices()[k] != column) {
            k++;
        }
        return k;
    }

    @ParameterizedTest(name = "{0} x {1}, density {2}")
    @CsvSource({"400, 500, 0.2", "400, 500, 0.8", "60000, 3, 0.3", "3, 60000, 0.3"})
    void threadsChangeNothing(int rows, int columns, double density) {
        SplittableRandom random = new SplittableRandom(7);
        CsrPattern pattern = RandomLayers.pattern(rows, columns, density, random);
        float[] values = RandomLayers.values(pattern.connections(), 0, random);
        Evolved wanted;
        try (WorkerPool one = new WorkerPool(1)) {
            wanted = set(0.3).evolve(pattern, values, true, KEY, one);
            assertInvariants(pattern, new SetPrune(0.3, Counting.NEAREST).prune(values, KEY, one), true, wanted);
        }
        RandomLayers.withPools(pool -> {
            Evolved evolved = set(0.3).evolve(pattern, values, true, KEY, pool);
            assertSamePattern(wanted.pattern(), evolved.pattern());
            assertArrayEquals(wanted.origin(), evolved.origin());
        });
    }

    @Test
    void zetaOfZeroChangesNothing() {
        SplittableRandom random = new SplittableRandom(8);
        CsrPattern pattern = RandomLayers.pattern(50, 60, 0.3, random);
        float[] values = RandomLayers.values(pattern.connections(), 2, random);
        try (WorkerPool pool = new WorkerPool(1)) {
            Evolved evolved = set(0).evolve(pattern, values, true, KEY, pool);
            assertSamePattern(pattern, evolved.pattern());
            assertEquals(0, evolved.pruned());
            assertEquals(0, evolved.grown());
            for (int k = 0; k < pattern.connections(); k++) {
                assertEquals(k, evolved.origin()[k]);
            }
        }
    }

    @Test
    void aLayerWithoutConnectionsStaysEmpty() {
        try (WorkerPool pool = new WorkerPool(2)) {
            for (int rows : new int[] {0, 5}) {
                Evolved evolved = set(0.3).evolve(CsrPattern.empty(rows, 4), new float[0], true, KEY, pool);
                assertEquals(0, evolved.pattern().connections());
                assertEquals(rows, evolved.pattern().rows());
            }
        }
    }

    @Test
    void aFullLayerGetsBackTheCellsItLost() {
        SplittableRandom random = new SplittableRandom(9);
        CsrPattern pattern = RandomLayers.pattern(7, 9, 1, random);
        try (WorkerPool pool = new WorkerPool(1)) {
            Evolved evolved = set(0.3).evolve(pattern, RandomLayers.values(63, 0, random), true, KEY, pool);
            assertSamePattern(pattern, evolved.pattern());
            assertTrue(evolved.grown() > 0);
        }
    }

    @Test
    void eachEvolutionGrowsElsewhere() {
        SplittableRandom random = new SplittableRandom(10);
        CsrPattern pattern = RandomLayers.pattern(50, 60, 0.1, random);
        float[] values = RandomLayers.values(pattern.connections(), 0, random);
        try (WorkerPool pool = new WorkerPool(1)) {
            int[] first = set(0.3).evolve(pattern, values, true, new RandomKey(1, 0, 1), pool)
                    .pattern()
                    .columnIndices();
            int[] second = set(0.3).evolve(pattern, values, true, new RandomKey(1, 0, 2), pool)
                    .pattern()
                    .columnIndices();
            assertFalse(Arrays.equals(first, second));
        }
    }

    @Test
    void valuesMustBelongToThePattern() {
        try (WorkerPool pool = new WorkerPool(1)) {
            assertEquals(
                    "a pattern of 0 connections got 1 values",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> set(0.3).evolve(CsrPattern.empty(2, 2), new float[1], true, KEY, pool))
                            .getMessage());
        }
    }

    @Test
    void allocatesAFewBytesAConnection() {
        int connections = 2_000_000;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (WorkerPool pool = new WorkerPool(1)) {
            CsrPattern pattern = ErdosRenyi.exact(100_000, 100_000, connections, new RandomKey(1, 0, 0), pool);
            float[] values = RandomLayers.values(connections, 0, new SplittableRandom(11));
            long before = threads.getCurrentThreadAllocatedBytes();
            Evolved evolved = set(0.3).evolve(pattern, values, true, KEY, pool);
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertEquals(connections, evolved.pattern().connections());
            assertTrue(bytes <= 40L * connections, "allocated " + bytes / (double) connections + " bytes a connection");
            assertTrue(bytes > 8L * connections, "the measurement missed the result itself");
        }
    }
}

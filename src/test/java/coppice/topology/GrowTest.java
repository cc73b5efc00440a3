package coppice.topology;

import static coppice.topology.RandomLayers.assertSamePattern;
import static coppice.topology.RandomLayers.assertWellFormed;
import static coppice.topology.RandomLayers.has;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** First topologies and new connections: exact in number, never on a connection, uniform over the empty cells. */
class GrowTest {
    private static final UniformGrow GROW = new UniformGrow();

    private static CsrPattern exact(int outputs, int inputs, int connections, long seed, WorkerPool pool) {
        return ErdosRenyi.exact(outputs, inputs, connections, new RandomKey(seed, 0, 0), pool);
    }

    @ParameterizedTest(name = "{0} x {1}")
    @CsvSource({"0, 0", "0, 4", "4, 0", "1, 1", "1, 9", "9, 1", "3, 5", "31, 33", "257, 3", "300, 301"})
    void exactHasEveryNumberAskedFor(int outputs, int inputs) {
        int cells = outputs * inputs;
        try (WorkerPool pool = new WorkerPool(2)) {
            for (double density : new double[] {0, 0.001, 0.1, 0.49, 0.5, 0.51, 0.75, 0.99, 1}) {
                for (int connections : new int[] {(int) (density * cells), (int) Math.ceil(density * cells)}) {
                    CsrPattern pattern = exact(outputs, inputs, connections, 3, pool);
                    assertEquals(outputs, pattern.rows());
                    assertEquals(inputs, pattern.columns());
                    assertEquals(connections, pattern.connections());
                    assertWellFormed(pattern);
                }
            }
        }
    }

    /** Counts each possible topology; every one is as likely as any other. */
    @ParameterizedTest(name = "{0} of 2 x 3 cells, {1} topologies")
    @CsvSource({"1, 6", "2, 15", "3, 20", "4, 15", "5, 6"})
    void topologiesAreEquallyLikely(int connections, int topologies) {
        Map<String, Integer> seen = new HashMap<>();
        try (WorkerPool pool = new WorkerPool(1)) {
            for (int seed = 0; seed < 400 * topologies; seed++) {
                CsrPattern pattern = exact(2, 3, connections, seed, pool);
                seen.merge(
                        Arrays.toString(pattern.rowOffsets()) + Arrays.toString(pattern.columnIndices()),
                        1,
                        Integer::sum);
            }
        }
        assertEquals(topologies, seen.size());
        RandomLayers.assertUniform(
                seen.values().stream().mapToInt(Integer::intValue).toArray(), 1);
    }

    @ParameterizedTest(name = "{0} of 11 x 13 cells, seeds 1000 to 2999")
    @ValueSource(ints = {10, 71, 72, 130})
    void cellsAreEquallyLikely(int connections) {
        int[] counts = new int[11 * 13];
        try (WorkerPool pool = new WorkerPool(1)) {
            for (int seed = 1000; seed < 3000; seed++) {
                count(exact(11, 13, connections, seed, pool), counts);
            }
        }
        RandomLayers.assertUniformWithoutReplacement(counts, connections);
    }

    private static void count(CsrPattern pattern, int[] counts) {
        for (int row = 0; row < pattern.rows(); row++) {
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                counts[row * pattern.columns() + pattern.columnIndices()[k]]++;
            }
        }
    }

    @ParameterizedTest(name = "{0} kept share, grows {1} share of the empty cells")
    @CsvSource({"0.1, 0.2", "0.3, 0.1", "0.1, 0.8", "0.7, 0.3", "0.9, 0.9"})
    void emptyCellsAreEquallyLikely(double keptShare, double grownShare) {
        CsrPattern kept = RandomLayers.pattern(9, 17, keptShare, new SplittableRandom(21));
        int empty = (int) kept.cells() - kept.connections();
        int grown = (int) (grownShare * empty);
        int[] counts = new int[9 * 17];
        try (WorkerPool pool = new WorkerPool(1)) {
            for (int evolution = 1; evolution <= 3000; evolution++) {
                CsrPattern added = GROW.grow(kept, grown, new RandomKey(22, 1, evolution), pool);
                assertEquals(grown, added.connections());
                count(added, counts);
            }
        }
        int[] atEmpty = new int[empty];
        int at = 0;
        for (int cell = 0; cell < counts.length; cell++) {
            if (has(kept, cell / 17, cell % 17)) {
                assertEquals(0, counts[cell]);
            } else {
                atEmpty[at++] = counts[cell];
            }
        }
        RandomLayers.assertUniformWithoutReplacement(atEmpty, grown);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void sparseGrowthTakesTheFirstDrawsThatHitAnEmptyCell(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int trial = 0; trial < 20; trial++) {
            int rows = 1 + random.nextInt(trial % 2 == 0 ? 10 : 700);
            int columns = 1 + random.nextInt(trial % 4 < 2 ? 10 : 100);
            CsrPattern kept = RandomLayers.pattern(rows, columns, random.nextDouble() * 0.5, random);
            long room = kept.cells() / 2 - kept.connections();
            if (room <= 0) {
                continue;
            }
            int count = (int) (trial % 3 == 0 ? room : random.nextLong(room + 1));
            RandomKey key = new RandomKey(random.nextLong(), trial, 1);
            SortedSet<Long> wanted = new TreeSet<>();
            for (int number = 0; wanted.size() < count; number++) {
                long cell = draw(number, rows, columns, key);
                if (cell >= 0 && !has(kept, (int) (cell / columns), (int) (cell % columns))) {
                    wanted.add(cell);
                }
            }
            try (WorkerPool pool = new WorkerPool(2)) {
                assertSamePattern(patternOf(wanted, rows, columns), GROW.grow(kept, count, key, pool));
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {5, 6, 7})
    void drawingWithReplacementMergesDoubles(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int trial = 0; trial < 20; trial++) {
            int rows = 1 + random.nextInt(400);
            int columns = 1 + random.nextInt(40);
            int draws = random.nextInt(3 * rows * columns);
            RandomKey key = new RandomKey(random.nextLong(), trial, 0);
            SortedSet<Long> wanted = new TreeSet<>();
            for (int number = 0; number < draws; number++) {
                long cell = draw(number, rows, columns, key);
                if (cell >= 0) {
                    wanted.add(cell);
                }
            }
            try (WorkerPool pool = new WorkerPool(2)) {
                CsrPattern pattern = ErdosRenyi.withReplacement(rows, columns, draws, key, pool);
                assertSamePattern(patternOf(wanted, rows, columns), pattern);
            }
        }
    }

    @Test
    void drawingWithReplacementFallsShortAsThePublishedProgramsDo() {
        try (WorkerPool pool = new WorkerPool(1)) {
            // 126,240 draws of 3312 x 3000 cells: cells * (1 - exp(-draws / cells)) = 125,441 are expected.
            CsrPattern pattern = ErdosRenyi.withReplacement(3312, 3000, 126_240, new RandomKey(0, 0, 0), pool);
            assertEquals(125_441, pattern.connections(), 150);
            assertEquals(
                    0,
                    ErdosRenyi.withReplacement(0, 3, 0, new RandomKey(0, 0, 0), pool)
                            .connections());
            assertEquals(
                    "cannot draw 1 of 0 cells",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> ErdosRenyi.withReplacement(0, 3, 1, new RandomKey(0, 0, 0), pool))
                            .getMessage());
        }
    }

    /** The cell that a draw hits: two words of its Philox block, each scaled to its range; -1 if it is unfair. */
    private static long draw(int number, int rows, int columns, RandomKey key) {
        int[] block = new int[4];
        Philox.block(
                key.seed(), number / 2, 0, key.evolution(), Philox.purposeWord(Stream.GROW, key.layer()), block, 0);
        long row = Integer.toUnsignedLong(block[number % 2 * 2]) * rows;
        long column = Integer.toUnsignedLong(block[number % 2 * 2 + 1]) * columns;
        long range = 1L << 32;
        boolean fair = row % range >= range % rows && column % range >= range % columns;
        return fair ? row / range * columns + column / range : -1;
    }

    private static CsrPattern patternOf(SortedSet<Long> cells, int rows, int columns) {
        int[] rowOffsets = new int[rows + 1];
        int[] columnIndices = new int[cells.size()];
        int at = 0;
        for (long cell : cells) {
            rowOffsets[(int) (cell / columns) + 1]++;
            columnIndices[at++] = (int) (cell % columns);
        }
        for (int row = 0; row < rows; row++) {
            rowOffsets[row + 1] += rowOffsets[row];
        }
        return new CsrPattern(rows, columns, rowOffsets, columnIndices);
    }

    @ParameterizedTest(name = "{0} x {1}, {2} kept, grows {3}")
    @CsvSource({"1000, 1000, 0.01, 5000", "300, 2000, 0.4, 50000", "200, 200, 0.6, 9000", "70000, 2, 0.1, 20000"})
    void threadsChangeNothing(int rows, int columns, double density, int count) {
        CsrPattern kept = RandomLayers.pattern(rows, columns, density, new SplittableRandom(31));
        RandomKey key = new RandomKey(32, 0, 1);
        CsrPattern wanted;
        try (WorkerPool one = new WorkerPool(1)) {
            wanted = GROW.grow(kept, count, key, one);
        }
        assertEquals(count, wanted.connections());
        RandomLayers.withPools(pool -> assertSamePattern(wanted, GROW.grow(kept, count, key, pool)));
    }

    @Test
    void anotherKeyGivesAnotherTopology() {
        try (WorkerPool pool = new WorkerPool(1)) {
            CsrPattern one = ErdosRenyi.exact(50, 50, 200, new RandomKey(1, 2, 0), pool);
            for (RandomKey other :
                    new RandomKey[] {new RandomKey(2, 2, 0), new RandomKey(1, 1, 0), new RandomKey(1, 2, 1)}) {
                CsrPattern two = ErdosRenyi.exact(50, 50, 200, other, pool);
                assertFalse(Arrays.equals(one.columnIndices(), two.columnIndices()));
            }
        }
    }

    @Test
    void tooManyAreRefused() {
        try (WorkerPool pool = new WorkerPool(1)) {
            CsrPattern kept = new CsrPattern(2, 2, new int[] {0, 1, 1}, new int[] {0});
            assertEquals(3, GROW.grow(kept, 3, new RandomKey(1, 0, 1), pool).connections());
            for (int count : new int[] {4, -1}) {
                assertEquals(
                        "cannot grow " + count + " connections in 3 empty cells",
                        assertThrows(
                                        IllegalArgumentException.class,
                                        () -> GROW.grow(kept, count, new RandomKey(1, 0, 1), pool))
                                .getMessage());
            }
        }
    }

    /** A million million cells: anything but O(connections) ends in no time or memory left. */
    @Test
    @Timeout(20)
    void costsWhatItsConnectionsCost() {
        try (WorkerPool pool = new WorkerPool(2)) {
            CsrPattern pattern = exact(1_000_000, 1_000_000, 1_000_000, 41, pool);
            assertEquals(1_000_000, pattern.connections());
            assertWellFormed(pattern);
            long columnSum =
                    Arrays.stream(pattern.columnIndices()).asLongStream().sum();
            assertTrue(Math.abs(columnSum / 1e6 - 499_999.5) < 1500, "mean column " + columnSum / 1e6);
        }
    }
}

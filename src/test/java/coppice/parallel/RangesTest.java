package coppice.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts follow each other without gap or overlap and cost about the same. */
class RangesTest {
    @ParameterizedTest
    @CsvSource({"0, 1", "0, 7", "1, 3", "7, 7", "7, 3", "1000, 9", "2147483647, 1", "2147483647, 4096"})
    void countsDifferByOneAtMost(int size, int parts) {
        assertEquals(0, Ranges.start(size, 0, parts));
        assertEquals(size, Ranges.start(size, parts, parts));
        for (int part = 0; part < parts; part++) {
            int length = Ranges.start(size, part + 1, parts) - Ranges.start(size, part, parts);
            assertTrue(length == size / parts || length == (size + (long) parts - 1) / parts, "length " + length);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 3, 64", "1, 3, 64", "63, 2, 64", "64, 2, 64", "1000, 7, 2", "1001, 7, 64", "2147483647, 13, 64"})
    void innerBordersAreMultiplesOfTheUnit(int size, int parts, int unit) {
        int previous = 0;
        for (int part = 0; part <= parts; part++) {
            int start = Ranges.start(size, part, parts, unit);
            assertTrue(start >= previous);
            assertTrue(part == parts || start % unit == 0);
            assertTrue(part == parts || Ranges.start(size, part, parts) - start < unit);
            previous = start;
        }
        assertEquals(size, previous);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void rowsAreSharedOutByTheirCost(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int trial = 0; trial < 100; trial++) {
            int rows = random.nextInt(60);
            int longest = 1 + random.nextInt(50);
            int[] offsets = new int[rows + 1];
            for (int row = 0; row < rows; row++) {
                offsets[row + 1] = offsets[row] + (random.nextInt(3) == 0 ? 0 : random.nextInt(longest));
            }
            int rowCost = random.nextInt(5);
            int parts = 1 + random.nextInt(12);
            assertEquals(0, Ranges.startByConnections(offsets, rowCost, 0, parts));
            assertEquals(rows, Ranges.startByConnections(offsets, rowCost, parts, parts));
            double fair = (offsets[rows] + (double) rows * rowCost) / parts;
            for (int part = 0; part < parts; part++) {
                int from = Ranges.startByConnections(offsets, rowCost, part, parts);
                int to = Ranges.startByConnections(offsets, rowCost, part + 1, parts);
                assertTrue(from <= to);
                double cost = offsets[to] - offsets[from] + (to - from) * (double) rowCost;
                assertTrue(cost <= fair + longest + rowCost + 1, "cost " + cost + " of " + fair);
            }
        }
    }

    @Test
    void hugeOffsetsDoNotOverflow() {
        int[] offsets = {0, 1_000_000_000, Integer.MAX_VALUE};
        assertEquals(0, Ranges.startByConnections(offsets, 2_000_000_000, 0, 1_000_000));
        assertEquals(1, Ranges.startByConnections(offsets, 2_000_000_000, 1, 2_000_000));
        assertEquals(2, Ranges.startByConnections(offsets, 2_000_000_000, 1_999_999, 2_000_000));
    }
}

package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongestFirstTest {
    @Test
    void putsLongRowsFirstAndKeepsTheOrderOfEqualOnes() {
        assertArrayEquals(new int[] {3, 0, 4, 2, 1, 5}, LongestFirst.order(new int[] {0, 2, 2, 3, 8, 10, 10}));
        assertArrayEquals(new int[] {0}, LongestFirst.order(new int[] {0, 0}));
        assertArrayEquals(new int[0], LongestFirst.order(new int[] {0}));
    }

    @ParameterizedTest(name = "rows up to {0}")
    @ValueSource(ints = {1, 3, 50, 60_000})
    void ordersAsASortDoes(int longest) {
        Random random = new Random(longest);
        int[] lengths = random.ints(1000, 0, longest + 1).toArray();
        int[] offsets = new int[lengths.length + 1];
        for (int row = 0; row < lengths.length; row++) {
            offsets[row + 1] = offsets[row] + lengths[row];
        }
        int[] sorted = IntStream.range(0, lengths.length)
                .boxed()
                .sorted(Comparator.comparingInt(row -> -lengths[row]))
                .mapToInt(row -> row)
                .toArray();
        assertArrayEquals(sorted, LongestFirst.order(offsets));
    }

    @Test
    void takesRowsBeyondAllLimitsForEqual() {
        assertArrayEquals(new int[] {1, 2, 0}, LongestFirst.order(new int[] {0, 5, 2_000_005, 2_100_000}));
    }
}

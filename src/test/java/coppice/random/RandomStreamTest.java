package coppice.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream reads the blocks of its counter in order, and its bounded numbers are fair. */
class RandomStreamTest {
    private static RandomStream stream(long seed) {
        return new RandomStream(seed, Stream.SHUFFLE, 2, 3);
    }

    /** The bound that chi-square exceeds about once in 3,000 (Wilson and Hilferty). */
    private static double chiSquareLimit(int degrees) {
        double spread = 2.0 / (9 * degrees);
        return degrees * Math.pow(1 - spread + 3.4 * Math.sqrt(spread), 3);
    }

    private static double chiSquare(int[] counts) {
        double mean = Arrays.stream(counts).average().orElseThrow();
        return Arrays.stream(counts)
                .mapToDouble(c -> (c - mean) * (c - mean) / mean)
                .sum();
    }

    @Test
    void readsItsBlocksInOrder() {
        RandomStream stream = new RandomStream(99, Stream.GROW, 7, 0xFFFFFFFEL);
        int[] block = new int[4];
        for (int element = 0; element < 50; element++) {
            Philox.block(99, element, 0, 0xFFFFFFFE, 4 << 24 | 7, block, 0);
            for (int word : block) {
                assertEquals(word, stream.nextInt32());
            }
        }
    }

    @Test
    void everyReadTakesWordsFromTheSameSequence() {
        RandomStream words = stream(1);
        RandomStream mixed = stream(1);
        int first = words.nextInt32();
        assertEquals(first, mixed.nextInt32());
        long high = words.nextInt32();
        long low = words.nextInt32() & 0xFFFFFFFFL;
        assertEquals(high << 32 | low, mixed.nextLong());
        assertEquals((words.nextInt32() >>> 8) / 16777216.0, mixed.nextFloat());
        assertEquals((words.nextInt32() & 0xFFFFFFFFL) >>> 28, mixed.nextInt(16));
        assertEquals(words.nextInt32(), mixed.nextInt32());
    }

    @Test
    void anotherSeedPurposeLayerOrStepGivesOtherNumbers() {
        long one = stream(1).nextLong();
        assertEquals(one, stream(1).nextLong());
        assertNotEquals(one, stream(2).nextLong());
        assertNotEquals(one, stream(1L << 32 | 1).nextLong());
        assertNotEquals(one, new RandomStream(1, Stream.SPLIT, 2, 3).nextLong());
        assertNotEquals(one, new RandomStream(1, Stream.SHUFFLE, 1, 3).nextLong());
        assertNotEquals(one, new RandomStream(1, Stream.SHUFFLE, 2, 4).nextLong());
    }

    @ParameterizedTest(name = "bound {0}, seed 5")
    @ValueSource(ints = {1, 2, 3, 7, 10, 64, 100, 1000})
    void intsAreUniform(int bound) {
        RandomStream stream = stream(5);
        int[] counts = new int[bound];
        for (int i = 0; i < 100 * bound + 1000; i++) {
            counts[stream.nextInt(bound)]++;
        }
        assertTrue(bound == 1 || chiSquare(counts) < chiSquareLimit(bound - 1), () -> "chi2 " + chiSquare(counts));
    }

    @ParameterizedTest(name = "bound {0}, seed 6")
    @ValueSource(longs = {1, 2, 3, 10, 100})
    void longsAreUniform(long bound) {
        RandomStream stream = stream(6);
        int[] counts = new int[(int) bound];
        for (int i = 0; i < 100 * bound + 1000; i++) {
            counts[(int) stream.nextLong(bound)]++;
        }
        assertTrue(bound == 1 || chiSquare(counts) < chiSquareLimit(counts.length - 1));
    }

    /** With 3/4 of the range as bound, a plain remainder or product would favour a third of the values twofold. */
    @Test
    void boundsNearTheRangeAreUniformToo() {
        RandomStream stream = stream(7);
        int bound = 3 << 29;
        int[] ints = new int[12];
        for (int i = 0; i < 60_000; i++) {
            int value = stream.nextInt(bound);
            assertTrue(value >= 0 && value < bound);
            ints[value / (bound / 12)]++;
        }
        assertTrue(chiSquare(ints) < chiSquareLimit(11), Arrays.toString(ints));

        long longBound = 3L << 61;
        int[] longs = new int[12];
        for (int i = 0; i < 60_000; i++) {
            long value = stream.nextLong(longBound);
            assertTrue(value >= 0 && value < longBound);
            longs[(int) (value / (longBound / 12))]++;
        }
        assertTrue(chiSquare(longs) < chiSquareLimit(11), Arrays.toString(longs));
    }

    /** Lemire's method in big integers: the product's upper word, unless its lower word is over-represented. */
    @ParameterizedTest(name = "bound {0}, seed 8")
    @ValueSource(ints = {1, 3, 1 << 30, (1 << 30) + 1, 1431655766, Integer.MAX_VALUE - 1, Integer.MAX_VALUE})
    void intsFollowTheirDefinition(int bound) {
        RandomStream words = stream(8);
        RandomStream tested = stream(8);
        BigInteger range = BigInteger.ONE.shiftLeft(32);
        BigInteger biased = range.mod(BigInteger.valueOf(bound));
        for (int i = 0; i < 2000; i++) {
            BigInteger product;
            do {
                product = BigInteger.valueOf(words.nextInt32() & 0xFFFFFFFFL).multiply(BigInteger.valueOf(bound));
            } while (product.mod(range).compareTo(biased) < 0);
            assertEquals(product.divide(range).intValueExact(), tested.nextInt(bound));
        }
    }

    @ParameterizedTest(name = "bound {0}, seed 9")
    @ValueSource(longs = {1, 3, 1L << 62, (1L << 62) + 1, Long.MAX_VALUE - 1, Long.MAX_VALUE})
    void longsRejectTheIncompleteMultiple(long bound) {
        RandomStream words = stream(9);
        RandomStream tested = stream(9);
        BigInteger range = BigInteger.ONE.shiftLeft(63);
        BigInteger complete = range.subtract(range.mod(BigInteger.valueOf(bound)));
        for (int i = 0; i < 2000; i++) {
            long bits;
            do {
                bits = words.nextLong() >>> 1;
            } while (BigInteger.valueOf(bits).compareTo(complete) >= 0);
            assertEquals(bits % bound, tested.nextLong(bound));
        }
    }

    @Test
    void floatsFillTheUnitInterval() {
        RandomStream stream = stream(10);
        int[] counts = new int[64];
        for (int i = 0; i < 64_000; i++) {
            float value = stream.nextFloat();
            assertTrue(value >= 0 && value < 1);
            counts[(int) (value * 64)]++;
        }
        assertTrue(chiSquare(counts) < chiSquareLimit(63));
    }

    @ParameterizedTest(name = "{0} elements")
    @ValueSource(ints = {0, 1, 2, 5, 1000})
    void permutationHoldsEachIndexOnce(int n) {
        int[] sorted = stream(11).permutation(n);
        Arrays.sort(sorted);
        assertArrayEquals(IntStream.range(0, n).toArray(), sorted);
    }

    @Test
    void permutationsOfFourAreEquallyLikely() {
        RandomStream stream = stream(12);
        Map<String, Integer> seen = new HashMap<>();
        for (int i = 0; i < 24_000; i++) {
            seen.merge(Arrays.toString(stream.permutation(4)), 1, Integer::sum);
        }
        assertEquals(24, seen.size());
        int[] counts = seen.values().stream().mapToInt(Integer::intValue).toArray();
        assertTrue(chiSquare(counts) < chiSquareLimit(23), () -> "chi2 " + chiSquare(counts));
    }

    @Test
    void rangesAreChecked() {
        refuses("step must be in [0, 2^32) but was -1", () -> new RandomStream(1, Stream.INIT, 0, -1));
        refuses("step must be in [0, 2^32) but was 4294967296", () -> new RandomStream(1, Stream.INIT, 0, 1L << 32));
        refuses("layer must be in [0, 2^24) but was -1", () -> new RandomStream(1, Stream.INIT, -1, 0));
        refuses("bound must be positive but was 0", () -> stream(1).nextInt(0));
        refuses("bound must be positive but was -5", () -> stream(1).nextInt(-5));
        refuses("bound must be positive but was 0", () -> stream(1).nextLong(0));
        refuses(
                "bound must be positive but was -9223372036854775808",
                () -> stream(1).nextLong(Long.MIN_VALUE));
    }

    private static void refuses(String message, Executable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
    }
}

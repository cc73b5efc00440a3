package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mask answers as java.util.BitSet does. */
class BitMaskTest {
    @ParameterizedTest(name = "{0} bits, share {1}, seed {2}")
    @CsvSource({
        "0, 0.5, 1",
        "1, 1, 2",
        "63, 0.5, 3",
        "64, 0.5, 4",
        "65, 0.5, 5",
        "128, 1, 6",
        "200, 0, 7",
        "517, 0.9, 8",
        "517, 0.1, 9",
        "640, 0.99, 10"
    })
    void answersAsABitSet(int size, double share, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BitMask mask = new BitMask(size);
        BitSet wanted = new BitSet();
        for (int k = 0; k < size; k++) {
            if (random.nextDouble() < share) {
                mask.set(k);
                wanted.set(k);
            }
        }
        assertEquals(size, mask.size());
        assertEquals(wanted.cardinality(), mask.count());
        for (int k = 0; k < size; k++) {
            assertEquals(wanted.get(k), mask.get(k));
        }
        for (int from = 0; from <= size; from++) {
            assertEquals(Math.min(size, wanted.nextClearBit(from)), mask.nextClear(from));
            for (int to = from; to <= size; to += 1 + random.nextInt(9)) {
                assertEquals(wanted.get(from, to).cardinality(), mask.count(from, to));
            }
        }
    }
}

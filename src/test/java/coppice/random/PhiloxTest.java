package coppice.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Philox4x32-10 gives the words that its authors published and that another implementation gives. */
class PhiloxTest {
    private static int[] block(long key, int c0, int c1, int c2, int c3) {
        int[] out = new int[4];
        Philox.block(key, c0, c1, c2, c3, out, 0);
        return out;
    }

    @Test
    void givesThePublishedKnownAnswers() {
        // Random123, kat_vectors: philox 4x32 10
        assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, block(0, 0, 0, 0, 0));
        assertArrayEquals(new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, block(-1, -1, -1, -1, -1));
        assertArrayEquals(
                new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
                block(0x299f31d0a4093822L, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void agreesWithCommonsRng(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int trial = 0; trial < 500; trial++) {
            long key = random.nextLong();
            int[] counter = new int[4];
            for (int word = 0; word < 4; word++) {
                int kind = random.nextInt(4);
                counter[word] = kind == 0 ? 0 : kind == 1 ? -1 : random.nextInt();
            }
            // Commons RNG starts from key words and counter words, and counts up before each block.
            int[] before = counter.clone();
            for (int word = 0; word < 4 && before[word]-- == 0; word++) {}
            int[] state = {(int) key, (int) (key >>> 32), before[0], before[1], before[2], before[3]};
            UniformRandomProvider theirs = RandomSource.PHILOX_4X32.create(state);
            int[] wanted = {theirs.nextInt(), theirs.nextInt(), theirs.nextInt(), theirs.nextInt()};
            assertArrayEquals(wanted, block(key, counter[0], counter[1], counter[2], counter[3]));
        }
    }

    @Test
    void writesFourWordsAndNoMore() {
        int[] out = {7, 7, 7, 7, 7, 7};
        Philox.block(0, 0, 0, 0, 0, out, 1);
        assertArrayEquals(new int[] {7, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8, 7}, out);
    }

    @Test
    void purposeWordHoldsPurposeAndLayer() {
        assertEquals(0, Philox.purposeWord(Stream.INIT, 0));
        assertEquals(0x04000003, Philox.purposeWord(Stream.GROW, 3));
        assertEquals(0x09FFFFFF, Philox.purposeWord(Stream.PRUNE, (1 << 24) - 1));
        for (int layer : new int[] {-1, 1 << 24}) {
            assertEquals(
                    "layer must be in [0, 2^24) but was " + layer,
                    assertThrows(IllegalArgumentException.class, () -> Philox.purposeWord(Stream.INIT, layer))
                            .getMessage());
        }
    }

    @Test
    void streamsKeepTheirNumbers() {
        // Kernels and saved runs depend on the order.
        assertEquals(
                "[INIT, SHUFFLE, SPLIT, SUBSET, GROW, GROW_INIT, DROPOUT, SAMPLE, AUGMENT, PRUNE, BINARIZE]",
                Arrays.asList(Stream.values()).subList(0, 11).toString());
    }

    @Test
    void usesNeverShareABlock() {
        Set<List<Integer>> blocks = new HashSet<>();
        int made = 0;
        for (Stream purpose : Stream.values()) {
            for (int layer = 0; layer < 8; layer++) {
                for (int step = 0; step < 8; step++) {
                    int[] block = block(42, 0, 0, step, Philox.purposeWord(purpose, layer));
                    assertTrue(blocks.add(Arrays.stream(block).boxed().toList()));
                    made++;
                }
            }
        }
        assertEquals(Stream.values().length * 64, made);
    }

    @Test
    void uniformCoversZeroToOneWithoutOne() {
        assertEquals(0f, Philox.uniform(0));
        assertEquals(0f, Philox.uniform(255));
        assertEquals(0x1p-24f, Philox.uniform(256));
        assertEquals(0.5f, Philox.uniform(0x80000000));
        assertEquals(1 - 0x1p-24f, Philox.uniform(-1));
    }
}

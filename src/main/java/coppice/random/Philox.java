package coppice.random;

/**
 * Philox4x32-10: four random 32-bit words as a pure function of a 64-bit key and a 128-bit counter.
 *
 * <p>Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (SC 2011). Coppice's counter is
 * (element, row, step, purpose and layer): the first two words name the number wanted, the third the step, and the
 * fourth holds the {@link Stream} in its top 8 bits and the layer in the lower 24.
 */
public final class Philox {
    /** Multiplier of words 0 and 1. */
    public static final int M0 = 0xD2511F53;
    /** Multiplier of words 2 and 3. */
    public static final int M1 = 0xCD9E8D57;
    /** Increment of the first key word (Weyl sequence of the golden ratio). */
    public static final int W0 = 0x9E3779B9;
    /** Increment of the second key word (Weyl sequence of sqrt(3) - 1). */
    public static final int W1 = 0xBB67AE85;
    /** Number of rounds. */
    public static final int ROUNDS = 10;

    private static final long LOW = 0xFFFFFFFFL;

    private Philox() {}

    /**
     * Fills {@code out[at..at+3]} with the block of a counter.
     *
     * @param key the seed
     * @param c0 first counter word
     * @param c1 second counter word
     * @param c2 third counter word
     * @param c3 fourth counter word
     * @param out receives four words
     * @param at index of the first
     */
    public static void block(long key, int c0, int c1, int c2, int c3, int[] out, int at) {
        int k0 = (int) key;
        int k1 = (int) (key >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = (M0 & LOW) * (c0 & LOW);
            long p1 = (M1 & LOW) * (c2 & LOW);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c1 = (int) p1;
            c3 = (int) p0;
            k0 += W0;
            k1 += W1;
        }
        out[at] = c0;
        out[at + 1] = c1;
        out[at + 2] = c2;
        out[at + 3] = c3;
    }

    /** The fourth counter word of a purpose and a layer; {@code layer} must be in [0, 2^24). */
    @SuppressWarnings("EnumOrdinal") // the order of the purposes is a contract: see Stream
    public static int purposeWord(Stream purpose, int layer) {
        if (layer < 0 || layer >= 1 << 24) {
            throw new IllegalArgumentException("layer must be in [0, 2^24) but was " + layer);
        }
        return purpose.ordinal() << 24 | layer;
    }

    /** The float in [0, 1) that a word stands for: its top 24 bits over 2^24. */
    public static float uniform(int word) {
        return (word >>> 8) * 0x1p-24f;
    }
}

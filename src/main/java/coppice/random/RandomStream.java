package coppice.random;

/**
 * Reads the numbers of one purpose, layer and step one after the other.
 *
 * <p>For host code that draws a varying number of values; kernels call {@link Philox} with an element's own counter.
 */
public final class RandomStream {
    private final long seed;
    private final int purposeWord;
    private final int step;
    private final int[] block = new int[4];
    private long blocksDrawn;
    private int used = 4;

    /**
     * Starts at the first number.
     *
     * @param seed the run's seed
     * @param purpose what the numbers are for
     * @param layer in [0, 2^24)
     * @param step in [0, 2^32)
     */
    public RandomStream(long seed, Stream purpose, int layer, long step) {
        if (step < 0 || step > 0xFFFFFFFFL) {
            throw new IllegalArgumentException("step must be in [0, 2^32) but was " + step);
        }
        this.seed = seed;
        this.purposeWord = Philox.purposeWord(purpose, layer);
        this.step = (int) step;
    }

    /** The next 32 random bits. */
    public int nextInt32() {
        if (used == 4) {
            Philox.block(seed, (int) blocksDrawn, (int) (blocksDrawn >>> 32), step, purposeWord, block, 0);
            blocksDrawn++;
            used = 0;
        }
        return block[used++];
    }

    /** The next 64 random bits. */
    public long nextLong() {
        return (long) nextInt32() << 32 | (nextInt32() & 0xFFFFFFFFL);
    }

    /** The next float, uniform in [0, 1). */
    public float nextFloat() {
        return Philox.uniform(nextInt32());
    }

    /** The next integer, uniform in [0, bound) without bias (Lemire 2019). */
    public int nextInt(int bound) {
        if (bound <= 0) {
            throw new IllegalArgumentException("bound must be positive but was " + bound);
        }
        long product = (nextInt32() & 0xFFFFFFFFL) * bound;
        if ((product & 0xFFFFFFFFL) < bound) {
            long threshold = (1L << 32) % bound;
            while ((product & 0xFFFFFFFFL) < threshold) {
                product = (nextInt32() & 0xFFFFFFFFL) * bound;
            }
        }
        return (int) (product >>> 32);
    }

    /** The next integer, uniform in [0, bound) without bias; {@code bound} may be any positive long. */
    public long nextLong(long bound) {
        if (bound <= 0) {
            throw new IllegalArgumentException("bound must be positive but was " + bound);
        }
        long limit = Long.MAX_VALUE - (Long.MAX_VALUE % bound + 1) % bound;
        long bits = nextLong() >>> 1;
        while (bits > limit) {
            bits = nextLong() >>> 1;
        }
        return bits % bound;
    }

    /** A uniform permutation of 0 to n - 1 (Fisher and Yates). */
    public int[] permutation(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}

package coppice.data;

import coppice.random.RandomStream;
import coppice.random.Stream;
import java.util.Arrays;

/** Takes a number of samples at random, the same for the same seed. */
public final class Subset {
    private Subset() {}

    /**
     * Samples without repetition, in the order of the source.
     *
     * @param data the source
     * @param count how many, from 1 to all
     * @param seed the run's seed
     */
    public static Dataset random(Dataset data, int count, long seed) {
        if (count < 1 || count > data.rows()) {
            throw new IllegalArgumentException(
                    "number of samples must be from 1 to the " + data.rows() + " there are but was " + count);
        }
        int[] order = new RandomStream(seed, Stream.SUBSET, 0, 0).permutation(data.rows());
        int[] rows = Arrays.copyOf(order, count);
        Arrays.sort(rows);
        return data.select(rows);
    }
}

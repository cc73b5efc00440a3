package coppice.data;

import coppice.random.RandomStream;
import coppice.random.Stream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Divides one data set at random into samples for training, validation and test, the same for the same seed. */
public final class Split {
    private Split() {}

    /**
     * Divides; each part keeps the order of the source.
     *
     * @param data at least as many samples as parts
     * @param testFraction share of the samples for test, in [0, 1); 0 for no such part
     * @param validationFraction share of the samples for validation, in [0, 1); 0 for no such part
     * @param seed the run's seed
     */
    public static Datasets.Parts random(Dataset data, double testFraction, double validationFraction, long seed) {
        int test = count(data, testFraction, "test");
        int validation = count(data, validationFraction, "validation");
        long held = (long) test + validation;
        if (held >= data.rows()) {
            throw new IllegalArgumentException("a test fraction of " + testFraction + " and a validation fraction of "
                    + validationFraction + " leave none of " + data.rows() + " samples for training");
        }
        int[] order = new RandomStream(seed, Stream.SPLIT, 0, 0).permutation(data.rows());
        Dataset train = data.select(sorted(order, (int) held, order.length));
        return new Datasets.Parts(train, part(data, order, test, (int) held), part(data, order, 0, test));
    }

    private static int count(Dataset data, double fraction, String part) {
        if (!(fraction >= 0 && fraction < 1)) {
            throw new IllegalArgumentException(part + " fraction must be in [0, 1) but was " + fraction);
        }
        int count = (int) Math.round(fraction * data.rows());
        if (fraction > 0 && count == 0) {
            throw new IllegalArgumentException(
                    "a " + part + " fraction of " + fraction + " of " + data.rows() + " samples is none");
        }
        return count;
    }

    private static @Nullable Dataset part(Dataset data, int[] order, int from, int to) {
        return from == to ? null : data.select(sorted(order, from, to));
    }

    private static int[] sorted(int[] order, int from, int to) {
        int[] rows = Arrays.copyOfRange(order, from, to);
        Arrays.sort(rows);
        return rows;
    }
}

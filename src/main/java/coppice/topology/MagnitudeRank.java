package coppice.topology;

import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;
import java.util.Arrays;

/**
 * Finds and marks the connections of least (or greatest) magnitude in O(connections), without sorting.
 *
 * <p>The bits of a magnitude order as integers, so three counting passes over 11, 10 and 10 bits find the rank wanted.
 * Equal magnitudes are taken in CSR order.
 */
final class MagnitudeRank {
    /** Which connections take part. */
    enum Group {
        POSITIVE,
        NEGATIVE,
        ALL
    }

    private static final int[] SHIFTS = {20, 10, 0};
    private static final int BINS = 1 << 11;
    private static final int MAGNITUDE = 0x7FFFFFFF;

    private final float[] values;
    private final Group group;
    private final boolean greatestFirst;
    private final WorkerPool pool;
    private final int parts;

    MagnitudeRank(float[] values, Group group, boolean greatestFirst, WorkerPool pool) {
        this.values = values;
        this.group = group;
        this.greatestFirst = greatestFirst;
        this.pool = pool;
        this.parts = Math.max(1, Math.min(4 * pool.threads(), values.length / 4096));
    }

    /** Rank key of a value, lowest first; -1 if it does not take part. */
    private int key(float value) {
        int bits = Float.floatToRawIntBits(value);
        int magnitude = bits & MAGNITUDE;
        boolean member =
                switch (group) {
                    case POSITIVE -> value > 0;
                    case NEGATIVE -> value < 0;
                    case ALL -> true;
                };
        return !member ? -1 : greatestFirst ? MAGNITUDE - magnitude : magnitude;
    }

    /** Marks the {@code count} connections of lowest rank; {@code count} is at most the size of the group. */
    void mark(long count, BitMask cut) {
        if (count <= 0) {
            return;
        }
        int threshold = 0;
        long below = 0; // connections known to rank under the threshold
        for (int shift : SHIFTS) {
            int[] histogram = histogram(threshold, shift);
            int bin = 0;
            while (below + histogram[bin] < count) {
                below += histogram[bin++];
            }
            threshold |= bin << shift;
        }
        markBelow(threshold, count - below, cut);
    }

    /** Counts the keys that share {@code prefix} above the bits of this pass. */
    private int[] histogram(int prefix, int shift) {
        int bits = shift == SHIFTS[0] ? 11 : 10;
        int high = shift + bits;
        int[][] counts = new int[parts][];
        pool.run(parts, part -> {
            int[] local = new int[BINS];
            int end = Ranges.start(values.length, part + 1, parts);
            for (int k = Ranges.start(values.length, part, parts); k < end; k++) {
                int key = key(values[k]);
                if (key >= 0 && (high == 31 || key >>> high == prefix >>> high)) {
                    local[key >>> shift & (1 << bits) - 1]++;
                }
            }
            counts[part] = local;
        });
        int[] total = new int[BINS];
        for (int[] local : counts) {
            for (int bin = 0; bin < BINS; bin++) {
                total[bin] += local[bin];
            }
        }
        return total;
    }

    /** Marks every key under the threshold and, in CSR order, the first {@code ties} keys at it. */
    private void markBelow(int threshold, long ties, BitMask cut) {
        int[] equal = new int[parts];
        pool.run(parts, part -> {
            int count = 0;
            int end = Ranges.start(values.length, part + 1, parts, 64);
            for (int k = Ranges.start(values.length, part, parts, 64); k < end; k++) {
                count += key(values[k]) == threshold ? 1 : 0;
            }
            equal[part] = count;
        });
        long[] quota = new long[parts];
        long left = ties;
        for (int part = 0; part < parts; part++) {
            quota[part] = Math.min(left, equal[part]);
            left -= quota[part];
        }
        pool.run(parts, part -> {
            long open = quota[part];
            int end = Ranges.start(values.length, part + 1, parts, 64);
            for (int k = Ranges.start(values.length, part, parts, 64); k < end; k++) {
                int key = key(values[k]);
                if (key >= 0 && (key < threshold || key == threshold && open-- > 0)) {
                    cut.set(k);
                }
            }
        });
    }

    /** Number of members and their least magnitude (infinite when there is none). */
    static Census census(float[] values, WorkerPool pool) {
        int parts = Math.max(1, Math.min(4 * pool.threads(), values.length / 4096));
        Census[] partial = new Census[parts];
        pool.run(parts, part -> {
            int positives = 0;
            int negatives = 0;
            float leastPositive = Float.POSITIVE_INFINITY;
            float leastNegative = Float.POSITIVE_INFINITY;
            int end = Ranges.start(values.length, part + 1, parts);
            for (int k = Ranges.start(values.length, part, parts); k < end; k++) {
                float value = values[k];
                if (value > 0) {
                    positives++;
                    leastPositive = Math.min(leastPositive, value);
                } else if (value < 0) {
                    negatives++;
                    leastNegative = Math.min(leastNegative, -value);
                }
            }
            partial[part] = new Census(positives, negatives, leastPositive, leastNegative);
        });
        return Arrays.stream(partial).reduce(Census.NONE, Census::plus);
    }

    /** How the signs of a layer's weights are shared out. */
    record Census(int positives, int negatives, float leastPositive, float leastNegative) {
        static final Census NONE = new Census(0, 0, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY);

        Census plus(Census other) {
            return new Census(
                    positives + other.positives,
                    negatives + other.negatives,
                    Math.min(leastPositive, other.leastPositive),
                    Math.min(leastNegative, other.leastNegative));
        }
    }
}

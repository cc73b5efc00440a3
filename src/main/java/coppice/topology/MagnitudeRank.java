package coppice.topology;

import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;

/**
 * Finds and marks the connections of least (or greatest) magnitude in O(connections), without sorting.
 *
 * <p>The bits of a magnitude order as integers, so three counting passes over 11, 10 and 10 bits find the rank wanted.
 * Equal magnitudes are taken in CSR order. No pass branches on a sign, which no processor could predict.
 */
final class MagnitudeRank {
    /** Which connections take part, and in which order they rank. */
    enum Group {
        /** Weights without a sign bit, +0 included, nearest zero first. */
        POSITIVE(-1, 0),
        /** Weights with a sign bit, -0 included, nearest zero first. */
        NEGATIVE(-1, Integer.MIN_VALUE),
        /** All weights, nearest zero first. */
        ALL(Integer.MAX_VALUE, 0),
        /** All weights, farthest from zero first. */
        ALL_GREATEST_FIRST(Integer.MAX_VALUE, Integer.MAX_VALUE);

        private final int mask;
        private final int flip;

        Group(int mask, int flip) {
            this.mask = mask;
            this.flip = flip;
        }

        /** Rank of a weight, lowest first; negative for one outside the group. */
        private int key(float value) {
            return (Float.floatToRawIntBits(value) & mask) ^ flip;
        }
    }

    private static final int TOP_SHIFT = 20;
    private static final int TOP_BINS = 1 << 12; // the upper half counts weights outside the group
    private static final int DIGIT = 10;

    private final float[] values;
    private final Group group;
    private final WorkerPool pool;
    private final int parts;

    MagnitudeRank(float[] values, Group group, WorkerPool pool) {
        this.values = values;
        this.group = group;
        this.pool = pool;
        this.parts = Math.max(1, Math.min(4 * pool.threads(), values.length / 4096));
    }

    /** Marks the {@code count} connections of lowest rank; {@code count} is at most the size of the group. */
    void mark(long count, BitMask cut) {
        mark(count, false, cut);
    }

    /** Marks the {@code count} connections of lowest rank and all that equal the last of them. */
    void markWithTies(long count, BitMask cut) {
        mark(count, true, cut);
    }

    private void mark(long count, boolean allTies, BitMask cut) {
        if (count <= 0) {
            return;
        }
        int[][] counts = countTop();
        int threshold = 0;
        long missing = count; // connections wanted among those that share the threshold's upper bits
        for (int shift = TOP_SHIFT; ; shift -= DIGIT) {
            int bin = 0;
            for (long here = sum(counts, bin); here < missing; here = sum(counts, bin)) {
                missing -= here;
                bin++;
            }
            threshold |= bin << shift;
            if (shift == 0) {
                markBelow(threshold, ties(counts, bin, allTies ? Long.MAX_VALUE : missing), cut);
                return;
            }
            counts = countDigit(threshold >>> shift, shift);
        }
    }

    private static long sum(int[][] counts, int bin) {
        long sum = 0;
        for (int[] local : counts) {
            sum += local[bin];
        }
        return sum;
    }

    /** Shares out {@code wanted} connections at the threshold among the parts, first come, first served. */
    private static long[] ties(int[][] counts, int bin, long wanted) {
        long[] quota = new long[counts.length];
        long left = wanted;
        for (int part = 0; part < counts.length; part++) {
            quota[part] = Math.min(left, counts[part][bin]);
            left -= quota[part];
        }
        return quota;
    }

    private int start(int part) {
        return Ranges.start(values.length, part, parts, 64);
    }

    /** Counts the keys of each part by their upper 12 bits. */
    private int[][] countTop() {
        int[][] counts = new int[parts][];
        pool.run(parts, part -> {
            int[] local = new int[TOP_BINS];
            int end = start(part + 1);
            for (int k = start(part); k < end; k++) {
                local[group.key(values[k]) >>> TOP_SHIFT]++;
            }
            counts[part] = local;
        });
        return counts;
    }

    /** Counts, for keys that equal {@code prefix} from bit {@code high} on, the 10 bits below. */
    private int[][] countDigit(int prefix, int high) {
        int shift = high - DIGIT;
        int[][] counts = new int[parts][];
        pool.run(parts, part -> {
            int[] local = new int[1 << DIGIT];
            int end = start(part + 1);
            for (int k = start(part); k < end; k++) {
                int key = group.key(values[k]);
                if (key >>> high == prefix) {
                    local[(key >>> shift) & ((1 << DIGIT) - 1)]++;
                }
            }
            counts[part] = local;
        });
        return counts;
    }

    /** Marks every key under the threshold and the first {@code quota[part]} keys of each part that equal it. */
    private void markBelow(int threshold, long[] quota, BitMask cut) {
        pool.run(parts, part -> {
            long open = quota[part];
            int end = start(part + 1);
            for (int from = start(part); from < end; from += 64) {
                long bits = 0;
                int to = Math.min(end, from + 64);
                for (int k = from; k < to; k++) {
                    int key = group.key(values[k]);
                    long below = ((key & 0xFFFFFFFFL) - threshold) >>> 63; // keys outside the group are large
                    if (key == threshold && open > 0) {
                        open--;
                        below = 1;
                    }
                    bits |= below << k;
                }
                cut.setAll(from >>> 6, bits);
            }
        });
    }
}

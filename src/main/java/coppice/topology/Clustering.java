package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How often a path of three connections in a layer closes to a cycle of four.
 *
 * <p>The bipartite clustering coefficient of Robins and Alexander, "Small worlds among interlocking directors",
 * Computational and Mathematical Organization Theory 10 (2004): four times the cycles of length four over the paths of
 * length three. Between two groups of neurons there are no triangles, which the usual coefficient counts. Connections
 * drawn at random have a coefficient near the layer's density.
 *
 * @param coefficient from 0 to 1
 * @param standardError of a coefficient that was sampled; null for an exact one
 * @param threePaths paths of length three
 * @param samples paths that were drawn; null where all were counted
 */
public record Clustering(
        double coefficient,
        @Nullable Double standardError,
        double threePaths,
        @Nullable Integer samples) {
    private static final long MOST_STEPS = 1L << 28; // of counting; about a second
    private static final int DRAWN = 1_000_000;
    private static final int LAYER = 2; // of the random numbers, apart from those of other measures

    /**
     * Measures a layer, exactly where that is cheap and else by drawing paths; empty without a path of length three.
     *
     * @param seed names the paths drawn
     * @param pool threads to use; the result does not depend on their number
     */
    public static Optional<Clustering> of(CsrPattern pattern, long seed, WorkerPool pool) {
        return of(pattern, seed, pool, MOST_STEPS, DRAWN);
    }

    static Optional<Clustering> of(CsrPattern pattern, long seed, WorkerPool pool, long mostSteps, int drawn) {
        int[] in = TopologyMetrics.inDegrees(pattern.rows(), pattern.columns(), pattern);
        int[] out = TopologyMetrics.outDegrees(pattern.rows(), pattern.columns(), pattern);
        double[] paths = paths(pattern, in, out);
        double all = paths[paths.length - 1];
        if (all == 0) {
            return Optional.empty();
        }
        double steps = Arrays.stream(out).asDoubleStream().map(d -> d * d).sum();
        if (steps <= mostSteps) {
            double coefficient = 4.0 * fourCycles(pattern, pool) / all;
            return Optional.of(new Clustering(coefficient, null, all, null));
        }
        double share = (double) closed(pattern, out, paths, seed, drawn) / drawn;
        return Optional.of(new Clustering(share, Math.sqrt(share * (1 - share) / drawn), all, drawn));
    }

    /** The number of paths of length three whose middle connection is in a row up to each row, summed up. */
    private static double[] paths(CsrPattern pattern, int[] in, int[] out) {
        double[] sums = new double[pattern.rows() + 1];
        for (int row = 0; row < pattern.rows(); row++) {
            double ends = 0;
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                ends += out[pattern.columnIndices()[k]] - 1;
            }
            sums[row + 1] = sums[row] + Math.max(0, in[row] - 1) * ends;
        }
        return sums;
    }

    /** Pairs of rows with c columns in common close c (c - 1) / 2 cycles. */
    private static long fourCycles(CsrPattern pattern, WorkerPool pool) {
        CsrPattern.Transpose columns = pattern.transpose();
        long[] sums = new long[pool.threads()];
        pool.run(sums.length, part -> {
            int[] common = new int[pattern.rows()];
            long sum = 0;
            for (int row = part; row < pattern.rows(); row += sums.length) {
                for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                    int column = pattern.columnIndices()[k];
                    int end = columns.columnOffsets()[column + 1];
                    for (int i = columns.columnOffsets()[column]; i < end && columns.rowIndices()[i] < row; i++) {
                        sum += common[columns.rowIndices()[i]]++; // 0 + 1 + ... + (c - 1) in the end
                    }
                }
                for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                    int column = pattern.columnIndices()[k];
                    int end = columns.columnOffsets()[column + 1];
                    for (int i = columns.columnOffsets()[column]; i < end && columns.rowIndices()[i] < row; i++) {
                        common[columns.rowIndices()[i]] = 0;
                    }
                }
            }
            sums[part] = sum;
        });
        return Arrays.stream(sums).sum();
    }

    /** Draws paths uniformly; counts those whose ends are connected. */
    private static int closed(CsrPattern pattern, int[] out, double[] paths, long seed, int drawn) {
        RandomStream random = new RandomStream(seed, Stream.MEASURE, LAYER, 0);
        CsrPattern.Transpose columns = pattern.transpose();
        int closed = 0;
        for (int i = 0; i < drawn; i++) {
            int row = row(paths, uniform(random) * paths[paths.length - 1]);
            int from = pattern.rowOffsets()[row];
            int degree = pattern.rowLength(row);
            int middle = middle(pattern, out, row, random);
            int column = pattern.columnIndices()[middle];
            int other = from + random.nextInt(degree - 1);
            other += other >= middle ? 1 : 0;
            int first = columns.columnOffsets()[column];
            int rows = out[column];
            int at = Arrays.binarySearch(columns.rowIndices(), first, first + rows, row);
            int otherRow = first + random.nextInt(rows - 1);
            otherRow += otherRow >= at ? 1 : 0;
            int end = columns.rowIndices()[otherRow];
            closed += Arrays.binarySearch(
                                    pattern.columnIndices(),
                                    pattern.rowOffsets()[end],
                                    pattern.rowOffsets()[end + 1],
                                    pattern.columnIndices()[other])
                            >= 0
                    ? 1
                    : 0;
        }
        return closed;
    }

    /** The row whose paths lie at {@code at} of their sum; one that has paths. */
    private static int row(double[] paths, double at) {
        int low = 0;
        int high = paths.length - 1; // paths[low] <= at < paths[high]
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (paths[middle] <= at) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** A connection of a row, with a probability in proportion to the other connections of its column. */
    private static int middle(CsrPattern pattern, int[] out, int row, RandomStream random) {
        long sum = 0;
        for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
            sum += out[pattern.columnIndices()[k]] - 1;
        }
        long at = random.nextLong(sum);
        for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
            at -= out[pattern.columnIndices()[k]] - 1;
            if (at < 0) {
                return k;
            }
        }
        throw new IllegalStateException("row " + row + " has no path of length three");
    }

    private static double uniform(RandomStream random) {
        return (random.nextLong() >>> 11) * 0x1p-53;
    }
}

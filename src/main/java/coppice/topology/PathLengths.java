package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far neurons are from each other along the connections of a network's sparse layers, whichever way these lead.
 *
 * <p>Dense layers, which bring every neuron near to every other and tell nothing of the topology, are left out.
 *
 * @param neurons neurons that a sparse layer touches
 * @param sources neurons that distances were measured from: all, or a sample
 * @param mean connections on the shortest path, over all pairs that have one
 * @param standardError of the mean from a sample of sources; null where there was none to take
 * @param longest the longest of these paths
 * @param reachable share of the pairs that have a path
 */
public record PathLengths(
        int neurons, int sources, double mean, @Nullable Double standardError, int longest, double reachable) {
    private static final int LAYER = 1; // of the random numbers, apart from those of other measures

    /** Distances from one neuron. */
    private record Reach(long sum, long count, int longest) {}

    /**
     * Measures a chain of layers; empty without a sparse one.
     *
     * @param mostSources neurons to measure from: all where there are no more, else so many drawn at random
     * @param seed names the sample
     * @param pool threads to use; the result does not depend on their number
     */
    public static Optional<PathLengths> of(List<LayerTopology> layers, int mostSources, long seed, WorkerPool pool) {
        Chain chain = new Chain(layers);
        int[] candidates = chain.touched();
        if (candidates.length < 2 || mostSources < 1) {
            return Optional.empty();
        }
        boolean sampled = candidates.length > mostSources;
        int[] order =
                sampled ? new RandomStream(seed, Stream.MEASURE, LAYER, 0).permutation(candidates.length) : new int[0];
        Reach[] reaches = new Reach[sampled ? mostSources : candidates.length];
        pool.run(reaches.length, i -> reaches[i] = chain.reach(candidates[sampled ? order[i] : i]));
        return Optional.of(summary(reaches, candidates.length, sampled));
    }

    private static PathLengths summary(Reach[] reaches, int neurons, boolean sampled) {
        long sum = 0;
        long count = 0;
        int longest = 0;
        for (Reach reach : reaches) {
            sum += reach.sum;
            count += reach.count;
            longest = Math.max(longest, reach.longest);
        }
        double mean = (double) sum / count;
        double squares = 0; // of a ratio estimate: what each source adds beyond its share
        for (Reach reach : reaches) {
            double beyond = reach.sum - mean * reach.count;
            squares += beyond * beyond;
        }
        int n = reaches.length;
        Double error = sampled && n > 1 ? Math.sqrt(squares * n / (n - 1)) / count : null;
        return new PathLengths(neurons, n, mean, error, longest, count / ((double) n * (neurons - 1)));
    }

    /** Neurons numbered group after group, with their neighbours in the layers before and after. */
    private static final class Chain {
        private final @Nullable CsrPattern[] patterns;
        private final int[] first; // number of each group's first neuron, and the number of all

        Chain(List<LayerTopology> layers) {
            patterns = new CsrPattern[layers.size()];
            first = new int[layers.size() + 2];
            first[1] = layers.get(0).inputs();
            for (int n = 0; n < patterns.length; n++) {
                CsrPattern pattern = layers.get(n).pattern();
                if (pattern != null) {
                    pattern.transpose(); // here once, not by each thread
                }
                patterns[n] = pattern;
                first[n + 2] = Math.addExact(first[n + 1], layers.get(n).outputs());
            }
        }

        /** The neurons of all groups beside a sparse layer. */
        int[] touched() {
            int[] touched = new int[first[first.length - 1]];
            int count = 0;
            for (int group = 0; group + 1 < first.length; group++) {
                boolean before = group > 0 && patterns[group - 1] != null;
                boolean after = group < patterns.length && patterns[group] != null;
                for (int neuron = first[group]; (before || after) && neuron < first[group + 1]; neuron++) {
                    touched[count++] = neuron;
                }
            }
            return Arrays.copyOf(touched, count);
        }

        /** Goes out from a neuron, a step at a time. */
        Reach reach(int source) {
            int[] queue = new int[first[first.length - 1]];
            boolean[] seen = new boolean[queue.length];
            queue[0] = source;
            seen[source] = true;
            int end = 1;
            long sum = 0;
            int distance = 0;
            for (int at = 0; at < end; ) {
                int level = end;
                distance++;
                for (; at < level; at++) {
                    end = visit(queue[at], queue, end, seen);
                }
                sum += (long) distance * (end - level);
            }
            return new Reach(sum, end - 1L, distance - 1);
        }

        private int visit(int neuron, int[] queue, int count, boolean[] seen) {
            int group = 0;
            while (neuron >= first[group + 1]) {
                group++;
            }
            int number = neuron - first[group];
            int end = count;
            CsrPattern before = group > 0 ? patterns[group - 1] : null;
            if (before != null) {
                int to = before.rowOffsets()[number + 1];
                for (int k = before.rowOffsets()[number]; k < to; k++) {
                    end = add(first[group - 1] + before.columnIndices()[k], queue, end, seen);
                }
            }
            CsrPattern after = group < patterns.length ? patterns[group] : null;
            if (after != null) {
                CsrPattern.Transpose columns = after.transpose();
                int to = columns.columnOffsets()[number + 1];
                for (int k = columns.columnOffsets()[number]; k < to; k++) {
                    end = add(first[group + 1] + columns.rowIndices()[k], queue, end, seen);
                }
            }
            return end;
        }

        private static int add(int neuron, int[] queue, int end, boolean[] seen) {
            if (seen[neuron]) {
                return end;
            }
            seen[neuron] = true;
            queue[end] = neuron;
            return end + 1;
        }
    }
}

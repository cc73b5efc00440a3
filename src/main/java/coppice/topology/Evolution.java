package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;

/**
 * Changes a layer's topology: cuts connections by one rule and grows as many by another.
 *
 * <p>Costs O(connections) time and memory. Surviving connections keep their order, so that whatever belongs to them can
 * be carried over by {@link Evolved#origin}.
 *
 * @param prune chooses what is cut
 * @param grow chooses what grows
 */
public record Evolution(PruneRule prune, GrowRule grow) {
    /**
     * What an evolution made.
     *
     * @param pattern the new topology
     * @param origin for each connection of the new topology its index in the old one, or -1 if it is new
     * @param pruned number of connections cut
     * @param grown number of connections grown
     */
    public record Evolved(CsrPattern pattern, int[] origin, int pruned, int grown) {}

    /**
     * Evolves one layer.
     *
     * @param pattern the old topology
     * @param values its weights in CSR order; not changed
     * @param growBack false to cut only, as SET does after the last epoch
     * @param key the seed, the layer and the number of this evolution, from 1
     * @param pool threads to use; the result does not depend on their number
     */
    public Evolved evolve(CsrPattern pattern, float[] values, boolean growBack, RandomKey key, WorkerPool pool) {
        BitMask cut = prune.prune(values, key, pool);
        int pruned = cut.count();
        CsrPattern kept = keep(pattern, cut, pattern.connections() - pruned, pool);
        CsrPattern added = growBack
                ? grow.grow(kept, pruned, key, pool)
                : CsrPattern.empty(pattern.rows(), pattern.columns());
        return merge(pattern, cut, added, pool);
    }

    private static int parts(CsrPattern pattern, WorkerPool pool) {
        return Math.max(1, Math.min(8 * pool.threads(), pattern.connections() / 1024));
    }

    private static CsrPattern keep(CsrPattern pattern, BitMask cut, int connections, WorkerPool pool) {
        int[] oldOffsets = pattern.rowOffsets();
        int[] rowOffsets = new int[pattern.rows() + 1];
        for (int row = 0; row < pattern.rows(); row++) {
            int cutHere = cut.count(oldOffsets[row], oldOffsets[row + 1]);
            rowOffsets[row + 1] = rowOffsets[row] + pattern.rowLength(row) - cutHere;
        }
        int[] columnIndices = new int[connections];
        int parts = parts(pattern, pool);
        pool.run(parts, part -> {
            int end = Ranges.startByConnections(oldOffsets, 4, part + 1, parts);
            for (int row = Ranges.startByConnections(oldOffsets, 4, part, parts); row < end; row++) {
                int at = rowOffsets[row];
                for (int k = oldOffsets[row]; k < oldOffsets[row + 1]; k++) {
                    if (!cut.get(k)) {
                        columnIndices[at++] = pattern.columnIndices()[k];
                    }
                }
            }
        });
        return new CsrPattern(pattern.rows(), pattern.columns(), rowOffsets, columnIndices);
    }

    private static Evolved merge(CsrPattern pattern, BitMask cut, CsrPattern added, WorkerPool pool) {
        int[] oldOffsets = pattern.rowOffsets();
        int[] addedOffsets = added.rowOffsets();
        int[] rowOffsets = new int[pattern.rows() + 1];
        for (int row = 0; row < pattern.rows(); row++) {
            int kept = pattern.rowLength(row) - cut.count(oldOffsets[row], oldOffsets[row + 1]);
            rowOffsets[row + 1] = rowOffsets[row] + kept + added.rowLength(row);
        }
        int connections = rowOffsets[pattern.rows()];
        int[] columnIndices = new int[connections];
        int[] origin = new int[connections];
        int parts = parts(pattern, pool);
        pool.run(parts, part -> {
            int end = Ranges.startByConnections(oldOffsets, 4, part + 1, parts);
            for (int row = Ranges.startByConnections(oldOffsets, 4, part, parts); row < end; row++) {
                int at = rowOffsets[row];
                int a = addedOffsets[row];
                for (int k = oldOffsets[row]; k < oldOffsets[row + 1]; k++) {
                    if (cut.get(k)) {
                        continue;
                    }
                    int column = pattern.columnIndices()[k];
                    while (a < addedOffsets[row + 1] && added.columnIndices()[a] < column) {
                        columnIndices[at] = added.columnIndices()[a++];
                        origin[at++] = -1;
                    }
                    columnIndices[at] = column;
                    origin[at++] = k;
                }
                while (a < addedOffsets[row + 1]) {
                    columnIndices[at] = added.columnIndices()[a++];
                    origin[at++] = -1;
                }
            }
        });
        CsrPattern evolved = new CsrPattern(pattern.rows(), pattern.columns(), rowOffsets, columnIndices);
        return new Evolved(evolved, origin, cut.count(), added.connections());
    }
}

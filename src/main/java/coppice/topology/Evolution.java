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
    @SuppressWarnings("ArrayRecordComponent") // handed over, not shared
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
        if (values.length != pattern.connections()) {
            throw new IllegalArgumentException(
                    "a pattern of " + pattern.connections() + " connections got " + values.length + " values");
        }
        BitMask cut = prune.prune(values, key, pool);
        int pruned = cut.count();
        CsrPattern kept = keep(pattern, cut, pattern.connections() - pruned, pool);
        CsrPattern added =
                growBack ? grow.grow(kept, pruned, key, pool) : CsrPattern.empty(pattern.rows(), pattern.columns());
        return merge(pattern, cut, kept, added, pool);
    }

    private static int parts(CsrPattern pattern, WorkerPool pool) {
        return Math.max(1, Math.min(8 * pool.threads(), pattern.connections() / 1024));
    }

    private static CsrPattern keep(CsrPattern pattern, BitMask cut, int connections, WorkerPool pool) {
        int[] oldOffsets = pattern.rowOffsets();
        int[] oldColumns = pattern.columnIndices();
        int[] rowOffsets = new int[pattern.rows() + 1];
        for (int row = 0; row < pattern.rows(); row++) {
            int cutHere = cut.count(oldOffsets[row], oldOffsets[row + 1]);
            rowOffsets[row + 1] = rowOffsets[row] + pattern.rowLength(row) - cutHere;
        }
        int[] columnIndices = new int[connections];
        int parts = parts(pattern, pool);
        pool.run(parts, part -> {
            int first = Ranges.startByConnections(oldOffsets, 4, part, parts);
            int end = oldOffsets[Ranges.startByConnections(oldOffsets, 4, part + 1, parts)];
            int at = rowOffsets[first];
            for (int k = cut.nextClear(oldOffsets[first]); k < end; k = cut.nextClear(k + 1)) {
                columnIndices[at++] = oldColumns[k];
            }
        });
        return new CsrPattern(pattern.rows(), pattern.columns(), rowOffsets, columnIndices);
    }

    private static Evolved merge(CsrPattern pattern, BitMask cut, CsrPattern kept, CsrPattern added, WorkerPool pool) {
        int[] keptOffsets = kept.rowOffsets();
        int[] keptColumns = kept.columnIndices();
        int[] addedOffsets = added.rowOffsets();
        int[] addedColumns = added.columnIndices();
        int[] rowOffsets = new int[pattern.rows() + 1];
        for (int row = 1; row <= pattern.rows(); row++) {
            rowOffsets[row] = keptOffsets[row] + addedOffsets[row];
        }
        int[] columnIndices = new int[rowOffsets[pattern.rows()]];
        int[] origin = new int[columnIndices.length];
        int parts = parts(pattern, pool);
        pool.run(parts, part -> {
            int first = Ranges.startByConnections(keptOffsets, 4, part, parts);
            int end = Ranges.startByConnections(keptOffsets, 4, part + 1, parts);
            int old = pattern.rowOffsets()[first] - 1;
            int a = addedOffsets[first];
            int at = rowOffsets[first];
            for (int row = first; row < end; row++) {
                for (int k = keptOffsets[row]; k < keptOffsets[row + 1]; k++) {
                    int column = keptColumns[k];
                    for (; a < addedOffsets[row + 1] && addedColumns[a] < column; a++) {
                        columnIndices[at] = addedColumns[a];
                        origin[at++] = -1;
                    }
                    old = cut.nextClear(old + 1);
                    columnIndices[at] = column;
                    origin[at++] = old;
                }
                for (; a < addedOffsets[row + 1]; a++) {
                    columnIndices[at] = addedColumns[a];
                    origin[at++] = -1;
                }
            }
        });
        CsrPattern evolved = new CsrPattern(pattern.rows(), pattern.columns(), rowOffsets, columnIndices);
        int pruned = pattern.connections() - kept.connections();
        return new Evolved(evolved, origin, pruned, added.connections());
    }
}

package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;

/**
 * SET's rule: new connections at positions drawn uniformly, without replacement, from the empty cells.
 *
 * <p>Source: Mocanu et al. 2018. A cell emptied by this very evolution may be drawn again, as in the reference
 * programs.
 */
public record UniformGrow() implements GrowRule {
    @Override
    public CsrPattern grow(CsrPattern kept, int count, RandomKey key, WorkerPool pool) {
        long empty = kept.cells() - kept.connections();
        if (count < 0 || count > empty) {
            throw new IllegalArgumentException("cannot grow " + count + " connections in " + empty + " empty cells");
        }
        if (count == 0) {
            return CsrPattern.empty(kept.rows(), kept.columns());
        }
        // Drawing cells and rejecting the occupied ones is cheap only while most cells are empty.
        boolean sparse = kept.connections() + (long) count <= kept.cells() / 2;
        return sparse ? new CellDraw(kept, key, pool).distinct(count) : RankDraw.draw(kept, count, key);
    }
}

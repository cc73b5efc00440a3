package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;

/** Chooses the cells in which an evolution grows new connections. */
public interface GrowRule {
    /**
     * Draws new connections.
     *
     * @param kept the connections that stay
     * @param count how many to add, at most the number of empty cells
     * @param key names the random numbers of this choice
     * @param pool threads to use; the result does not depend on their number
     * @return a pattern of the same shape with exactly {@code count} connections, none of them in {@code kept}
     */
    CsrPattern grow(CsrPattern kept, int count, RandomKey key, WorkerPool pool);
}

package coppice.topology;

import coppice.parallel.WorkerPool;

/** Chooses the connections that an evolution cuts. */
public interface PruneRule {
    /**
     * Marks the connections to cut.
     *
     * @param values one weight a connection, in CSR order; not changed
     * @param key names the random numbers of this choice
     * @param pool threads to use; the result does not depend on their number
     * @return a bit a connection, set where it is to be cut
     */
    BitMask prune(float[] values, RandomKey key, WorkerPool pool);
}

package coppice.topology;

import coppice.parallel.WorkerPool;
import coppice.topology.MagnitudeRank.Group;

/**
 * Cuts the fraction zeta of least magnitude whatever the sign, or of greatest magnitude.
 *
 * <p>Least magnitude is the rule of RigL (Evci et al. 2020) and other successors of SET; greatest magnitude is the
 * paper's negative control, with which a network cannot learn.
 *
 * @param zeta fraction cut, in [0, 1)
 * @param greatest true to cut the greatest
 */
public record MagnitudePrune(double zeta, boolean greatest) implements PruneRule {
    /** Checks the range. */
    public MagnitudePrune {
        Zeta.require(zeta);
    }

    @Override
    public BitMask prune(float[] values, RandomKey key, WorkerPool pool) {
        BitMask cut = new BitMask(values.length);
        Group order = greatest ? Group.ALL_GREATEST_FIRST : Group.ALL;
        new MagnitudeRank(values, order, pool).mark(Math.round(zeta * values.length), cut);
        return cut;
    }
}

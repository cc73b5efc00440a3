package coppice.topology;

import coppice.parallel.WorkerPool;
import coppice.topology.MagnitudeRank.Census;
import coppice.topology.MagnitudeRank.Group;

/**
 * SET's rule: cut the fraction zeta of the positive weights nearest zero and, separately, of the negative ones.
 *
 * <p>Weights of exactly zero carry no signal and are always cut. Source: Mocanu et al., Scalable training of artificial
 * neural networks with adaptive sparse connectivity inspired by network science (Nature Communications 9, 2018).
 *
 * @param zeta fraction cut, in [0, 1)
 * @param counting how the fraction becomes a number of connections
 */
public record SetPrune(double zeta, Counting counting) implements PruneRule {
    /** How a fraction becomes a number. */
    public enum Counting {
        /** Rounded to the nearest. */
        NEAREST,
        /**
         * As the published Python programs count: they sort all weights, look up two thresholds around the value
         * nearest zero, and keep what lies strictly outside, which cuts up to two connections more.
         */
        REFERENCE
    }

    /** Checks the range. */
    public SetPrune {
        Zeta.require(zeta);
    }

    @Override
    public BitMask prune(float[] values, RandomKey key, WorkerPool pool) {
        BitMask cut = new BitMask(values.length);
        Census census = MagnitudeRank.census(values, pool);
        int positives = census.positives();
        int negatives = census.negatives();
        int zeros = values.length - positives - negatives;
        if (zeros > 0) {
            markZeros(values, cut);
        }
        long cutPositives = Math.round(zeta * positives);
        long cutNegatives = Math.round(zeta * negatives);
        if (counting == Counting.REFERENCE) {
            boolean positiveNearest = zeros == 0 && census.leastPositive() <= census.leastNegative();
            int firstNearest = zeros > 0 || positiveNearest ? negatives : Math.max(0, negatives - 1);
            int afterNearest = firstNearest + Math.max(1, zeros);
            int threshold = (int) Math.min(values.length - 1L, (long) (afterNearest + zeta * (values.length - afterNearest)));
            cutNegatives = negatives - (long) ((1 - zeta) * firstNearest);
            cutPositives = Math.max(0, threshold + 1L - negatives - zeros);
        }
        new MagnitudeRank(values, Group.POSITIVE, false, pool).mark(Math.min(cutPositives, positives), cut);
        new MagnitudeRank(values, Group.NEGATIVE, false, pool).mark(Math.min(cutNegatives, negatives), cut);
        return cut;
    }

    private static void markZeros(float[] values, BitMask cut) {
        for (int k = 0; k < values.length; k++) {
            if (values[k] == 0) {
                cut.set(k);
            }
        }
    }
}

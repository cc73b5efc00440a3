package coppice.topology;

import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;
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
         * nearest zero, and keep what lies strictly outside. That cuts up to two connections more, and all that equal
         * a threshold.
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
        Signs signs = Signs.of(values, pool);
        MagnitudeRank positive = new MagnitudeRank(values, Group.POSITIVE, pool);
        MagnitudeRank negative = new MagnitudeRank(values, Group.NEGATIVE, pool);
        if (counting == Counting.REFERENCE && values.length > 0) {
            // Indices of the two thresholds among the sorted weights; those nearest zero are [first, after).
            float nearest = nearest(values);
            int first = 0;
            int after = values.length;
            for (float value : values) {
                first += value < -nearest ? 1 : 0;
                after -= value > nearest ? 1 : 0;
            }
            int low = (int) ((1 - zeta) * first);
            int high = (int) Math.min(values.length - 1.0, after + zeta * (values.length - after));
            int smallerThanPositive = values.length - signs.positives;
            negative.markWithTies(
                    low < signs.negatives ? signs.minusZeros + signs.negatives - low : signs.minusZeros, cut);
            positive.markWithTies(
                    high >= smallerThanPositive ? signs.plusZeros + high - smallerThanPositive + 1L : signs.plusZeros,
                    cut);
        } else {
            negative.mark(signs.minusZeros + Math.round(zeta * signs.negatives), cut);
            positive.mark(signs.plusZeros + Math.round(zeta * signs.positives), cut);
        }
        return cut;
    }

    private static float nearest(float[] values) {
        float nearest = Float.POSITIVE_INFINITY;
        for (float value : values) {
            nearest = Math.min(nearest, Math.abs(value));
        }
        return nearest;
    }

    /** How many weights have which sign. */
    private record Signs(int positives, int negatives, int plusZeros, int minusZeros) {
        static Signs of(float[] values, WorkerPool pool) {
            int parts = Math.max(1, Math.min(4 * pool.threads(), values.length / 4096));
            Signs[] partial = new Signs[parts];
            pool.run(
                    parts,
                    part -> partial[part] = of(
                            values,
                            Ranges.start(values.length, part, parts),
                            Ranges.start(values.length, part + 1, parts)));
            Signs sum = new Signs(0, 0, 0, 0);
            for (Signs local : partial) {
                sum = sum.plus(local);
            }
            return sum;
        }

        private static Signs of(float[] values, int from, int to) {
            int positives = 0;
            int negatives = 0;
            int plusZeros = 0;
            int minusZeros = 0;
            for (int k = from; k < to; k++) {
                int bits = Float.floatToRawIntBits(values[k]);
                // Without branches: signs come in no order.
                int nonZero = (bits << 1 | -(bits << 1)) >>> 31;
                int minus = bits >>> 31;
                positives += nonZero & ~minus;
                negatives += nonZero & minus;
                plusZeros += ~(nonZero | minus) & 1;
                minusZeros += ~nonZero & minus;
            }
            return new Signs(positives, negatives, plusZeros, minusZeros);
        }

        private Signs plus(Signs other) {
            return new Signs(
                    positives + other.positives,
                    negatives + other.negatives,
                    plusZeros + other.plusZeros,
                    minusZeros + other.minusZeros);
        }
    }
}

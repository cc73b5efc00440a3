package coppice.topology;

import java.util.Arrays;
import java.util.Optional;

/**
 * A discrete power law fitted to degrees: {@code p(x) = x^-exponent / zeta(exponent, xmin)} for x &gt;= xmin.
 *
 * <p>After Clauset, Shalizi and Newman, "Power-law distributions in empirical data", SIAM Review 51 (2009): the
 * exponent of each candidate xmin by maximum likelihood, and the xmin whose fit lies nearest to the data in the
 * Kolmogorov-Smirnov distance. A fit says how steep the tail is, not that it is a power law.
 *
 * @param exponent above 1
 * @param xmin least degree that the law is fitted to, at least 1
 * @param tail number of neurons of at least that degree
 * @param distance greatest difference of the two cumulative distributions
 */
public record PowerLaw(double exponent, int xmin, int tail, double distance) {
    private static final double LEAST_EXPONENT = 1 + 1e-6;
    private static final double GREATEST_EXPONENT = 1e5;
    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    /** Distinct values above 0 in rising order, with the number of neurons and the sum of logarithms from each on. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Tails(int[] values, int[] counts, double[] logarithms) {
        static Tails of(int[] degrees) {
            int[] sorted =
                    Arrays.stream(degrees).filter(degree -> degree > 0).sorted().toArray();
            int[] values = Arrays.stream(sorted).distinct().toArray();
            int[] counts = new int[values.length + 1];
            double[] logarithms = new double[values.length + 1];
            int at = sorted.length - 1;
            for (int i = values.length - 1; i >= 0; i--) {
                int same = 0;
                for (; at >= 0 && sorted[at] == values[i]; at--) {
                    same++;
                }
                counts[i] = counts[i + 1] + same;
                logarithms[i] = logarithms[i + 1] + same * Math.log(values[i]);
            }
            return new Tails(values, counts, logarithms);
        }

        /** Log-likelihood a neuron of the values from index {@code i} on, less what no exponent changes. */
        double likelihood(int i, double exponent) {
            double meanLogarithm = logarithms[i] / counts[i] - Math.log(values[i]);
            return -Math.log(HurwitzZeta.scaled(exponent, values[i])) - exponent * meanLogarithm;
        }

        double distance(int i, double exponent) {
            double all = HurwitzZeta.scaled(exponent, values[i]);
            double greatest = 0;
            for (int j = i + 1; j < values.length; j++) {
                // The law's share from a degree on, just after the previous value that occurs and just before this one.
                double here = share(exponent, values[j], values[i], all);
                double afterPrevious = share(exponent, values[j - 1] + 1, values[i], all);
                double observed = (double) counts[j] / counts[i];
                greatest = Math.max(greatest, Math.abs(observed - here));
                greatest = Math.max(greatest, Math.abs(observed - afterPrevious));
            }
            double beyond = share(exponent, values[values.length - 1] + 1, values[i], all);
            return Math.max(greatest, beyond);
        }

        private static double share(double exponent, int from, int xmin, double all) {
            return HurwitzZeta.scaled(exponent, from) * Math.pow((double) from / xmin, -exponent) / all;
        }
    }

    /** Fits the degrees above 0; empty unless there are two different ones. */
    public static Optional<PowerLaw> fit(int[] degrees) {
        Tails tails = Tails.of(degrees);
        PowerLaw best = null;
        // The greatest degree alone is left out: any exponent large enough fits a single value.
        for (int i = 0; i < tails.values.length - 1; i++) {
            double exponent = exponent(tails, i);
            double distance = tails.distance(i, exponent);
            if (best == null || distance < best.distance) {
                best = new PowerLaw(exponent, tails.values[i], tails.counts[i], distance);
            }
        }
        return Optional.ofNullable(best);
    }

    /** The exponent of greatest likelihood, which has one maximum: its bracket first, then golden sections. */
    private static double exponent(Tails tails, int i) {
        double low = LEAST_EXPONENT;
        double high = 2;
        while (high < GREATEST_EXPONENT && tails.likelihood(i, 2 * high) > tails.likelihood(i, high)) {
            low = high;
            high *= 2;
        }
        high *= 2;
        double left = high - GOLDEN * (high - low);
        double right = low + GOLDEN * (high - low);
        double atLeft = tails.likelihood(i, left);
        double atRight = tails.likelihood(i, right);
        while (high - low > 1e-9 * high) {
            if (atLeft >= atRight) {
                high = right;
                right = left;
                atRight = atLeft;
                left = high - GOLDEN * (high - low);
                atLeft = tails.likelihood(i, left);
            } else {
                low = left;
                left = right;
                atLeft = atRight;
                right = low + GOLDEN * (high - low);
                atRight = tails.likelihood(i, right);
            }
        }
        return (low + high) / 2;
    }
}

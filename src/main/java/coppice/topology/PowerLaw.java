package coppice.topology;

import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A discrete power law fitted to degrees: {@code p(x) = x^-exponent / zeta(exponent, xmin)} for x &gt;= xmin.
 *
 * <p>After Clauset, Shalizi and Newman, "Power-law distributions in empirical data", SIAM Review 51 (2009): the
 * exponent of each candidate xmin by maximum likelihood, and the xmin whose fit lies nearest to the data in the
 * Kolmogorov-Smirnov distance. The p-value is the share of samples drawn from the fitted law, and fitted in the same
 * way, that lie at least as far from their own fit as the data do; below 0.1 the authors rule a power law out. A
 * p-value of a short tail says little: few neurons are easily fitted.
 *
 * @param exponent above 1
 * @param standardError of the exponent, given xmin
 * @param xmin least degree that the law is fitted to, at least 1
 * @param tail number of neurons of at least that degree
 * @param distance greatest difference of the two cumulative distributions
 * @param pValue goodness of the fit; null where it was not computed
 */
public record PowerLaw(
        double exponent,
        double standardError,
        int xmin,
        int tail,
        double distance,
        @Nullable Double pValue) {

    /** Fits the degrees above 0, without a p-value; empty unless there are two different ones. */
    public static Optional<PowerLaw> fit(int[] degrees) {
        return fit(values(degrees));
    }

    /**
     * Fits the degrees above 0 and judges the fit.
     *
     * @param bootstraps samples to compare with; the p-value's standard error is at most 0.5 / sqrt(bootstraps)
     * @param seed names the samples
     * @param pool threads to use; the result does not depend on their number
     */
    public static Optional<PowerLaw> fit(int[] degrees, int bootstraps, long seed, WorkerPool pool) {
        double[] values = values(degrees);
        Optional<PowerLaw> fitted = fit(values);
        if (fitted.isEmpty() || bootstraps == 0) {
            return fitted;
        }
        PowerLaw law = fitted.get();
        PowerLawSample sample = new PowerLawSample(law, values);
        boolean[] farther = new boolean[bootstraps];
        pool.run(bootstraps, i -> {
            double[] drawn = sample.draw(new RandomStream(seed, Stream.MEASURE, 0, i));
            farther[i] = fit(drawn).map(PowerLaw::distance).orElse(0.0) >= law.distance;
        });
        int count = 0;
        for (boolean one : farther) {
            count += one ? 1 : 0;
        }
        return Optional.of(new PowerLaw(
                law.exponent, law.standardError, law.xmin, law.tail, law.distance, (double) count / bootstraps));
    }

    private static Optional<PowerLaw> fit(double[] values) {
        Tails tails = Tails.of(values);
        int best = -1;
        double bestExponent = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < tails.candidates(); i++) {
            double exponent = tails.exponent(i);
            double distance = tails.distance(i, exponent);
            if (distance < least) {
                best = i;
                bestExponent = exponent;
                least = distance;
            }
        }
        if (best < 0) {
            return Optional.empty();
        }
        return Optional.of(new PowerLaw(
                bestExponent,
                tails.standardError(best, bestExponent),
                (int) tails.values()[best],
                tails.counts()[best],
                least,
                null));
    }

    private static double[] values(int[] degrees) {
        return Arrays.stream(degrees)
                .filter(degree -> degree > 0)
                .asDoubleStream()
                .toArray();
    }

    /** The law's share of the neurons of degree xmin and above that have at least {@code degree}. */
    public double share(double degree) {
        return Tails.share(exponent, degree, xmin, HurwitzZeta.scaled(exponent, xmin));
    }
}

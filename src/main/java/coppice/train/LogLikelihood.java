package coppice.train;

import coppice.backend.Backend;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Sums;
import coppice.model.AnnealedImportanceSampling.Estimate;
import coppice.model.Rbm;
import java.util.Arrays;

/**
 * How probable samples are under a restricted Boltzmann machine, in nats a sample.
 *
 * @param mean mean log-probability
 * @param low the same with the partition function at the upper end of its interval
 * @param high and at the lower end
 */
public record LogLikelihood(double mean, double low, double high) {
    /** The log-likelihood, from the partition function and {@link #meanLogPotential}. */
    public static LogLikelihood of(double meanLogPotential, Estimate partition) {
        return new LogLikelihood(
                meanLogPotential - partition.logPartition(),
                meanLogPotential - partition.high(),
                meanLogPotential - partition.low());
    }

    /** The mean over samples of what their log-probability is before the partition function is taken off. */
    public static double meanLogPotential(Backend backend, Evaluator evaluator, Rbm rbm, Samples samples) {
        Sums sums = backend.sums(evaluator.batch());
        for (int start = 0; start < samples.rows(); start += evaluator.batch()) {
            Pass pass = new Pass(Math.min(evaluator.batch(), samples.rows() - start), false, 0);
            evaluator.gather(samples, start, pass);
            rbm.addLogPotential(sums, pass);
        }
        return Arrays.stream(backend.download(sums)).sum() / samples.rows() + rbm.hiddenUnits() * Math.log(2);
    }
}

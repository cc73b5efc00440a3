package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Bernoulli;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Sums;
import coppice.backend.Tensor;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Estimates the partition function of a restricted Boltzmann machine by annealed importance sampling.
 *
 * <p>Chains go from the base-rate model, whose visible units are independent with the means of the training data, to
 * the machine itself, over a schedule of inverse temperatures. Source: Salakhutdinov and Murray, On the quantitative
 * analysis of deep belief networks (ICML 2008), section 4.
 *
 * @param schedule inverse temperatures, ascending from 0 to 1
 * @param chains number of chains
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record AnnealedImportanceSampling(float[] schedule, int chains) {
    private static final int PURPOSE = 1 << 23; // keeps its random numbers apart from those of training

    /**
     * The estimate.
     *
     * @param logPartition natural logarithm of the partition function
     * @param low the same at three standard errors of the mean weight below; negative infinity where that is not
     *     positive
     * @param high and above
     */
    public record Estimate(double logPartition, double low, double high) {}

    /** The published settings: 100 chains; 500 steps up to 0.5, 4,000 up to 0.9 and 10,000 up to 1. */
    public static AnnealedImportanceSampling standard() {
        return new AnnealedImportanceSampling(schedule(500, 4_000, 10_000), 100);
    }

    /** A tenth of the published steps. */
    public static AnnealedImportanceSampling brief() {
        return new AnnealedImportanceSampling(schedule(50, 400, 1_000), 100);
    }

    private static float[] schedule(int toHalf, int toNineTenths, int toOne) {
        float[] schedule = new float[1 + toHalf + toNineTenths + toOne];
        for (int i = 1; i <= toHalf; i++) {
            schedule[i] = (float) (0.5 * i / toHalf);
        }
        for (int i = 1; i <= toNineTenths; i++) {
            schedule[toHalf + i] = (float) (0.5 + 0.4 * i / toNineTenths);
        }
        for (int i = 1; i <= toOne; i++) {
            schedule[toHalf + toNineTenths + i] = (float) (0.9 + 0.1 * i / toOne);
        }
        return schedule;
    }

    /**
     * Runs the chains.
     *
     * @param seed names the random numbers
     * @param progress told the number of steps made
     */
    public Estimate run(Backend backend, Rbm rbm, long seed, IntConsumer progress) {
        FullyConnected layer = rbm.layer();
        int visible = rbm.input().rows();
        int hidden = layer.neurons().output().rows();
        Neurons sums = Rbm.linear(backend, backend.activations(hidden, chains));
        Neurons back = Rbm.linear(backend, backend.activations(visible, chains));
        Tensor v = backend.activations(visible, chains);
        Tensor h = backend.activations(hidden, chains);
        Tensor base = backend.tensor(visible, 1);
        backend.upload(base, rbm.baseBias());
        Tensor difference = backend.tensor(visible, 1);
        Tensor bias = rbm.visibleBias().value();
        backend.upload(difference, difference(backend.download(bias), rbm.baseBias()));
        Sums weights = backend.sums(chains);
        int visiblePurpose = Philox.purposeWord(Stream.SAMPLE, PURPOSE);
        int hiddenPurpose = Philox.purposeWord(Stream.SAMPLE, PURPOSE | 1);
        // v = 0 + base before the first step
        backend.sample(new Bernoulli(true, base, null, 1, seed, visiblePurpose), back.gradient(), v, pass(0));
        for (int k = 1; k < schedule.length; k++) {
            layer.forward(backend, v, sums, pass(k));
            backend.anneal(sums.output(), v, difference, schedule[k - 1], schedule[k], weights, pass(k));
            backend.sample(
                    new Bernoulli(true, null, null, schedule[k], seed, hiddenPurpose), sums.output(), h, pass(k));
            layer.backward(backend, h, back, pass(k));
            backend.sample(
                    new Bernoulli(true, bias, base, schedule[k], seed, visiblePurpose), back.gradient(), v, pass(k));
            progress.accept(k);
        }
        return estimate(backend.download(weights), basePartition(rbm.baseBias(), hidden));
    }

    private Pass pass(int step) {
        return new Pass(chains, true, step);
    }

    private static float[] difference(float[] bias, float[] base) {
        float[] difference = new float[bias.length];
        for (int i = 0; i < bias.length; i++) {
            difference[i] = bias[i] - base[i];
        }
        return difference;
    }

    /** The base-rate model's partition function, exactly. */
    private static double basePartition(float[] base, int hidden) {
        double sum = hidden * Math.log(2);
        for (float bias : base) {
            sum += Math.max(bias, 0) + Math.log1p(Math.exp(-Math.abs((double) bias)));
        }
        return sum;
    }

    private static Estimate estimate(double[] logWeights, double logBase) {
        double greatest = Arrays.stream(logWeights).max().orElseThrow();
        double mean = 0;
        for (double weight : logWeights) {
            mean += Math.exp(weight - greatest) / logWeights.length;
        }
        double squares = 0;
        for (double weight : logWeights) {
            double difference = Math.exp(weight - greatest) - mean;
            squares += difference * difference / (logWeights.length - 1);
        }
        double error = 3 * Math.sqrt(squares / logWeights.length);
        double offset = greatest + logBase;
        double low = error < mean ? offset + Math.log(mean - error) : Double.NEGATIVE_INFINITY;
        return new Estimate(offset + Math.log(mean), low, offset + Math.log(mean + error));
    }
}

package coppice.topology;

import java.util.Arrays;

/**
 * The upper tails of a sample of values above 0, and the discrete power laws that fit them best.
 *
 * @param values those that occur, in rising order
 * @param counts for each of them how many are at least as great; then 0
 * @param logarithms for each of them the sum of the logarithms of these; then 0
 */
@SuppressWarnings("ArrayRecordComponent") // made once, read many times, not compared
record Tails(double[] values, int[] counts, double[] logarithms) {
    private static final double LEAST_EXPONENT = 1 + 1e-6;
    private static final double GREATEST_EXPONENT = 1e5;
    private static final double TOLERANCE = 1e-8; // of the exponent, relative; likelihoods are no sharper
    private static final int SHORT_GAP = 8; // values without a count that are summed up one by one
    private static final int COUNTED = 1 << 14; // values below are counted, those above sorted

    /** The tails of the values above 0, which must be whole numbers. */
    static Tails of(double[] sample) {
        int[] small = new int[COUNTED];
        double[] large = new double[sample.length];
        int larger = 0;
        for (double value : sample) {
            if (value >= COUNTED) {
                large[larger++] = value;
            } else if (value > 0) {
                small[(int) value]++;
            }
        }
        Arrays.sort(large, 0, larger);
        double[] values = new double[Math.min(sample.length, COUNTED) + larger];
        int[] same = new int[values.length];
        int distinct = 0;
        for (int value = 1; value < COUNTED; value++) {
            if (small[value] > 0) {
                values[distinct] = value;
                same[distinct++] = small[value];
            }
        }
        for (int i = 0; i < larger; i++) {
            if (distinct == 0 || values[distinct - 1] != large[i]) {
                values[distinct++] = large[i];
            }
            same[distinct - 1]++;
        }
        int[] counts = new int[distinct + 1];
        double[] logarithms = new double[distinct + 1];
        for (int i = distinct - 1; i >= 0; i--) {
            counts[i] = counts[i + 1] + same[i];
            logarithms[i] = logarithms[i + 1] + same[i] * Math.log(values[i]);
        }
        return new Tails(Arrays.copyOf(values, distinct), counts, logarithms);
    }

    /** The greatest value alone is left out: any exponent large enough fits a single value. */
    int candidates() {
        return Math.max(0, values.length - 1);
    }

    /** Log-likelihood a neuron of the values from index {@code i} on, less what no exponent changes. */
    private double likelihood(int i, double exponent) {
        double meanLogarithm = logarithms[i] / counts[i] - Math.log(values[i]);
        return -Math.log(HurwitzZeta.scaled(exponent, values[i])) - exponent * meanLogarithm;
    }

    /** The greatest difference between the law and the values from index {@code i} on, over all whole numbers. */
    double distance(int i, double exponent) {
        double all = HurwitzZeta.scaled(exponent, values[i]);
        double greatest = 0;
        double law = 1; // its share from a value on; first the value that occurs, then the one after it
        for (int j = i; j < values.length; j++) {
            greatest = Math.max(greatest, Math.abs((double) counts[j] / counts[i] - law));
            law -= Math.pow(values[j] / values[i], -exponent) / all;
            greatest = Math.max(greatest, Math.abs((double) counts[j + 1] / counts[i] - law));
            if (j + 1 < values.length) {
                law = next(exponent, values[j] + 1, values[j + 1], law, values[i], all);
            }
        }
        return greatest;
    }

    /** The law's share from {@code to} on, given that from {@code from} on. */
    private static double next(double exponent, double from, double to, double share, double xmin, double all) {
        if (to - from > SHORT_GAP) {
            return share(exponent, to, xmin, all);
        }
        double left = share;
        for (double value = from; value < to; value++) {
            left -= Math.pow(value / xmin, -exponent) / all;
        }
        return left;
    }

    /** The share of a power law that lies at {@code from} or above; {@code all} is the scaled zeta at xmin. */
    static double share(double exponent, double from, double xmin, double all) {
        return HurwitzZeta.scaled(exponent, from) * Math.pow(from / xmin, -exponent) / all;
    }

    /** The exponent of greatest likelihood, which has one maximum: its bracket first, then golden sections. */
    double exponent(int i) {
        double low = LEAST_EXPONENT;
        double middle = 2;
        double atMiddle = likelihood(i, middle);
        double high = 2 * middle;
        for (double atHigh = likelihood(i, high);
                atHigh > atMiddle && high < GREATEST_EXPONENT;
                atHigh = likelihood(i, high)) {
            low = middle;
            middle = high;
            atMiddle = atHigh;
            high *= 2;
        }
        return Maximum.find(exponent -> likelihood(i, exponent), low, high, TOLERANCE);
    }

    /** One standard error of that exponent, from the curvature of the likelihood. */
    double standardError(int i, double exponent) {
        double step = 1e-3 * (exponent - 1);
        double curvature =
                (likelihood(i, exponent + step) - 2 * likelihood(i, exponent) + likelihood(i, exponent - step))
                        / (step * step);
        return 1 / Math.sqrt(-curvature * counts[i]);
    }
}

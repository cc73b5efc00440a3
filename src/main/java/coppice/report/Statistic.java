package coppice.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number measured in several runs.
 *
 * @param count how many runs have it, at least 1
 * @param mean arithmetic mean
 * @param deviation standard deviation of the sample (divisor count - 1); null for a single run
 */
record Statistic(int count, double mean, @Nullable Double deviation) {
    /** 0.975 quantiles of Student's t distribution of 1, 2, ... 30 degrees of freedom. */
    private static final double[] T = {
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
        2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042
    };

    /** The statistic of at least one value, summed in the order given. */
    static @Nullable Statistic of(List<Double> values) {
        int count = values.size();
        if (count == 0) {
            return null;
        }
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        double mean = sum / count;
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return new Statistic(count, mean, count == 1 ? null : Math.sqrt(squares / (count - 1)));
    }

    /** Half the width of the 95 % confidence interval of the mean by Student's t; 0 for a single run. */
    double halfInterval() {
        if (deviation == null) {
            return 0;
        }
        int freedom = count - 1;
        double t = freedom <= T.length ? T[freedom - 1] : 1.96 + 2.5 / freedom; // to 0.2 % beyond the table
        return t * deviation / Math.sqrt(count);
    }
}

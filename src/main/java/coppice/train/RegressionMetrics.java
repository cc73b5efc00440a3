package coppice.train;

/**
 * How good predicted numbers are, in their own unit.
 *
 * @param rootMeanSquaredError square root of the mean squared error
 * @param meanAbsoluteError mean distance
 * @param r2 share of the numbers' variance that is explained: 1 less the squared errors over the squared deviations
 *     from the mean; where all numbers are the same 1 for no error, else 0
 */
public record RegressionMetrics(double rootMeanSquaredError, double meanAbsoluteError, double r2) {
    /** Measures predictions of at least one number. */
    public static RegressionMetrics of(float[] targets, float[] predicted) {
        double mean = 0;
        for (float target : targets) {
            mean += (double) target / targets.length;
        }
        double squares = 0;
        double distances = 0;
        double deviations = 0;
        for (int i = 0; i < targets.length; i++) {
            double error = (double) predicted[i] - targets[i];
            squares += error * error;
            distances += Math.abs(error);
            deviations += (targets[i] - mean) * (targets[i] - mean);
        }
        double r2 = deviations == 0 ? (squares == 0 ? 1 : 0) : 1 - squares / deviations;
        return new RegressionMetrics(Math.sqrt(squares / targets.length), distances / targets.length, r2);
    }
}

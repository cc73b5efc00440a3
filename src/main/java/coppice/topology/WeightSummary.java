package coppice.topology;

/**
 * The distribution of weights in four numbers, each NaN where there are no weights.
 *
 * @param min least
 * @param mean arithmetic mean
 * @param max greatest
 * @param standardDeviation of the population
 */
public record WeightSummary(double min, double mean, double max, double standardDeviation) {
    /** Sums up weights. */
    public static WeightSummary of(float[] weights) {
        if (weights.length == 0) {
            return new WeightSummary(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (float weight : weights) {
            min = Math.min(min, weight);
            max = Math.max(max, weight);
            sum += weight;
        }
        double mean = sum / weights.length;
        double squares = 0;
        for (float weight : weights) {
            squares += (weight - mean) * (weight - mean);
        }
        return new WeightSummary(min, mean, max, Math.sqrt(squares / weights.length));
    }
}

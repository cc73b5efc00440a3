package coppice.backend;

/**
 * What the loss operation has added up since the last reset.
 *
 * @param loss sum over the samples of their loss
 * @param correct number of samples whose greatest output is the label's
 * @param samples number of samples
 */
public record Totals(double loss, long correct, long samples) {
    /** Nothing yet. */
    public static final Totals ZERO = new Totals(0, 0, 0);

    /** Mean loss a sample; NaN when there was none. */
    public double meanLoss() {
        return loss / samples;
    }

    /** Share of the samples that were right; NaN when there was none. */
    public double accuracy() {
        return (double) correct / samples;
    }
}

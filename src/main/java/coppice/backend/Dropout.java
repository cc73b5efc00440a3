package coppice.backend;

/**
 * Inverted dropout of a layer's outputs: a share is set to zero in each training step, the others are scaled up.
 *
 * <p>The element at (neuron, column) is dropped if its 16 random bits, read as a number, are below {@link #threshold}.
 * Its bit 15 - j is bit {@code column % 32} of word {@code j % 4} of the Philox block whose counter is the four words
 * {@code column / 32 * 4 + j / 4}, neuron, step and purpose word. So 32 columns are compared at once, from the highest
 * bit on, and most need two blocks.
 *
 * @param seed the run's seed, the Philox key
 * @param purposeWord the fourth counter word: purpose DROPOUT and the layer
 * @param threshold the rate times 65,536, rounded to the nearest, in [1, 65535]
 * @param scale what kept outputs are multiplied by: 65,536 / (65,536 - threshold), rounded to a float
 */
public record Dropout(long seed, int purposeWord, int threshold, float scale) {
    /**
     * Dropout at a rate.
     *
     * @param rate share dropped, in [0.00001, 0.99999]
     */
    public static Dropout of(double rate, long seed, int purposeWord) {
        int threshold = (int) Math.round(rate * 65536);
        if (threshold < 1 || threshold > 65535) {
            throw new IllegalArgumentException("dropout must be 0 or in [0.00001, 0.99999] but was " + rate);
        }
        return new Dropout(seed, purposeWord, threshold, (float) (65536.0 / (65536 - threshold)));
    }
}

package coppice.model;

/**
 * The learning rate of each step.
 *
 * @param base the rate that the others are fractions of, above 0
 * @param shape how it falls
 * @param stepEpochs for STEP the epochs between falls
 * @param factor for STEP what each fall multiplies by
 * @param warmUpEpochs epochs over which it rises from 0 in a straight line before anything else, at least 0
 */
public record LearningRateSchedule(double base, Shape shape, int stepEpochs, double factor, double warmUpEpochs) {
    /** How a learning rate falls. */
    public enum Shape {
        /** Not at all. */
        CONSTANT,
        /** By a factor every few epochs. */
        STEP,
        /** Along half a cosine from the base to 0 at the end of the run (Loshchilov and Hutter 2017). */
        COSINE
    }

    /** Checks the ranges. */
    public LearningRateSchedule {
        if (!(base > 0) || Double.isInfinite(base)) {
            throw new IllegalArgumentException("learning-rate must be above 0 but was " + base);
        }
        if (!(warmUpEpochs >= 0)) {
            throw new IllegalArgumentException("warm-up must be at least 0 epochs but was " + warmUpEpochs);
        }
    }

    /**
     * Reads {@code constant}, {@code cosine} or {@code step:EPOCHS:FACTOR}.
     *
     * @throws IllegalArgumentException naming what is wrong
     */
    public static LearningRateSchedule parse(String text, double base, double warmUpEpochs) {
        String[] parts = text.split(":", -1);
        try {
            if (text.equals("constant") || text.equals("cosine")) {
                Shape shape = text.equals("cosine") ? Shape.COSINE : Shape.CONSTANT;
                return new LearningRateSchedule(base, shape, 0, 1, warmUpEpochs);
            }
            if (parts.length == 3 && parts[0].equals("step")) {
                int epochs = Integer.parseInt(parts[1]);
                double factor = Double.parseDouble(parts[2]);
                if (epochs > 0 && factor > 0 && factor <= 1) {
                    return new LearningRateSchedule(base, Shape.STEP, epochs, factor, warmUpEpochs);
                }
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IllegalArgumentException(
                "lr-schedule must be constant, cosine or step:EPOCHS:FACTOR (factor in (0, 1]) but was " + text);
    }

    /**
     * The rate of a step.
     *
     * @param step number of earlier steps in the run
     * @param stepsPerEpoch steps of an epoch
     * @param epochs epochs of the run
     */
    public double rate(long step, int stepsPerEpoch, int epochs) {
        double epoch = (double) step / stepsPerEpoch;
        if (epoch < warmUpEpochs) {
            return base * (step + 1) / Math.max(step + 1.0, warmUpEpochs * stepsPerEpoch);
        }
        return switch (shape) {
            case CONSTANT -> base;
            case STEP -> base * StrictMath.pow(factor, Math.floor(epoch / stepEpochs));
            case COSINE -> {
                double share = (epoch - warmUpEpochs) / Math.max(1e-9, epochs - warmUpEpochs);
                yield base * 0.5 * (1 + StrictMath.cos(Math.PI * Math.min(1, share)));
            }
        };
    }
}

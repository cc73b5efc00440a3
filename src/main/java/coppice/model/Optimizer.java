package coppice.model;

import coppice.backend.Update;

/**
 * How weights follow their gradients.
 *
 * @param kind the rule
 * @param momentum momentum (SGD, NESTEROV) or the first decay rate (ADAM), in [0, 1)
 * @param weightDecay pull of weights towards zero, at least 0; biases and SReLU parameters do not decay
 * @param unscaledDecay whether the decay acts beside the step instead of through the learning rate, on weights and
 *     biases, as in the published SciPy programs
 * @param beta2 second decay rate of ADAM, in [0, 1)
 * @param epsilon added to ADAM's denominator, above 0
 */
public record Optimizer(
        Update.Kind kind, double momentum, double weightDecay, boolean unscaledDecay, double beta2, double epsilon) {
    /** Checks the ranges. */
    public Optimizer {
        requireRange("momentum", momentum, 0, 1);
        requireRange("beta2", beta2, 0, 1);
        if (!(weightDecay >= 0) || !(weightDecay < 1)) {
            throw new IllegalArgumentException("weight-decay must be in [0, 1) but was " + weightDecay);
        }
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException("adam-epsilon must be above 0 but was " + epsilon);
        }
    }

    private static void requireRange(String name, double value, double from, double below) {
        if (!(value >= from && value < below)) {
            throw new IllegalArgumentException(name + " must be in [0, 1) but was " + value);
        }
    }

    /**
     * The step after {@code step} earlier ones.
     *
     * @param learningRate of this step
     * @param step number of earlier steps
     */
    public Update update(double learningRate, long step) {
        if (kind != Update.Kind.ADAM) {
            return new Update(
                    kind, (float) learningRate, (float) momentum, (float) weightDecay, unscaledDecay, 0, 0, 1);
        }
        double t = step + 1.0;
        return new Update(
                kind,
                (float) (learningRate / (1 - StrictMath.pow(momentum, t))),
                (float) momentum,
                (float) weightDecay,
                unscaledDecay,
                (float) beta2,
                (float) (1 / (1 - StrictMath.pow(beta2, t))),
                (float) epsilon);
    }
}

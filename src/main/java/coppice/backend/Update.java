package coppice.backend;

/**
 * One step of an optimizer, with all that depends on the step worked out.
 *
 * <p>With g = gradient + decay * w ({@code unscaledDecay} false):
 *
 * <ul>
 *   <li>SGD: v = momentum * v - rate * g; w = w + v
 *   <li>NESTEROV: v as above; w = w + (momentum * v - rate * g)
 *   <li>ADAM: m = beta1 * m + (1 - beta1) * g; s = beta2 * s + (1 - beta2) * g * g; w = w - rate1 * m / (sqrt(s * c2) +
 *       epsilon), where rate1 is the rate over 1 - beta1^t and c2 is 1 / (1 - beta2^t)
 * </ul>
 *
 * <p>With {@code unscaledDecay} the decay leaves g alone, and after the step w loses decay times its old value, as in
 * the published SciPy programs. Each product and sum is rounded to float; a product followed by a sum is one fma,
 * except {@code rate * g}, {@code (1 - beta) * g} and {@code rate1 * m}, which are rounded first.
 *
 * @param kind the rule
 * @param rate learning rate of this step; for ADAM divided by 1 - beta1^t
 * @param momentum momentum, or beta1
 * @param decay weight decay
 * @param unscaledDecay whether the decay acts beside the step
 * @param beta2 second decay rate of ADAM
 * @param secondCorrection 1 / (1 - beta2^t)
 * @param epsilon added to ADAM's denominator
 */
public record Update(
        Kind kind,
        float rate,
        float momentum,
        float decay,
        boolean unscaledDecay,
        float beta2,
        float secondCorrection,
        float epsilon) {
    /** The rules that kernels know. */
    public enum Kind {
        /** Gradient descent with momentum (heavy ball). */
        SGD,
        /** Gradient descent with Nesterov's momentum, in the form of Sutskever et al. 2013. */
        NESTEROV,
        /** Adam (Kingma and Ba 2015). */
        ADAM;

        /** Number of state buffers a parameter needs. */
        public int stateBuffers() {
            return this == ADAM ? 2 : 1;
        }
    }

    /** The same step without weight decay, for parameters that do not decay. */
    public Update withoutDecay() {
        return new Update(kind, rate, momentum, 0, unscaledDecay, beta2, secondCorrection, epsilon);
    }

    /** The same rule with nothing left that changes from step to step. */
    public Update withoutRate() {
        return new Update(kind, 0, momentum, decay, unscaledDecay, beta2, 0, epsilon);
    }
}

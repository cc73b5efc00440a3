package coppice.backend.cpu;

import coppice.backend.Update;

/**
 * Optimizer steps, element by element, in the operations that {@link Update} lists.
 *
 * <p>Twin of kernels/optimizer.cu.
 */
public class UpdateKernels {
    /**
     * Learns {@code count} weights from their gradients.
     *
     * @param gradient gradients, from {@code gradientAt} on
     * @param w weights, changed from {@code at} on
     * @param state the optimizer's buffers, indexed like {@code w}
     */
    public void apply(Update update, float[] gradient, int gradientAt, float[] w, float[][] state, int at, int count) {
        if (update.kind() == Update.Kind.ADAM) {
            adam(update, gradient, gradientAt, w, state[0], state[1], at, count);
        } else {
            momentum(update, gradient, gradientAt, w, state[0], at, count);
        }
    }

    /** SGD and NESTEROV. */
    protected void momentum(Update update, float[] gradient, int gradientAt, float[] w, float[] v, int at, int count) {
        boolean nesterov = update.kind() == Update.Kind.NESTEROV;
        float decay = update.unscaledDecay() ? 0f : update.decay();
        float unscaledDecay = update.unscaledDecay() ? update.decay() : 0f;
        float rate = update.rate();
        float momentum = update.momentum();
        for (int i = 0; i < count; i++) {
            int k = at + i;
            float old = w[k];
            float step = rate * Math.fma(decay, old, gradient[gradientAt + i]);
            float velocity = Math.fma(momentum, v[k], -step);
            v[k] = velocity;
            float moved = old + (nesterov ? Math.fma(momentum, velocity, -step) : velocity);
            w[k] = Math.fma(-unscaledDecay, old, moved);
        }
    }

    /** ADAM. */
    protected void adam(
            Update update,
            float[] gradient,
            int gradientAt,
            float[] w,
            float[] first,
            float[] second,
            int at,
            int count) {
        float decay = update.unscaledDecay() ? 0f : update.decay();
        float unscaledDecay = update.unscaledDecay() ? update.decay() : 0f;
        float beta1 = update.momentum();
        float beta2 = update.beta2();
        for (int i = 0; i < count; i++) {
            int k = at + i;
            float old = w[k];
            float g = Math.fma(decay, old, gradient[gradientAt + i]);
            float m = Math.fma(beta1, first[k], (1f - beta1) * g);
            float s = Math.fma(beta2, second[k], (1f - beta2) * g * g);
            first[k] = m;
            second[k] = s;
            float denominator = (float) Math.sqrt(s * update.secondCorrection()) + update.epsilon();
            w[k] = Math.fma(-unscaledDecay, old, old - update.rate() * m / denominator);
        }
    }
}

package coppice.backend.cpu.vector;

import coppice.backend.Update;
import coppice.backend.cpu.UpdateKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Vector API twin of {@link UpdateKernels}. */
final class VectorUpdateKernels extends UpdateKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;

    @Override
    protected void momentum(Update update, float[] gradient, int gradientAt, float[] w, float[] v, int at, int count) {
        boolean nesterov = update.kind() == Update.Kind.NESTEROV;
        FloatVector decay = FloatVector.broadcast(FLOATS, update.unscaledDecay() ? 0f : update.decay());
        FloatVector minusUnscaled = FloatVector.broadcast(FLOATS, -(update.unscaledDecay() ? update.decay() : 0f));
        FloatVector rate = FloatVector.broadcast(FLOATS, update.rate());
        FloatVector momentum = FloatVector.broadcast(FLOATS, update.momentum());
        int whole = count - count % LENGTH;
        for (int i = 0; i < whole; i += LENGTH) {
            FloatVector old = FloatVector.fromArray(FLOATS, w, at + i);
            FloatVector g = FloatVector.fromArray(FLOATS, gradient, gradientAt + i);
            FloatVector minusStep = decay.fma(old, g).mul(rate).neg();
            FloatVector velocity = momentum.fma(FloatVector.fromArray(FLOATS, v, at + i), minusStep);
            velocity.intoArray(v, at + i);
            FloatVector moved = old.add(nesterov ? momentum.fma(velocity, minusStep) : velocity);
            minusUnscaled.fma(old, moved).intoArray(w, at + i);
        }
        super.momentum(update, gradient, gradientAt + whole, w, v, at + whole, count - whole);
    }

    @Override
    protected void adam(
            Update update,
            float[] gradient,
            int gradientAt,
            float[] w,
            float[] first,
            float[] second,
            int at,
            int count) {
        FloatVector decay = FloatVector.broadcast(FLOATS, update.unscaledDecay() ? 0f : update.decay());
        FloatVector minusUnscaled = FloatVector.broadcast(FLOATS, -(update.unscaledDecay() ? update.decay() : 0f));
        FloatVector beta1 = FloatVector.broadcast(FLOATS, update.momentum());
        FloatVector beta2 = FloatVector.broadcast(FLOATS, update.beta2());
        int whole = count - count % LENGTH;
        for (int i = 0; i < whole; i += LENGTH) {
            FloatVector old = FloatVector.fromArray(FLOATS, w, at + i);
            FloatVector g = decay.fma(old, FloatVector.fromArray(FLOATS, gradient, gradientAt + i));
            FloatVector m = beta1.fma(FloatVector.fromArray(FLOATS, first, at + i), g.mul(1f - update.momentum()));
            FloatVector s = beta2.fma(
                    FloatVector.fromArray(FLOATS, second, at + i),
                    g.mul(1f - update.beta2()).mul(g));
            m.intoArray(first, at + i);
            s.intoArray(second, at + i);
            FloatVector denominator = s.mul(update.secondCorrection())
                    .lanewise(VectorOperators.SQRT)
                    .add(update.epsilon());
            FloatVector moved = old.sub(m.mul(update.rate()).div(denominator));
            minusUnscaled.fma(old, moved).intoArray(w, at + i);
        }
        super.adam(update, gradient, gradientAt + whole, w, first, second, at + whole, count - whole);
    }
}

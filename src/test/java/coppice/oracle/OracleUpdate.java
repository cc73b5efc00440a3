package coppice.oracle;

import coppice.backend.Update;

/** Optimizer steps in double, written from the papers' formulas. */
public final class OracleUpdate {
    private OracleUpdate() {}

    /** The new weight; {@code state} (velocity, or Adam's two moments) is changed. */
    public static double step(Update update, double gradient, double weight, double[] state) {
        double g = update.unscaledDecay() ? gradient : gradient + update.decay() * weight;
        double moved = switch (update.kind()) {
            case SGD -> {
                state[0] = update.momentum() * state[0] - update.rate() * g;
                yield weight + state[0];
            }
            case NESTEROV -> {
                state[0] = update.momentum() * state[0] - update.rate() * g;
                yield weight + update.momentum() * state[0] - update.rate() * g;
            }
            case ADAM -> {
                state[0] = update.momentum() * state[0] + (1 - (double) update.momentum()) * g;
                state[1] = update.beta2() * state[1] + (1 - (double) update.beta2()) * g * g;
                yield weight
                        - update.rate()
                                * state[0]
                                / (Math.sqrt(state[1] * update.secondCorrection()) + update.epsilon());
            }
        };
        return update.unscaledDecay() ? moved - update.decay() * weight : moved;
    }
}

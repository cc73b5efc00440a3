package coppice.topology;

import java.util.function.DoubleUnaryOperator;

/** Finds the maximum of a function with one: golden sections, with parabolas where they help (Brent 1973). */
final class Maximum {
    private static final double GOLDEN = (3 - Math.sqrt(5)) / 2;
    private static final int MOST_STEPS = 200;

    private Maximum() {}

    /** Where {@code function} is greatest between {@code low} and {@code high}, to a relative {@code tolerance}. */
    static double find(DoubleUnaryOperator function, double low, double high, double tolerance) {
        double a = low;
        double b = high;
        double best = a + GOLDEN * (b - a);
        double second = best;
        double third = best;
        double atBest = function.applyAsDouble(best);
        double atSecond = atBest;
        double atThird = atBest;
        double step = 0;
        double before = 0; // the step before the last one
        for (int i = 0; i < MOST_STEPS; i++) {
            double middle = (a + b) / 2;
            double least = tolerance * Math.abs(best) + 1e-300;
            if (Math.abs(best - middle) <= 2 * least - (b - a) / 2) {
                break;
            }
            double r = (best - second) * (atBest - atThird);
            double q = (best - third) * (atBest - atSecond);
            double p = (best - third) * q - (best - second) * r;
            q = 2 * (q - r);
            double parabola = q == 0 ? Double.NaN : -p / q;
            boolean helps = Math.abs(parabola) < Math.abs(before) / 2 && best + parabola > a && best + parabola < b;
            before = helps ? step : (best < middle ? b : a) - best;
            step = helps ? parabola : GOLDEN * before;
            double at = best + (Math.abs(step) >= least ? step : Math.copySign(least, step));
            double value = function.applyAsDouble(at);
            if (value >= atBest) {
                a = at >= best ? best : a;
                b = at >= best ? b : best;
                third = second;
                atThird = atSecond;
                second = best;
                atSecond = atBest;
                best = at;
                atBest = value;
            } else {
                a = at < best ? at : a;
                b = at < best ? b : at;
                if (value >= atSecond || second == best) {
                    third = second;
                    atThird = atSecond;
                    second = at;
                    atSecond = value;
                } else if (value >= atThird || third == best || third == second) {
                    third = at;
                    atThird = value;
                }
            }
        }
        return best;
    }
}

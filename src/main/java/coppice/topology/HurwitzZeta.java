package coppice.topology;

/**
 * The Hurwitz zeta function, {@code zeta(a, q) = sum over k >= 0 of (q + k)^-a}, for a &gt; 1 and q &gt;= 1.
 *
 * <p>By Euler-Maclaurin summation: terms one by one up to a point w, then the integral from there with corrections in
 * the Bernoulli numbers. From w &gt;= a on the corrections fall by a factor of 40 or more each.
 */
final class HurwitzZeta {
    /** B(2j) / (2j)! for j = 1, 2, ... */
    private static final double[] COEFFICIENTS = {
        1.0 / 12,
        -1.0 / 720,
        1.0 / 30240,
        -1.0 / 1209600,
        1.0 / 47900160,
        -691.0 / 1307674368000.0,
        1.0 / 74724249600.0,
        -3617.0 / 10670622842880000.0
    };

    private static final double NEGLIGIBLE = 1e-18;
    private static final double LEAST_END = 12;

    private HurwitzZeta() {}

    /** {@code zeta(a, q) * q^a}, which neither overflows nor underflows: the sum of {@code (1 + k / q)^-a}. */
    static double scaled(double a, double q) {
        double end = Math.max(a, LEAST_END);
        double sum = 0;
        double w = q;
        for (; w < end; w++) {
            double term = Math.pow(w / q, -a);
            sum += term;
            if (term < NEGLIGIBLE * sum) {
                return sum;
            }
        }
        double corrections = w / (a - 1) + 0.5;
        double factor = a / w;
        for (int j = 0; j < COEFFICIENTS.length; j++) {
            corrections += COEFFICIENTS[j] * factor;
            factor *= (a + 2 * j + 1) * (a + 2 * j + 2) / (w * w);
        }
        return sum + Math.pow(w / q, -a) * corrections;
    }
}

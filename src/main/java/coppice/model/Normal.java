package coppice.model;

/**
 * Normal random numbers by the inverse of the distribution function.
 *
 * <p>Source: Wichura, Algorithm AS 241, Applied Statistics 37 (1988), the variant for about 7 digits. Only host code
 * draws normal numbers, so Java's strict logarithm is exact enough a contract.
 */
final class Normal {
    private Normal() {}

    /** The quantile at (word + 1/2) / 2^32, the word read as unsigned. */
    static float quantile(int word) {
        double p = ((word & 0xFFFFFFFFL) + 0.5) * 0x1p-32;
        double q = p - 0.5;
        if (Math.abs(q) <= 0.425) {
            double r = 0.180625 - q * q;
            double above = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
            double below = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1;
            return (float) (q * above / below);
        }
        double r = Math.sqrt(-StrictMath.log(Math.min(p, 1 - p)));
        double s = r - 1.6; // r is at most 4.8, so the far tail's polynomials are never needed
        double above = ((0.17023821103 * s + 1.3067284816) * s + 2.7568153900) * s + 1.4234372777;
        double below = (0.12021132975 * s + 0.73700164250) * s + 1;
        double magnitude = above / below;
        return (float) (q < 0 ? -magnitude : magnitude);
    }
}

package coppice.backend;

/**
 * Two batches side by side: out = [aFactor * a, bFactor * b].
 *
 * @param a (rows, at least aCount)
 * @param aCount columns taken of a
 * @param b (rows, at least bCount)
 * @param bCount columns taken of b
 * @param out room for both, (rows, at least aCount + bCount)
 */
public record Joined(Tensor a, int aCount, float aFactor, Tensor b, int bCount, float bFactor, Tensor out) {}

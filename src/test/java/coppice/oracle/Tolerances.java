package coppice.oracle;

/** How far results in float may lie from the oracle in double. */
public final class Tolerances {
    /** For the arrays of a two-layer network: error over the array's greatest magnitude. */
    public static final double NETWORK = 5e-5;

    /** Absolute, for what is computed from the distance of a probability from one, which a float rounds by 6e-8. */
    public static final double NEAR_ONE = 3e-8;

    /** For a loss that is a sum over samples: relative error. */
    public static final double LOSS = 1e-5;

    /** For central differences with {@link #DIFFERENCE_STEP}: error over the gradient's greatest magnitude. */
    public static final double DIFFERENCE = 1e-5;

    /** Half the distance between the two points of a central difference. */
    public static final double DIFFERENCE_STEP = 1e-6;

    /**
     * For products by NVIDIA's libraries, of up to 130 terms, against our own: error over the sum of the terms'
     * magnitudes.
     */
    public static final double CLOSE = 2e-6;

    /** The same where factors are rounded to TF32, 2^-10 at most each, to either side. */
    public static final double TF32 = 2e-3;

    private Tolerances() {}
}

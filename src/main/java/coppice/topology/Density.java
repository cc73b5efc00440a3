package coppice.topology;

/**
 * How many connections a network is to have.
 *
 * @param kind how {@code value} is meant
 * @param value the Erdős–Rényi parameter (above 0) or the share of possible connections (above 0, at most 1)
 */
public record Density(Kind kind, double value) {
    /** The two ways to say how dense a network is. */
    public enum Kind {
        /** {@code epsilon * (inputs + outputs)} connections a layer (Mocanu et al. 2018, equation 1). */
        EPSILON,
        /** A share of all possible connections. */
        SHARE
    }

    /** Checks the range. */
    public Density {
        if (!(value > 0) || Double.isInfinite(value) || (kind == Kind.SHARE && value > 1)) {
            throw new IllegalArgumentException(
                    kind == Kind.SHARE
                            ? "density must be in (0, 1] but was " + value
                            : "epsilon must be above 0 but was " + value);
        }
    }

    /** A density given by the Erdős–Rényi parameter. */
    public static Density epsilon(double epsilon) {
        return new Density(Kind.EPSILON, epsilon);
    }

    /** A density given as a share of the possible connections. */
    public static Density share(double share) {
        return new Density(Kind.SHARE, share);
    }
}

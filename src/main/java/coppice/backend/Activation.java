package coppice.backend;

/**
 * The activation function of a layer's neurons.
 *
 * @param kind which function
 * @param slope for {@link Kind#LEAKY} the factor of negative inputs; 0 otherwise
 */
public record Activation(Kind kind, float slope) {
    /** The functions that kernels know. */
    public enum Kind {
        /** f(z) = z. */
        IDENTITY,
        /** f(z) = z if z > 0, else 0. */
        RELU,
        /**
         * f(z) = z if z > 0, else slope * z; also one layer of All-ReLU, whose slope changes sign from layer to layer.
         */
        LEAKY,
        /**
         * S-shaped rectified linear unit (Jin et al. 2016) with four learned parameters a neuron: left knee t, left
         * slope l, knee distance d and right slope r. f(z) = t + l (z - t) for z at most t; z between the knees;
         * k + r (z - k) from the right knee k = t + |d| on.
         */
        SRELU,
        /** Hyperbolic tangent. */
        TANH,
        /** Logistic function 1 / (1 + exp(-z)). */
        SIGMOID
    }

    /** No function. */
    public static final Activation IDENTITY = new Activation(Kind.IDENTITY, 0);

    /** Whether the output may take the place of z because the derivative asks only for the sign of z. */
    public boolean inPlace() {
        return kind == Kind.IDENTITY || notesSigns();
    }

    /** Whether the derivative asks for the sign of z. */
    public boolean notesSigns() {
        return kind == Kind.RELU || kind == Kind.LEAKY;
    }

    /** Number of learned parameters a neuron. */
    public int parameters() {
        return kind == Kind.SRELU ? 4 : 0;
    }
}

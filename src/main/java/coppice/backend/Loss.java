package coppice.backend;

/** The function that training minimises, a mean over the batch. */
public enum Loss {
    /** Softmax of the outputs and cross-entropy with the label. */
    CROSS_ENTROPY,
    /**
     * Half the squared distance of the logistic function of the outputs from the one-hot label, summed over classes.
     */
    MSE,
    /**
     * {@link #MSE} with the derivative of the published SciPy program, which applies the logistic function once too
     * often: (a - y) s'(a) with a = s(z) and s' = s (1 - s), in place of (a - y) s'(z).
     */
    MSE_REFERENCE,
    /**
     * Squared distance of the output from a number, for regression: (z - y)^2, with the outputs as they are.
     *
     * <p>The labels of the samples are the bits of their numbers ({@link Float#floatToRawIntBits}); no answer counts as
     * right.
     */
    SQUARED_ERROR
}

package coppice.random;

/**
 * What a random number is for; part of every Philox counter, so that two uses never share a number.
 *
 * <p>The ordinal is a contract: kernels and saved runs depend on it. Append only.
 */
public enum Stream {
    /** First weights. */
    INIT,
    /** Order of the samples in an epoch. */
    SHUFFLE,
    /** Split of a data set into parts. */
    SPLIT,
    /** Choice of a part of a data set. */
    SUBSET,
    /** Positions of new connections, those of the first topology included. */
    GROW,
    /** Weights of new connections. */
    GROW_INIT,
    /** Neurons left out of a step. */
    DROPOUT,
    /** States of stochastic neurons. */
    SAMPLE,
    /** Changes to training images. */
    AUGMENT,
    /** Random choice of the connections to cut. */
    PRUNE,
    /** States drawn of features that are probabilities. */
    BINARIZE,
    /** Samples that measures of a topology are taken from. */
    MEASURE
}

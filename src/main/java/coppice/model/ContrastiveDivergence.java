package coppice.model;

/**
 * How a restricted Boltzmann machine's samples of itself are drawn in training.
 *
 * @param steps steps of the Markov chain an update, at least 1 (Hinton 2002: CD-k)
 * @param persistent whether chains go on from update to update (Tieleman 2008) in place of starting at the data
 * @param sampleVisible whether visible units of the chain have states, or stay probabilities
 * @param resample whether the data are probabilities of which each step draws states
 */
public record ContrastiveDivergence(int steps, boolean persistent, boolean sampleVisible, boolean resample) {}

package coppice.backend;

/**
 * One batch on its way through a network.
 *
 * @param batch number of samples in it, at least 1 and at most the tensors' columns
 * @param training whether dropout acts
 * @param step number of updates before this one; names the random numbers of the step
 */
public record Pass(int batch, boolean training, int step) {}

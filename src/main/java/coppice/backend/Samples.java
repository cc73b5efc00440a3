package coppice.backend;

/** A data set that a backend holds, with the order in which batches are taken from it. */
public interface Samples {
    /** Number of samples. */
    int rows();
}

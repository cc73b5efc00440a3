package coppice.backend;

/** A two-dimensional array of floats that a backend holds; only that backend can use it. */
public interface Tensor {
    /** Number of rows: neurons, or outputs of a weight matrix. */
    int rows();

    /** Number of columns: the largest batch, or inputs of a weight matrix. */
    int columns();
}

package coppice.backend;

/** A double-precision sum for each column of a batch, which a backend holds. */
public interface Sums {
    /** Number of columns. */
    int columns();
}

package coppice.backend;

/** What pooling makes of the pixels that a position of its window covers, in each channel. */
public enum Pooling {
    /** The greatest; among equals the first, row by row. */
    MAX,
    /** The mean. */
    AVERAGE
}

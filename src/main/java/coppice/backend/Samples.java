package coppice.backend;

import org.jspecify.annotations.Nullable;

/** A data set that a backend holds, with the order in which batches are taken from it. */
public interface Samples {
    /** Number of samples. */
    int rows();

    /** Where they lie and how batches of them reach the device, in words; null where that goes without saying. */
    default @Nullable String placement() {
        return null;
    }
}

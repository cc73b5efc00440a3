package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.Matrix;
import org.jspecify.annotations.Nullable;

/** An array that a file holds under a name. */
interface SourceArray {
    /** Whether it could hold features: numbers of at least two dimensions. */
    boolean isTable();

    /** Reads it as features, one sample along the first axis. */
    Features features(boolean allowMissing);

    /** Reads it as the labels of {@code samples} samples. */
    void addLabels(int samples, LabelCollector labels);

    /** A fault of this array, with its place. */
    MalformedDataException fault(String reason);

    /** Fails for labels of other extents. */
    default MalformedDataException notLabels(String shape, int samples) {
        return fault("is " + shape + "; expected one label for each of the " + samples + " samples");
    }

    /**
     * Features as they were read.
     *
     * @param matrix one row a sample
     * @param image how a sample forms an image, null where the array does not say
     */
    record Features(Matrix matrix, @Nullable ImageShape image) {}
}

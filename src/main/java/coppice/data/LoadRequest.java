package coppice.data;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to load and how to read it.
 *
 * @param paths the files, in order: IDX images and labels, or parts to be joined
 * @param label for text tables the label column by name or by index (from 0; negative from the end); null for the
 *     last column; {@link #NO_LABEL} for tables without labels
 * @param header whether a text table's first row names the columns
 * @param variables for files of named arrays (MATLAB, NPZ, HDF5) the names of the features, of the labels, and then of
 *     the test features and test labels; or none to look for the usual names
 * @param width number of features the samples must have, as the training set's for a test set; 0 for the file's own
 * @param sparseIndexBase first feature index of a LIBSVM file; null to take 0 if an index 0 occurs and 1 otherwise
 * @param allowMissing whether missing values are read as NaN instead of being an error
 * @param regression whether labels are numbers to predict instead of classes
 */
public record LoadRequest(
        List<Path> paths,
        @Nullable String label,
        Header header,
        List<String> variables,
        int width,
        @Nullable Integer sparseIndexBase,
        boolean allowMissing,
        boolean regression) {
    /** The label setting of tables without labels. */
    public static final String NO_LABEL = "none";

    /** Whether a text table's first row names the columns. */
    public enum Header {
        /** It does if a cell other than the label is not a number. */
        AUTO,
        /** It does. */
        YES,
        /** It does not. */
        NO
    }

    /** Checks the parts that do not depend on the files. */
    public LoadRequest {
        paths = List.copyOf(paths);
        variables = List.copyOf(variables);
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("at least one data file is needed");
        }
        if (variables.size() > 2 && variables.size() != 4) {
            throw new IllegalArgumentException("variables must be FEATURES or FEATURES,LABELS, which test features and"
                    + " test labels may follow, but were " + String.join(",", variables));
        }
        if (width < 0) {
            throw new IllegalArgumentException("width must not be negative but was " + width);
        }
        if (sparseIndexBase != null && sparseIndexBase != 0 && sparseIndexBase != 1) {
            throw new IllegalArgumentException("sparse index base must be 0 or 1 but was " + sparseIndexBase);
        }
    }

    /** Reads the files with every setting at its default. */
    public static LoadRequest of(Path... paths) {
        return of(List.of(paths));
    }

    /** Reads the files with every setting at its default. */
    public static LoadRequest of(List<Path> paths) {
        return new LoadRequest(paths, null, Header.AUTO, List.of(), 0, null, false, false);
    }

    /** The same with other files. */
    public LoadRequest withPaths(List<Path> other) {
        return new LoadRequest(other, label, header, variables, width, sparseIndexBase, allowMissing, regression);
    }

    /** The same with a label column. */
    public LoadRequest withLabel(@Nullable String other) {
        return new LoadRequest(paths, other, header, variables, width, sparseIndexBase, allowMissing, regression);
    }

    /** The same with a header setting. */
    public LoadRequest withHeader(Header other) {
        return new LoadRequest(paths, label, other, variables, width, sparseIndexBase, allowMissing, regression);
    }

    /** The same with names of arrays. */
    public LoadRequest withVariables(List<String> other) {
        return new LoadRequest(paths, label, header, other, width, sparseIndexBase, allowMissing, regression);
    }

    /** The same with a required number of features. */
    public LoadRequest withWidth(int other) {
        return new LoadRequest(paths, label, header, variables, other, sparseIndexBase, allowMissing, regression);
    }

    /** The same with the first feature index of a LIBSVM file, 0 or 1. */
    public LoadRequest withSparseIndexBase(int other) {
        return new LoadRequest(paths, label, header, variables, width, other, allowMissing, regression);
    }

    /** The same, reading missing values as NaN. */
    public LoadRequest withMissingAllowed() {
        return new LoadRequest(paths, label, header, variables, width, sparseIndexBase, true, regression);
    }

    /** The same with labels that are numbers to predict. */
    public LoadRequest withRegression(boolean other) {
        return new LoadRequest(paths, label, header, variables, width, sparseIndexBase, allowMissing, other);
    }

    /** The same for samples that must have the features of {@code training}: its width and its index base. */
    public LoadRequest alignedWith(Dataset training) {
        Integer base = training.sparseIndexBase();
        return new LoadRequest(
                paths, label, header, variables, training.featureCount(), base, allowMissing, regression);
    }
}

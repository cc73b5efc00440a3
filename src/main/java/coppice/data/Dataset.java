package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.Matrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Samples with their features and, where the source has them, their classes.
 *
 * <p>Immutable by agreement: the arrays handed out are the data set's own and must not be written to.
 */
public final class Dataset {
    private final Matrix features; // (samples, features)
    private final Labels labels;
    private final List<String> featureNames;
    private final String format;
    private final @Nullable ImageShape imageShape;

    /**
     * Adopts the arrays without copying.
     *
     * @param features one row a sample
     * @param labels one a sample, or none
     * @param featureNames one name a feature, or none
     * @param format what the samples were read from, as {@code "idx"}
     * @param imageShape how a sample forms an image, null where the source does not say
     */
    public Dataset(
            Matrix features, Labels labels, List<String> featureNames, String format, @Nullable ImageShape imageShape) {
        if (labels.count() != 0 && labels.count() != features.rows()) {
            throw new IllegalArgumentException(features.rows() + " samples have " + labels.count() + " labels");
        }
        if (!featureNames.isEmpty() && featureNames.size() != features.columns()) {
            throw new IllegalArgumentException(
                    features.columns() + " features have " + featureNames.size() + " feature names");
        }
        if (imageShape != null && imageShape.features() != features.columns()) {
            throw new IllegalArgumentException(features.columns() + " features do not form an image of " + imageShape);
        }
        this.features = features;
        this.labels = labels;
        this.featureNames = List.copyOf(featureNames);
        this.format = format;
        this.imageShape = imageShape;
    }

    /** A labelled data set made in memory. */
    public static Dataset of(Matrix features, int[] labels, List<String> classes) {
        return new Dataset(features, Labels.of(labels, classes), List.of(), "memory", null);
    }

    /** The features, one row a sample. */
    public Matrix features() {
        return features;
    }

    /** For each sample an index into {@link #classes}; empty if there are none. */
    public int[] labels() {
        return labels.indices();
    }

    /** For each sample the number to predict; empty if there are none. */
    public float[] targets() {
        return labels.targets();
    }

    /** Whether every sample has a class or a number to predict; a data set without samples has none. */
    public boolean hasLabels() {
        return labels.count() != 0;
    }

    /** The class names as they stood in the source: by value if all are integers, else in text order. */
    public List<String> classes() {
        return labels.classes();
    }

    /** Number of samples of each class. */
    public int[] classCounts() {
        int[] counts = new int[classes().size()];
        for (int label : labels()) {
            counts[label]++;
        }
        return counts;
    }

    /** The names of the features, empty if the source has none. */
    public List<String> featureNames() {
        return featureNames;
    }

    /** What the samples were read from, as {@code "idx"} or {@code "csv"}. */
    public String format() {
        return format;
    }

    /** The first feature index of the LIBSVM file it was read from, 0 or 1; null for other formats. */
    public @Nullable Integer sparseIndexBase() {
        if (!format.startsWith(LibsvmReader.FORMAT)) {
            return null;
        }
        return format.equals(LibsvmReader.ZERO_BASED_FORMAT) ? 0 : 1;
    }

    /** How a sample forms an image, null where the source does not say. */
    public @Nullable ImageShape imageShape() {
        return imageShape;
    }

    /** Number of samples. */
    public int rows() {
        return features.rows();
    }

    /** Number of features of each sample. */
    public int featureCount() {
        return features.columns();
    }

    /**
     * Number of features of all samples together, be they 0 or not.
     *
     * @throws IllegalArgumentException if no array holds as many
     */
    public int valueCount() {
        return Rows.requireCount((long) rows() * featureCount());
    }

    /** The samples of the given rows, in that order. */
    public Dataset select(int[] rows) {
        return new Dataset(Rows.select(features, rows), labels.select(rows), featureNames, format, imageShape);
    }

    /** The same samples without their labels. */
    public Dataset withoutLabels() {
        return new Dataset(features, Labels.NONE, featureNames, format, imageShape);
    }

    /** The same samples with other features, as many. */
    public Dataset withFeatures(Matrix other) {
        return new Dataset(other, labels, featureNames, format, imageShape);
    }

    /**
     * The samples of several data sets one after the other.
     *
     * <p>Classes are united. Sparse parts may differ in width, since a LIBSVM file does not state its own.
     */
    public static Dataset concat(List<Dataset> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("no data sets to concatenate");
        }
        Dataset first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        Matrix features = Rows.concat(parts.stream().map(Dataset::features).toList());
        ClassIndexer indexer = new ClassIndexer();
        FloatList targets = new FloatList();
        for (Dataset part : parts) {
            if (part.hasLabels() != first.hasLabels()) {
                throw new IllegalArgumentException("some of the data sets have labels and some have none");
            }
            for (int label : part.labels()) {
                indexer.add(part.classes().get(label));
            }
            for (float target : part.targets()) {
                targets.add(target);
            }
        }
        List<String> names = first.featureNames.size() == features.columns() ? first.featureNames : List.of();
        Labels indexed = indexer.finish();
        Labels all = new Labels(indexed.indices(), indexed.classes(), targets.toArray());
        return new Dataset(features, all, names, first.format, first.imageShape);
    }

    /**
     * The same samples with their labels as indices into another list of classes.
     *
     * @param target the classes of the training set
     * @param source the file to name if a label is not among them
     */
    public Dataset withClasses(List<String> target, Path source) {
        int[] mapping = new int[classes().size()];
        for (int i = 0; i < mapping.length; i++) {
            mapping[i] = target.indexOf(classes().get(i));
        }
        int[] mapped = new int[labels().length];
        for (int i = 0; i < mapped.length; i++) {
            mapped[i] = mapping[labels()[i]];
            if (mapped[i] < 0) {
                throw MalformedDataException.inFile(
                        source,
                        "label '" + classes().get(labels()[i]) + "' of sample " + (i + 1)
                                + " is not among the training classes " + shortList(target));
            }
        }
        Labels others = new Labels(mapped, target, targets());
        return new Dataset(features, others, featureNames, format, imageShape);
    }

    /** SHA-256 in hex of shape, values, labels and classes, whatever file they came from. */
    public String fingerprint() {
        return Fingerprint.of(this);
    }

    private static String shortList(List<String> names) {
        List<String> shown = new ArrayList<>(names.subList(0, Math.min(12, names.size())));
        if (shown.size() < names.size()) {
            shown.add("... (" + names.size() + ")");
        }
        return shown.toString();
    }
}

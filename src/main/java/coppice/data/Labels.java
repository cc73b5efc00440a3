package coppice.data;

import java.util.List;

/**
 * What is to be learned of samples: a class each, a number each, or nothing.
 *
 * <p>The arrays are adopted and must not be written to.
 *
 * @param indices for each sample an index into {@code classes}; empty where there are no classes
 * @param classes the class names as they stood in the source: by value if all are integers, else in text order
 * @param targets for each sample the number to predict, finite; empty where there are none
 */
@SuppressWarnings("ArrayRecordComponent")
public record Labels(int[] indices, List<String> classes, float[] targets) {
    /** Of samples without labels. */
    public static final Labels NONE = new Labels(new int[0], List.of(), new float[0]);

    /** Checks that indices name classes, and that samples have a class or a number, not both. */
    public Labels {
        classes = List.copyOf(classes);
        for (int index : indices) {
            if (index < 0 || index >= classes.size()) {
                throw new IllegalArgumentException("label " + index + " is outside the " + classes.size() + " classes");
            }
        }
        if (indices.length != 0 && targets.length != 0) {
            throw new IllegalArgumentException("samples have classes and numbers to predict");
        }
    }

    /** Classes of samples. */
    static Labels of(int[] indices, List<String> classes) {
        return new Labels(indices, classes, NONE.targets);
    }

    /** Number of samples with a label: all or none. */
    int count() {
        return Math.max(indices.length, targets.length);
    }

    /** The labels of the given samples, in that order. */
    Labels select(int[] rows) {
        int[] chosen = new int[indices.length == 0 ? 0 : rows.length];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = indices[rows[i]];
        }
        float[] numbers = new float[targets.length == 0 ? 0 : rows.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = targets[rows[i]];
        }
        return new Labels(chosen, classes, numbers);
    }
}

package coppice.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How good predicted classes are, class by class: the usual measures, with a measure of 0 where it would divide 0 by 0.
 *
 * @param perClass one a class
 * @param balancedAccuracy mean recall over the classes that have samples
 * @param macroF1 mean F1 over the classes that samples have or were given
 * @param auc area under the ROC curve of two classes: the share of pairs of a sample of the second class and one of the
 *     first in which the former has the larger margin, ties counting half; null for other numbers of classes, or where
 *     one has no samples
 * @param confusion number of samples by class and predicted class, (classes, classes); null for more than 1,000 classes
 */
@SuppressWarnings("ArrayRecordComponent")
public record ClassificationMetrics(
        List<PerClass> perClass,
        double balancedAccuracy,
        double macroF1,
        @Nullable Double auc,
        int @Nullable [][] confusion) {
    private static final int MAX_CONFUSION = 1000;

    /**
     * The measures of one class.
     *
     * @param precision share of the samples given this class that have it
     * @param recall share of the samples of this class that were given it
     * @param f1 harmonic mean of the two
     * @param support number of samples of this class
     */
    public record PerClass(double precision, double recall, double f1, int support) {}

    /**
     * Measures predictions.
     *
     * @param classes number of classes
     * @param labels class of each sample, at least one sample
     * @param predicted predicted class of each sample
     * @param margins for each sample how far the second class is above the first, used for two classes only
     */
    public static ClassificationMetrics of(int classes, int[] labels, int[] predicted, double[] margins) {
        int[] support = new int[classes];
        int[] given = new int[classes];
        int[] right = new int[classes];
        int[][] confusion = classes <= MAX_CONFUSION ? new int[classes][classes] : null;
        for (int i = 0; i < labels.length; i++) {
            support[labels[i]]++;
            given[predicted[i]]++;
            right[labels[i]] += labels[i] == predicted[i] ? 1 : 0;
            if (confusion != null) {
                confusion[labels[i]][predicted[i]]++;
            }
        }
        List<PerClass> perClass = new ArrayList<>();
        double recalls = 0;
        double f1s = 0;
        int present = 0;
        int involved = 0;
        for (int c = 0; c < classes; c++) {
            double recall = ratio(right[c], support[c]);
            double f1 = ratio(2.0 * right[c], support[c] + given[c]);
            perClass.add(new PerClass(ratio(right[c], given[c]), recall, f1, support[c]));
            recalls += recall;
            f1s += f1;
            present += support[c] > 0 ? 1 : 0;
            involved += support[c] + given[c] > 0 ? 1 : 0;
        }
        Double auc = classes == 2 && present == 2 ? auc(labels, margins) : null;
        return new ClassificationMetrics(perClass, recalls / present, f1s / involved, auc, confusion);
    }

    private static double ratio(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    /** Mann and Whitney's statistic from the ranks of the second class, equal margins sharing their mean rank. */
    private static double auc(int[] labels, double[] margins) {
        Integer[] order = new Integer[labels.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(margins[a], margins[b]));
        double rankSum = 0;
        long positives = 0;
        for (int from = 0; from < order.length; ) {
            int to = from;
            int positivesHere = 0;
            for (; to < order.length && margins[order[to]] == margins[order[from]]; to++) {
                positivesHere += labels[order[to]];
            }
            rankSum += positivesHere * (from + 1 + to) / 2.0;
            positives += positivesHere;
            from = to;
        }
        long negatives = labels.length - positives;
        return (rankSum - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
    }
}

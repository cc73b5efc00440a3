package coppice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import coppice.train.ClassificationMetrics.PerClass;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassificationMetricsTest {
    private static final double[] NO_MARGINS = new double[99];

    /** Values of scikit-learn 1.2's precision_recall_fscore_support, balanced_accuracy_score and f1_score. */
    @Test
    void agreesWithScikitLearn() {
        int[] labels = {0, 0, 1, 1, 2, 2, 2, 0, 1, 2, 0, 1};
        int[] predicted = {0, 1, 1, 1, 2, 0, 2, 0, 3, 2, 0, 0};
        ClassificationMetrics metrics = ClassificationMetrics.of(4, labels, predicted, NO_MARGINS);
        require(new PerClass(0.6, 0.75, 0.66666667, 4), metrics.perClass().get(0));
        require(new PerClass(0.66666667, 0.5, 0.57142857, 4), metrics.perClass().get(1));
        require(new PerClass(1, 0.75, 0.85714286, 4), metrics.perClass().get(2));
        require(new PerClass(0, 0, 0, 0), metrics.perClass().get(3));
        assertEquals(0.6666666666666666, metrics.balancedAccuracy(), 1e-15);
        assertEquals(0.5238095238095238, metrics.macroF1(), 1e-15);
        assertNull(metrics.auc());
        assertArrayEquals(new int[][] {{3, 1, 0, 0}, {1, 2, 0, 1}, {1, 0, 3, 0}, {0, 0, 0, 0}}, metrics.confusion());
    }

    private static void require(PerClass expected, PerClass actual) {
        assertEquals(expected.precision(), actual.precision(), 1e-8);
        assertEquals(expected.recall(), actual.recall(), 1e-8);
        assertEquals(expected.f1(), actual.f1(), 1e-8);
        assertEquals(expected.support(), actual.support());
    }

    /** Value of scikit-learn 1.2's roc_auc_score. */
    @Test
    void areaUnderTheCurveWithTies() {
        int[] labels = {0, 0, 1, 1, 0, 1, 0, 1, 1, 0};
        double[] margins = {0.1, 0.4, 0.35, 0.8, 0.4, 0.4, -2, 0.4, 3, 0.8};
        assertEquals(0.7, auc(labels, margins), 1e-15);
        assertNull(
                ClassificationMetrics.of(2, new int[3], new int[3], NO_MARGINS).auc());
    }

    private static double auc(int[] labels, double[] margins) {
        Double auc = ClassificationMetrics.of(2, labels, new int[labels.length], margins)
                .auc();
        assertNotNull(auc);
        return auc == null ? Double.NaN : auc;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void areaUnderTheCurveCountsPairs(long seed) {
        Random random = new Random(seed);
        int[] labels = new int[301];
        double[] margins = new double[labels.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(4) == 0 ? 1 : 0;
            margins[i] = random.nextInt((int) (10 * seed)) + labels[i];
        }
        double won = 0;
        double pairs = 0;
        for (int i = 0; i < labels.length; i++) {
            for (int j = 0; j < labels.length; j++) {
                if (labels[i] == 1 && labels[j] == 0) {
                    won += margins[i] > margins[j] ? 1 : margins[i] == margins[j] ? 0.5 : 0;
                    pairs++;
                }
            }
        }
        assertEquals(won / pairs, auc(labels, margins), 1e-12);
    }

    @Test
    void manyClassesHaveNoMatrix() {
        int[] labels = {0, 1999, 7};
        ClassificationMetrics metrics = ClassificationMetrics.of(2000, labels, labels, NO_MARGINS);
        assertNull(metrics.confusion());
        assertEquals(1, metrics.balancedAccuracy());
        assertEquals(1, metrics.macroF1());
    }
}

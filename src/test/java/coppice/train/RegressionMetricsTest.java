package coppice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RegressionMetricsTest {
    /** Values of scikit-learn 1.2's mean_squared_error, mean_absolute_error and r2_score. */
    @Test
    void agreesWithScikitLearn() {
        RegressionMetrics metrics = RegressionMetrics.of(new float[] {3, -0.5f, 2, 7}, new float[] {2.5f, 0, 2, 8});
        assertEquals(0.6123724356957945, metrics.rootMeanSquaredError(), 1e-15);
        assertEquals(0.5, metrics.meanAbsoluteError(), 1e-15);
        assertEquals(0.9486081370449679, metrics.r2(), 1e-15);
    }

    @Test
    void numbersThatAreAllTheSame() {
        assertEquals(
                1, RegressionMetrics.of(new float[] {2, 2}, new float[] {2, 2}).r2());
        assertEquals(
                0, RegressionMetrics.of(new float[] {2, 2}, new float[] {2, 3}).r2());
    }
}

package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.matrix.CsrPattern;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyMetricsTest {
    /** Rows 0: columns 0, 2; 1: none; 2: column 2. */
    private static final CsrPattern PATTERN = new CsrPattern(3, 4, new int[] {0, 2, 2, 3}, new int[] {0, 2, 2});

    @Test
    void measuresASparseLayer() {
        TopologyMetrics metrics = TopologyMetrics.of(3, 4, PATTERN);
        assertTrue(metrics.sparse());
        assertEquals(3, metrics.connections());
        assertEquals(0.25, metrics.density());
        assertEquals(new Degrees(3, 0, 1.0, 2, 1), metrics.inDegree());
        assertEquals(new Degrees(4, 0, 0.75, 2, 2), metrics.outDegree());
    }

    @Test
    void measuresADenseLayer() {
        TopologyMetrics metrics = TopologyMetrics.of(3, 4, null);
        assertFalse(metrics.sparse());
        assertEquals(12, metrics.connections());
        assertEquals(1, metrics.density());
        assertEquals(new Degrees(3, 4, 4.0, 4, 0), metrics.inDegree());
        assertEquals(new Degrees(4, 3, 3.0, 3, 0), metrics.outDegree());
    }

    @Test
    void aHiddenNeuronHasConnectionsToBothSides() {
        assertArrayEquals(new int[] {1, 0, 2, 0}, TopologyMetrics.hiddenDegrees(4, null, PATTERN));
        assertArrayEquals(new int[] {2, 0, 1}, TopologyMetrics.hiddenDegrees(3, PATTERN, null));
        CsrPattern after = new CsrPattern(2, 3, new int[] {0, 1, 3}, new int[] {1, 1, 2});
        assertArrayEquals(new int[] {2, 2, 2}, TopologyMetrics.hiddenDegrees(3, PATTERN, after));
        assertArrayEquals(new int[] {1, 2, 3}, TopologyMetrics.joined(List.of(new int[] {1, 2}, new int[] {3})));
    }

    @Test
    void summarisesWeights() {
        WeightSummary summary = WeightSummary.of(new float[] {-1, 0, 4});
        assertEquals(-1, summary.min());
        assertEquals(1, summary.mean());
        assertEquals(4, summary.max());
        assertEquals(Math.sqrt(14.0 / 3), summary.standardDeviation(), 1e-12);
        assertTrue(Double.isNaN(WeightSummary.of(new float[0]).mean()));
    }
}

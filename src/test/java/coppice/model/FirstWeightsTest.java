package coppice.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Loss;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The network that training starts from. */
class FirstWeightsTest {
    private static final ModelSpec SPEC = Networks.spec(
            List.of(300, 200, 150, 5), "srelu", Loss.CROSS_ENTROPY, 0, Networks.sparsity(20, "normal:0.1"));

    private static void assertSame(List<LayerState> expected, List<LayerState> actual) {
        assertEquals(expected.size(), actual.size());
        for (int n = 0; n < expected.size(); n++) {
            LayerState a = expected.get(n);
            LayerState b = actual.get(n);
            assertArrayEquals(a.weights(), b.weights());
            assertArrayEquals(a.slopes(), b.slopes());
            assertEquals(a.pattern() == null, b.pattern() == null);
            if (a.pattern() != null) {
                assertArrayEquals(a.pattern().rowOffsets(), Networks.pattern(b).rowOffsets());
                assertArrayEquals(
                        a.pattern().columnIndices(), Networks.pattern(b).columnIndices());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void areAFunctionOfTheSeedAlone(int threads) {
        assertSame(Networks.draw(SPEC, 5, 1), Networks.draw(SPEC, 5, threads));
    }

    @Test
    void anotherSeedDrawsOtherWeightsAndAnotherTopology() {
        LayerState one = Networks.draw(SPEC, 1, 1).get(0);
        LayerState other = Networks.draw(SPEC, 2, 1).get(0);
        assertFalse(Arrays.equals(one.weights(), other.weights()));
        assertFalse(Arrays.equals(
                Networks.pattern(one).columnIndices(), Networks.pattern(other).columnIndices()));
        assertFalse(Arrays.equals(one.slopes(), other.slopes()));
    }

    @Test
    void shapesAreThoseOfTheSpec() {
        List<LayerState> layers = Networks.draw(SPEC, 1, 1);
        assertEquals(
                List.of(10_000, 7000, 750),
                layers.stream().map(LayerState::connections).toList());
        assertNull(layers.get(2).pattern());
        assertNull(layers.get(2).slopes());
        assertEquals(750 + 5, layers.get(2).parameters());
        assertEquals(10_000 + 5 * 200, layers.get(0).parameters());
        for (LayerState layer : layers) {
            assertEquals(
                    0,
                    layer.weightState().size()
                            + layer.biasState().size()
                            + layer.slopeState().size());
            assertArrayEquals(new float[layer.outputs()], layer.bias());
        }
    }

    @Test
    void sreluStartsAsInKeras() {
        for (LayerState layer : Networks.draw(SPEC, 1, 1).subList(0, 2)) {
            int n = layer.outputs();
            float[] slopes = Networks.slopes(layer);
            assertEquals(4 * n, slopes.length);
            double leftSlopes = 0;
            double distances = 0;
            for (int neuron = 0; neuron < n; neuron++) {
                assertEquals(0, slopes[neuron]);
                assertTrue(slopes[n + neuron] >= 0 && slopes[n + neuron] < 1);
                assertTrue(slopes[2 * n + neuron] >= 0 && slopes[2 * n + neuron] < 5);
                assertEquals(1, slopes[3 * n + neuron]);
                leftSlopes += slopes[n + neuron];
                distances += slopes[2 * n + neuron];
            }
            // Four standard errors of a mean of 150 uniform numbers.
            assertEquals(0.5, leftSlopes / n, 0.1);
            assertEquals(2.5, distances / n, 0.5);
        }
    }

    @Test
    void drawsWithReplacementLoseRepeatedConnections() {
        ModelSpec.Sparsity exact = Networks.sparsity(20, "he");
        ModelSpec.Sparsity published =
                new ModelSpec.Sparsity(false, exact.density(), exact.distribution(), true, exact.initializer());
        LayerState layer = Networks.draw(Networks.spec(List.of(300, 200, 5), "relu", Loss.MSE, 0, published), 1, 1)
                .get(0);
        // 60,000 cells drawn 10,000 times: 60,000 * (1 - exp(-1/6)) = 9211 differ
        assertEquals(9211, layer.connections(), 150);
        assertEquals(layer.connections(), Networks.pattern(layer).connections());
        assertNull(layer.slopes());
    }
}

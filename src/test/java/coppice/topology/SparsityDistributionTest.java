package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.topology.SparsityDistribution.LayerShape;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections a layer: the paper's equation, its cap, and a network that meets a share as a whole. */
class SparsityDistributionTest {
    private static final List<LayerShape> FASHION =
            List.of(new LayerShape(784, 1000), new LayerShape(1000, 1000), new LayerShape(1000, 1000));

    private static int[] erdosRenyi(Density density, LayerShape... layers) {
        return SparsityDistribution.ERDOS_RENYI.connections(density, List.of(layers));
    }

    private static int[] uniform(Density density, LayerShape... layers) {
        return SparsityDistribution.UNIFORM.connections(density, List.of(layers));
    }

    @Test
    void followsThePaper() {
        assertArrayEquals(
                new int[] {35_680, 40_000, 40_000},
                SparsityDistribution.ERDOS_RENYI.connections(Density.epsilon(20), FASHION));
        assertArrayEquals(
                new int[] {141_440, 100_000, 100_000},
                erdosRenyi(
                        Density.epsilon(20),
                        new LayerShape(3072, 4000),
                        new LayerShape(4000, 1000),
                        new LayerShape(1000, 4000)));
        assertArrayEquals(new int[] {14_124}, erdosRenyi(Density.epsilon(11), new LayerShape(784, 500)));
        assertArrayEquals(new int[] {5}, erdosRenyi(Density.epsilon(0.25), new LayerShape(9, 9))); // 4.5
    }

    @Test
    void noLayerHoldsMoreThanItsCells() {
        assertArrayEquals(new int[] {6}, erdosRenyi(Density.epsilon(20), new LayerShape(2, 3)));
        assertArrayEquals(
                new int[] {10_000, 40_000},
                erdosRenyi(Density.epsilon(20), new LayerShape(1000, 10), new LayerShape(1000, 1000)));
        assertArrayEquals(new int[] {6, 8}, uniform(Density.epsilon(20), new LayerShape(2, 3), new LayerShape(4, 2)));
    }

    @Test
    void uniformSharesEpsilonOutByCells() {
        // 115,680 of 2,784,000 cells
        assertArrayEquals(
                new int[] {32_577, 41_552, 41_552},
                SparsityDistribution.UNIFORM.connections(Density.epsilon(20), FASHION));
        assertArrayEquals(
                new int[] {2, 500}, uniform(Density.share(0.5), new LayerShape(1, 4), new LayerShape(10, 100)));
    }

    @Test
    void shareMeetsTheTotalWhenALayerIsFull() {
        // 101,000 of 1,010,000; the second layer cannot take more than its 10,000 cells.
        assertArrayEquals(
                new int[] {91_000, 10_000},
                erdosRenyi(Density.share(0.1), new LayerShape(1000, 1000), new LayerShape(1000, 10)));
        assertArrayEquals(
                new int[] {1_000_000, 10_000},
                erdosRenyi(Density.share(1), new LayerShape(1000, 1000), new LayerShape(1000, 10)));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shareMatchesBisection(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int trial = 0; trial < 50; trial++) {
            List<LayerShape> layers = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(6); i++) {
                layers.add(
                        new LayerShape(1 + random.nextInt(2000), 1 + random.nextInt(random.nextInt(2) == 0 ? 8 : 900)));
            }
            double share = 1 - random.nextDouble();
            int[] counts = SparsityDistribution.ERDOS_RENYI.connections(Density.share(share), layers);
            double total = share * cells(layers, 1e18);
            double low = 0;
            double high = 1e6;
            for (int i = 0; i < 200; i++) {
                double middle = (low + high) / 2;
                if (cells(layers, middle) < total) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            for (int i = 0; i < counts.length; i++) {
                assertEquals(cells(List.of(layers.get(i)), high), counts[i], 0.51);
            }
            assertTrue(Math.abs(IntStream.of(counts).asLongStream().sum() - total) <= 0.5 * counts.length + 1e-6);
        }
    }

    private static double cells(List<LayerShape> layers, double epsilon) {
        return layers.stream()
                .mapToDouble(l -> Math.min(l.inputs() * (double) l.outputs(), epsilon * (l.inputs() + l.outputs())))
                .sum();
    }

    @Test
    void tooManyConnectionsAreAnError() {
        assertEquals(
                "a layer of 100000 x 100000 neurons would have 10000000000 connections; the limit is 2^31 - 9",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> uniform(Density.share(1), new LayerShape(100_000, 100_000)))
                        .getMessage());
        // Far more cells than that are no matter.
        assertArrayEquals(
                new int[] {2_000_000_000}, erdosRenyi(Density.epsilon(1000), new LayerShape(1_000_000, 1_000_000)));
    }

    @Test
    void densityIsChecked() {
        for (double value : new double[] {0, -1, 1.5, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertEquals(
                    "density must be in (0, 1] but was " + value,
                    assertThrows(IllegalArgumentException.class, () -> Density.share(value))
                            .getMessage());
        }
        for (double value : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertEquals(
                    "epsilon must be above 0 but was " + value,
                    assertThrows(IllegalArgumentException.class, () -> Density.epsilon(value))
                            .getMessage());
        }
        assertEquals(new Density(Density.Kind.SHARE, 1), Density.share(1));
        assertEquals(new Density(Density.Kind.EPSILON, 1.5), Density.epsilon(1.5));
    }
}

package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clustering, path lengths, dead neurons and overlap beside counting by hand, by force and by another program. */
class GraphMeasuresTest {
    /**
     * Which of 18 women came to which of 14 events (Davis, Gardner and Gardner 1941). NetworkX 3.6 gives it the
     * Robins-Alexander coefficient 0.46776406035665297, the mean path length 2.306451612903226 and the diameter 4.
     */
    private static final String[] SOUTHERN_WOMEN = {
        "11111101100000",
        "11101111000000",
        "01111111100000",
        "10111111000000",
        "00111010000000",
        "00101101000000",
        "00001111000000",
        "00000101100000",
        "00001011100000",
        "00000011100100",
        "00000001110100",
        "00000001110111",
        "00000011110111",
        "00000110111111",
        "00000011011100",
        "00000001100000",
        "00000000101000",
        "00000000101000"
    };

    private static CsrPattern pattern(String... rows) {
        int[] offsets = new int[rows.length + 1];
        List<Integer> columns = new ArrayList<>();
        for (int row = 0; row < rows.length; row++) {
            for (int column = 0; column < rows[row].length(); column++) {
                if (rows[row].charAt(column) == '1') {
                    columns.add(column);
                }
            }
            offsets[row + 1] = columns.size();
        }
        return new CsrPattern(
                rows.length,
                rows[0].length(),
                offsets,
                columns.stream().mapToInt(Integer::intValue).toArray());
    }

    private static LayerTopology layer(CsrPattern pattern) {
        return new LayerTopology(pattern.rows(), pattern.columns(), pattern);
    }

    private static Clustering clustering(CsrPattern pattern, long mostSteps, int drawn) {
        try (WorkerPool pool = new WorkerPool(2)) {
            return Clustering.of(pattern, 1, pool, mostSteps, drawn).orElseThrow();
        }
    }

    private static PathLengths paths(List<LayerTopology> layers, int sources) {
        try (WorkerPool pool = new WorkerPool(2)) {
            return PathLengths.of(layers, sources, 1, pool).orElseThrow();
        }
    }

    @Test
    void aTextbookNetwork() {
        CsrPattern women = pattern(SOUTHERN_WOMEN);
        assertEquals(89, women.connections());
        Clustering clustering = clustering(women, Long.MAX_VALUE, 0);
        assertEquals(0.46776406035665297, clustering.coefficient(), 1e-15);
        assertNull(clustering.samples());
        PathLengths paths = paths(List.of(layer(women)), 1000);
        assertEquals(new PathLengths(32, 32, 2.306451612903226, null, 4, 1), paths);
    }

    @Test
    void aCycleOfFourIsCompletelyClustered() {
        assertEquals(1, clustering(pattern("11", "11"), Long.MAX_VALUE, 0).coefficient());
        assertEquals(0, clustering(pattern("110", "011"), Long.MAX_VALUE, 0).coefficient());
        try (WorkerPool pool = new WorkerPool(1)) {
            assertTrue(Clustering.of(pattern("111"), 1, pool).isEmpty());
            assertTrue(Clustering.of(CsrPattern.empty(3, 4), 1, pool).isEmpty());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 9, 14, 0.3", "2, 30, 7, 0.5", "3, 40, 40, 0.1", "4, 5, 60, 0.9", "5, 33, 31, 0.05"})
    void clusteringIsCountedRight(long seed, int rows, int columns, double density) {
        CsrPattern pattern = RandomLayers.pattern(rows, columns, density, new SplittableRandom(seed));
        long paths = 0;
        long closed = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                for (int otherRow = 0; otherRow < rows; otherRow++) {
                    for (int other = 0; other < columns; other++) {
                        // other - row - column - otherRow
                        if (otherRow != row
                                && other != column
                                && RandomLayers.has(pattern, row, column)
                                && RandomLayers.has(pattern, row, other)
                                && RandomLayers.has(pattern, otherRow, column)) {
                            paths++;
                            closed += RandomLayers.has(pattern, otherRow, other) ? 1 : 0;
                        }
                    }
                }
            }
        }
        double expected = (double) closed / paths;
        Clustering exact = clustering(pattern, Long.MAX_VALUE, 0);
        assertEquals((double) paths, exact.threePaths());
        assertEquals(expected, exact.coefficient(), 1e-12);
        RandomLayers.withPools(pool -> assertEquals(
                exact, Clustering.of(pattern, 1, pool, Long.MAX_VALUE, 0).orElseThrow()));
        Clustering sampled = clustering(pattern, 0, 20_000);
        assertEquals(20_000, sampled.samples());
        assertEquals(expected, sampled.coefficient(), 4 * Math.sqrt(expected * (1 - expected) / 20_000) + 1e-9);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void distancesAreThoseOfFloydAndWarshall(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] sizes = {11, 17, 13, 9, 4};
        List<LayerTopology> layers = new ArrayList<>();
        for (int n = 0; n + 1 < sizes.length; n++) {
            boolean dense = n == 3 || (seed == 4 && n == 1);
            layers.add(new LayerTopology(
                    sizes[n + 1], sizes[n], dense ? null : RandomLayers.pattern(sizes[n + 1], sizes[n], 0.1, random)));
        }
        double[][] distance = distances(layers, sizes);
        int neurons = 11 + 17 + 13 + 9; // the four outputs have no sparse layer
        double sum = 0;
        double count = 0;
        double longest = 0;
        for (int i = 0; i < neurons; i++) {
            for (int j = 0; j < neurons; j++) {
                if (i != j && Double.isFinite(distance[i][j])) {
                    sum += distance[i][j];
                    count++;
                    longest = Math.max(longest, distance[i][j]);
                }
            }
        }
        PathLengths found = paths(layers, neurons);
        assertEquals(neurons, found.neurons());
        assertEquals(sum / count, found.mean(), 1e-12);
        assertEquals(longest, found.longest());
        assertEquals(count / (neurons * (neurons - 1.0)), found.reachable(), 1e-12);
        assertNull(found.standardError());
        RandomLayers.withPools(pool ->
                assertEquals(found, PathLengths.of(layers, neurons, 7, pool).orElseThrow()));
        PathLengths sampled = paths(layers, 40);
        assertEquals(40, sampled.sources());
        double error = sampled.standardError() == null ? Double.NaN : sampled.standardError();
        assertTrue(error > 0, sampled::toString);
        assertEquals(sum / count, sampled.mean(), 4 * error);
    }

    private static double[][] distances(List<LayerTopology> layers, int[] sizes) {
        int all = Arrays.stream(sizes).sum();
        double[][] distance = new double[all][all];
        for (double[] row : distance) {
            Arrays.fill(row, Double.POSITIVE_INFINITY);
        }
        int first = 0;
        for (LayerTopology layer : layers) {
            CsrPattern pattern = layer.pattern();
            for (int row = 0; pattern != null && row < layer.outputs(); row++) {
                for (int column = 0; column < layer.inputs(); column++) {
                    if (RandomLayers.has(pattern, row, column)) {
                        distance[first + column][first + layer.inputs() + row] = 1;
                        distance[first + layer.inputs() + row][first + column] = 1;
                    }
                }
            }
            first += layer.inputs();
        }
        for (int k = 0; k < all; k++) {
            distance[k][k] = 0;
            for (int i = 0; i < all; i++) {
                for (int j = 0; j < all; j++) {
                    distance[i][j] = Math.min(distance[i][j], distance[i][k] + distance[k][j]);
                }
            }
        }
        return distance;
    }

    @Test
    void thereAreNoPathsWithoutASparseLayer() {
        try (WorkerPool pool = new WorkerPool(1)) {
            assertTrue(PathLengths.of(List.of(new LayerTopology(3, 4, null)), 10, 1, pool)
                    .isEmpty());
            assertTrue(PathLengths.of(List.of(layer(pattern("11", "01"))), 0, 1, pool)
                    .isEmpty());
            PathLengths none = PathLengths.of(List.of(layer(CsrPattern.empty(2, 2))), 9, 1, pool)
                    .orElseThrow();
            assertTrue(Double.isNaN(none.mean()));
            assertEquals(0, none.reachable());
        }
    }

    /**
     * Inputs 0 to 3, hidden 0 to 3, outputs 0 to 2. Input 3 leads nowhere; hidden 1 has no input, hidden 2 no output;
     * input 2 leads to hidden 2 only; output 1 hears hidden 1 only; output 2 nothing.
     */
    @Test
    void findsDeadNeurons() {
        LayerTopology first = layer(pattern("1100", "0000", "0010", "1000"));
        LayerTopology second = layer(pattern("1001", "0100", "0000"));
        assertEquals(
                List.of(
                        new DeadNeurons(4, null, 1, 1, 2),
                        new DeadNeurons(4, 1, 1, 2, 2),
                        new DeadNeurons(3, 1, null, 1, 2)),
                DeadNeurons.of(List.of(first, second)));
        LayerTopology dense = new LayerTopology(2, 4, null);
        assertEquals(
                List.of(
                        new DeadNeurons(4, null, 1, 1, 1),
                        new DeadNeurons(4, 1, 0, 1, 1),
                        new DeadNeurons(2, 0, null, 0, 0)),
                DeadNeurons.of(List.of(first, dense)));
        LayerTopology nothing = layer(CsrPattern.empty(4, 4));
        assertEquals(4, DeadNeurons.of(List.of(nothing, dense)).get(0).offPath());
        assertEquals(2, DeadNeurons.of(List.of(nothing, dense)).get(2).offPath());
    }

    @Test
    void overlapCountsCommonConnections() {
        CsrPattern first = pattern("1100", "0110", "0001");
        CsrPattern second = pattern("1010", "0111", "0000");
        assertEquals(new Overlap(3, 0.6, 0.6, 5.0 / 12), Overlap.of(first, second));
        assertEquals(new Overlap(5, 1, 1, 5.0 / 12), Overlap.of(first, first));
        assertEquals(0, Overlap.of(first, CsrPattern.empty(3, 4)).kept());
        assertThrows(IllegalArgumentException.class, () -> Overlap.of(first, CsrPattern.empty(4, 3)));
    }

    @Test
    void strengthIsTheSumOfAbsoluteWeights() {
        CsrPattern pattern = pattern("110", "011");
        double[] strengths = TopologyMetrics.inputStrengths(3, pattern, new float[] {-1, 2, -4, 8});
        assertEquals(List.of(1.0, 6.0, 8.0), Arrays.stream(strengths).boxed().toList());
        double[] dense = TopologyMetrics.inputStrengths(2, null, new float[] {1, -2, -3, 4});
        assertEquals(List.of(4.0, 6.0), Arrays.stream(dense).boxed().toList());
    }
}

package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Layers drawn cell by cell, and the checks that every test of topology needs. */
final class RandomLayers {
    private RandomLayers() {}

    static CsrPattern pattern(int rows, int columns, double density, SplittableRandom random) {
        int[] rowOffsets = new int[rows + 1];
        int[] columnIndices = new int[rows * columns];
        int connections = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                if (random.nextDouble() < density) {
                    columnIndices[connections++] = column;
                }
            }
            rowOffsets[row + 1] = connections;
        }
        return new CsrPattern(rows, columns, rowOffsets, Arrays.copyOf(columnIndices, connections));
    }

    /** Weights of one of several kinds: smooth, few distinct ones with many ties and zeros, of one sign, extreme. */
    static float[] values(int size, int kind, SplittableRandom random) {
        float[] values = new float[size];
        for (int k = 0; k < size; k++) {
            float smooth = (float) (random.nextDouble() + random.nextDouble() - 1);
            values[k] = switch (kind % 7) {
                case 0 -> smooth;
                case 1 -> random.nextInt(-3, 4) * 0.25f;
                case 2 -> Math.abs(smooth) + 0.001f;
                case 3 -> -Math.abs(smooth) - 0.001f;
                case 4 -> random.nextBoolean() ? 0f : -0f;
                case 5 -> Float.intBitsToFloat(random.nextInt() & 0xFF7FFFFF); // every exponent, subnormal ones too
                default -> random.nextBoolean() ? 0.5f : -0.5f;
            };
        }
        return values;
    }

    /** Runs {@code test} on pools of several sizes. */
    static void withPools(Consumer<WorkerPool> test) {
        for (int threads : new int[] {1, 2, 3, 7}) {
            try (WorkerPool pool = new WorkerPool(threads)) {
                test.accept(pool);
            }
        }
    }

    static boolean[] toArray(BitMask mask) {
        boolean[] bits = new boolean[mask.size()];
        for (int k = 0; k < bits.length; k++) {
            bits[k] = mask.get(k);
        }
        return bits;
    }

    static boolean has(CsrPattern pattern, int row, int column) {
        int from = pattern.rowOffsets()[row];
        int to = pattern.rowOffsets()[row + 1];
        return Arrays.binarySearch(pattern.columnIndices(), from, to, column) >= 0;
    }

    static void assertSamePattern(CsrPattern wanted, CsrPattern actual) {
        assertEquals(wanted.rows(), actual.rows());
        assertEquals(wanted.columns(), actual.columns());
        assertArrayEquals(wanted.rowOffsets(), actual.rowOffsets());
        assertArrayEquals(wanted.columnIndices(), actual.columnIndices());
    }

    /** Offsets that never fall and columns that rise in range: no cell twice. */
    static void assertWellFormed(CsrPattern pattern) {
        int[] offsets = pattern.rowOffsets();
        assertEquals(pattern.rows() + 1, offsets.length);
        assertEquals(0, offsets[0]);
        assertEquals(pattern.connections(), offsets[pattern.rows()]);
        for (int row = 0; row < pattern.rows(); row++) {
            assertTrue(offsets[row] <= offsets[row + 1]);
            int previous = -1;
            for (int k = offsets[row]; k < offsets[row + 1]; k++) {
                assertTrue(pattern.columnIndices()[k] > previous && pattern.columnIndices()[k] < pattern.columns());
                previous = pattern.columnIndices()[k];
            }
        }
    }

    /** Fails if counts of equally likely outcomes are farther apart than chance makes them once in 3,000 tests. */
    static void assertUniform(int[] counts, double scale) {
        double mean = Arrays.stream(counts).average().orElseThrow();
        double chiSquare = Arrays.stream(counts)
                .mapToDouble(c -> scale * (c - mean) * (c - mean) / mean)
                .sum();
        int degrees = counts.length - 1;
        double spread = 2.0 / (9 * degrees); // Wilson and Hilferty
        double limit = degrees * Math.pow(1 - spread + 3.4 * Math.sqrt(spread), 3);
        assertTrue(chiSquare < limit, "chi-square " + chiSquare + " above " + limit);
    }

    /**
     * Fails if cells were not equally likely to be among the {@code taken} of each trial.
     *
     * <p>Cells of one trial exclude each other, which makes the counts vary less than independent ones.
     */
    static void assertUniformWithoutReplacement(int[] counts, int taken) {
        double share = (double) taken / counts.length;
        assertUniform(counts, (counts.length - 1) / (counts.length * (1 - share)));
    }
}

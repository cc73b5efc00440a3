package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Compares sums of products within a share of the sums of their terms' magnitudes. */
final class CloseComparison {
    private CloseComparison() {}

    /**
     * Fails where a result is too far off; gives the names of those that are not the very bits.
     *
     * @param magnitudes the results of the same sums over operands without their signs
     * @param tolerance error over that
     */
    static Set<String> check(
            Object shape,
            Map<String, float[]> expected,
            Map<String, float[]> magnitudes,
            Map<String, float[]> actual,
            double tolerance) {
        assertEquals(expected.keySet(), actual.keySet());
        Set<String> other = new TreeSet<>();
        expected.forEach((name, values) -> {
            float[] found = of(actual, name);
            float[] terms = of(magnitudes, name);
            assertEquals(values.length, found.length, name);
            for (int i = 0; i < values.length; i++) {
                double error = Math.abs((double) values[i] - found[i]);
                String where = shape + ": " + name + "[" + i + "] is " + found[i] + " in place of " + values[i];
                assertTrue(error <= tolerance * terms[i], where);
            }
            if (!Arrays.equals(values, found)) {
                other.add(name);
            }
        });
        return other;
    }

    /** A result by name. */
    static float[] of(Map<String, float[]> results, String name) {
        return Objects.requireNonNull(results.get(name), name);
    }
}

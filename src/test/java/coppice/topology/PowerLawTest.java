package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PowerLawTest {
    @Test
    void zetaHasItsKnownValues() {
        assertEquals(Math.PI * Math.PI / 6, HurwitzZeta.scaled(2, 1), 1e-14);
        assertEquals(1.2020569031595942, HurwitzZeta.scaled(3, 1), 1e-14);
        assertEquals(Math.pow(Math.PI, 4) / 90, HurwitzZeta.scaled(4, 1), 1e-14);
        assertEquals(2.612375348685488, HurwitzZeta.scaled(1.5, 1), 1e-13);
        assertEquals(10.584448464950809, HurwitzZeta.scaled(1.1, 1), 1e-12);
    }

    @ParameterizedTest
    @CsvSource({"2.5, 1", "2.5, 7", "1.2, 30", "30, 5", "30, 50", "400, 90", "5000, 40", "12.5, 100000"})
    void zetaSatisfiesItsRecurrence(double a, double q) {
        double next = HurwitzZeta.scaled(a, q + 1) * Math.pow((q + 1) / q, -a);
        assertEquals(1 + next, HurwitzZeta.scaled(a, q), 1e-13 * HurwitzZeta.scaled(a, q));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.8, 2.5, 3.5})
    void recoversTheExponentOfAPowerLaw(double exponent) {
        PowerLaw law = PowerLaw.fit(sample(exponent, 1, 1_000_000)).orElseThrow();
        assertEquals(exponent, law.exponent(), 0.02);
        assertTrue(law.distance() < 0.002, law::toString);
    }

    @Test
    void findsWhereThePowerLawBegins() {
        int[] tail = sample(2.5, 20, 200_000);
        List<Integer> degrees = new ArrayList<>();
        for (int degree : tail) {
            degrees.add(degree);
        }
        for (int degree = 1; degree < 20; degree++) {
            for (int i = 0; i < 1000; i++) {
                degrees.add(degree); // a flat part, which no power law describes
            }
        }
        PowerLaw law = PowerLaw.fit(degrees.stream().mapToInt(i -> i).toArray()).orElseThrow();
        assertEquals(20, law.xmin());
        assertEquals(tail.length, law.tail());
        assertEquals(2.5, law.exponent(), 0.02);
    }

    @Test
    void theExponentHasTheGreatestLikelihood() {
        int[] degrees = {1, 1, 1, 1, 2, 2, 3, 5, 9};
        PowerLaw law = PowerLaw.fit(degrees).orElseThrow();
        assertEquals(1, law.xmin());
        double best = likelihood(degrees, law.exponent());
        for (double exponent = 1.05; exponent < 6; exponent += 0.01) {
            assertTrue(likelihood(degrees, exponent) <= best + 1e-6, "exponent " + exponent);
        }
    }

    private static double likelihood(int[] degrees, double exponent) {
        double sum = 0;
        for (int degree : degrees) {
            sum -= exponent * Math.log(degree);
        }
        return sum - degrees.length * Math.log(HurwitzZeta.scaled(exponent, 1));
    }

    @Test
    void thereIsNothingToFitToOneValue() {
        assertTrue(PowerLaw.fit(new int[0]).isEmpty());
        assertTrue(PowerLaw.fit(new int[] {4, 4, 4}).isEmpty());
        assertTrue(PowerLaw.fit(new int[] {0, 0, 7}).isEmpty());
        assertEquals(2, PowerLaw.fit(new int[] {0, 1, 2}).orElseThrow().tail());
    }

    /** Degrees in the numbers that the law expects, without chance. */
    private static int[] sample(double exponent, int xmin, int neurons) {
        double norm = HurwitzZeta.scaled(exponent, xmin);
        int[] degrees = new int[neurons];
        int at = 0;
        double cumulative = 0;
        for (int x = xmin; at < neurons && x < 1_000_000; x++) {
            cumulative += Math.pow((double) x / xmin, -exponent) / norm;
            int until = (int) Math.min(neurons, Math.round(cumulative * neurons));
            for (; at < until; at++) {
                degrees[at] = x;
            }
        }
        return java.util.Arrays.copyOf(degrees, at);
    }
}

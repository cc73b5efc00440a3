package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.parallel.WorkerPool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
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

    /**
     * How often each word occurs in Herman Melville's "Moby Dick", counted by Newman (2005).
     *
     * <p>Clauset, Shalizi and Newman (2009), table 6.1: n = 18,855, exponent 1.95(2), xmin 7, 2,958 words in the tail.
     * The R package poweRlaw 0.70.6: exponent 1.952728, distance 0.0082526 and, in its 5,000 samples, p = 0.6738.
     */
    @Test
    void agreesWithThePublishedFitOfWordFrequencies() throws IOException {
        int[] words = mobyDick();
        assertEquals(18_855, words.length);
        PowerLaw law = PowerLaw.fit(words).orElseThrow();
        assertEquals(7, law.xmin());
        assertEquals(2958, law.tail());
        assertEquals(1.952728, law.exponent(), 1e-4);
        assertEquals(0.02, law.standardError(), 0.003);
        assertEquals(0.008252634, law.distance(), 1e-6);
        assertEquals(0.6738, Objects.requireNonNull(fitted(words, 60, 1).pValue()), 3 * 0.061);
    }

    /** Zachary's karate club (1977): friends of each member; fitted by the R package poweRlaw 0.70.6. */
    @Test
    void agreesWithAnotherProgramOnASmallNetwork() {
        int[] friends = {
            16, 9, 10, 6, 3, 4, 4, 4, 5, 2, 3, 1, 2, 5, 2, 2, 2, 2, 2, 3, 2, 2, 2, 5, 3, 3, 2, 4, 3, 4, 4, 6, 12, 17
        };
        PowerLaw law = PowerLaw.fit(friends).orElseThrow();
        assertEquals(2, law.xmin());
        assertEquals(33, law.tail());
        assertEquals(2.161474, law.exponent(), 1e-5);
        assertEquals(0.09998315, law.distance(), 1e-6);
        assertEquals(law.standardError(), 1 / Math.sqrt(33 * curvature(2.161474, 2)), 1e-6);
    }

    /** The variance of the logarithm under the law: the second derivative of the logarithm of zeta. */
    private static double curvature(double exponent, int xmin) {
        double sum = 0;
        double logarithms = 0;
        double squares = 0;
        for (int x = xmin; x < 50_000_000; x++) {
            double log = Math.log(x);
            double term = Math.exp(-exponent * log);
            sum += term;
            logarithms += term * log;
            squares += term * log * log;
        }
        return squares / sum - logarithms / sum * (logarithms / sum);
    }

    @ParameterizedTest
    @CsvSource({"1, 2.5, 3000", "2, 2.2, 300", "3, 3.0, 1000", "4, 1.9, 2000"})
    void recoversTheExponentOfRandomDraws(long seed, double exponent, int neurons) {
        PowerLaw law = PowerLaw.fit(zipf(exponent, neurons, new SplittableRandom(seed)))
                .orElseThrow();
        assertEquals(exponent, law.exponent(), 3 * law.standardError(), law::toString);
    }

    /** Under the law itself the p-value is uniform: a share near a tenth of true power laws falls below a tenth. */
    @Test
    void thePValueIsUniformUnderTheLaw() {
        int below = 0;
        int aboveHalf = 0;
        int trials = 60;
        for (int trial = 0; trial < trials; trial++) {
            PowerLaw law = fitted(zipf(2.5, 400, new SplittableRandom(trial)), 60, trial);
            double p = Objects.requireNonNull(law.pValue());
            below += p < 0.1 ? 1 : 0;
            aboveHalf += p >= 0.5 ? 1 : 0;
        }
        assertTrue(below <= 14, "p < 0.1 in " + below + " of " + trials); // 6 expected, 2.3 the standard deviation
        assertTrue(aboveHalf >= 15 && aboveHalf <= 45, "p >= 0.5 in " + aboveHalf + " of " + trials);
    }

    @Test
    void rulesOutWhatIsNoPowerLaw() {
        SplittableRandom random = new SplittableRandom(7);
        int[] geometric = new int[20_000];
        for (int i = 0; i < geometric.length; i++) {
            geometric[i] = 1 + (int) (-5 * Math.log(1 - random.nextDouble()));
        }
        assertTrue(Objects.requireNonNull(fitted(geometric, 50, 1).pValue()) <= 0.04);
    }

    @Test
    void thePValueIsAFunctionOfTheSeedAlone() {
        int[] degrees = zipf(2.1, 500, new SplittableRandom(3));
        PowerLaw first = fitted(degrees, 80, 5);
        try (WorkerPool pool = new WorkerPool(3)) {
            assertEquals(first, PowerLaw.fit(degrees, 80, 5, pool).orElseThrow());
        }
        assertEquals(null, PowerLaw.fit(degrees).orElseThrow().pValue());
    }

    private static PowerLaw fitted(int[] degrees, int bootstraps, long seed) {
        try (WorkerPool pool = new WorkerPool(1)) {
            return PowerLaw.fit(degrees, bootstraps, seed, pool).orElseThrow();
        }
    }

    /** Draws from the zeta distribution by rejection (Devroye 1986, chapter X.6). */
    private static int[] zipf(double exponent, int count, SplittableRandom random) {
        double b = Math.pow(2, exponent - 1);
        int[] drawn = new int[count];
        for (int i = 0; i < count; ) {
            double x = Math.floor(Math.pow(1 - random.nextDouble(), -1 / (exponent - 1)));
            double t = Math.pow(1 + 1 / x, exponent - 1);
            if (x < Integer.MAX_VALUE && random.nextDouble() * x * (t - 1) / (b - 1) <= t / b) {
                drawn[i++] = (int) x;
            }
        }
        return drawn;
    }

    private static int[] mobyDick() throws IOException {
        try (InputStream in = PowerLawTest.class.getResourceAsStream("/topology/moby-dick-words.csv")) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .skip(1)
                    .map(line -> line.split(",", -1))
                    .flatMapToInt(cells ->
                            IntStream.generate(() -> Integer.parseInt(cells[0])).limit(Integer.parseInt(cells[1])))
                    .toArray();
        }
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

package coppice.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ticks are few, round and within the range. */
class AxisTest {
    private static Range range(double... values) {
        return new Range().add(values);
    }

    private static List<String> labels(Axis axis) {
        return axis.ticks().stream().map(Axis.Tick::label).toList();
    }

    @Test
    void linearTicks() {
        assertEquals(List.of("0", "0.2", "0.4", "0.6", "0.8", "1.0"), labels(Axis.linear("", range(0.03, 0.97))));
        assertEquals(List.of("−0.2", "−0.1", "0", "0.1", "0.2", "0.3"), labels(Axis.linear("", range(-0.13, 0.3))));
        assertEquals(List.of("0", "20k", "40k", "60k", "80k", "100k"), labels(Axis.linear("", range(0, 96_000))));
        assertEquals(List.of("1.0M", "1.2M", "1.4M", "1.6M"), labels(Axis.linear("", range(1.01e6, 1.55e6))));
        assertEquals(List.of("−5e-4", "0", "5e-4", "1e-3", "1.5e-3"), labels(Axis.linear("", range(-4e-4, 1.4e-3))));
        assertEquals(List.of("5", "10", "15"), labels(Axis.whole("", range(1, 15))));
        assertEquals(List.of("1", "2", "3"), labels(Axis.whole("", range(1, 3))));
        assertEquals(List.of("1"), labels(Axis.whole("", range(1, 1))));
        assertEquals(List.of("0", "0.2", "0.4", "0.6", "0.8", "1.0"), labels(Axis.linear("", range(Double.NaN))));
    }

    @Test
    void logarithmicTicks() {
        assertEquals(List.of("5", "10", "20", "50"), labels(Axis.logarithmic("", range(6, 41))));
        assertEquals(List.of("0.001", "0.01", "0.1", "1"), labels(Axis.logarithmic("", range(0.001, 1))));
        assertEquals(List.of("50k", "100k", "200k"), labels(Axis.logarithmic("", range(81_000, 111_000))));
        assertEquals(
                List.of("1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1"),
                labels(Axis.logarithmic("", range(1e-6, 1))));
        assertEquals(0.5, Axis.logarithmic("", range(1, 100)).at(10), 1e-12);
    }

    @Test
    void anyRangeHasFewTicksInIt() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            double magnitude = Math.pow(10, random.nextDouble(-9, 9));
            double low = random.nextDouble(-1, 1) * magnitude;
            Range range = range(low, low + magnitude * Math.pow(10, random.nextDouble(-4, 1)));
            requireSane(Axis.linear("", range), range);
            Range above = range(magnitude, magnitude * Math.pow(10, random.nextDouble(0, 12)));
            requireSane(Axis.logarithmic("", above), above);
        }
        requireSane(Axis.logarithmic("", range(1, 1)), range(1, 1));
        requireSane(Axis.linear("", range(5, 5)), range(5, 5));
        requireSane(Axis.linear("", range(0, 0)), range(0, 0));
    }

    private static void requireSane(Axis axis, Range range) {
        int ticks = axis.ticks().size();
        assertTrue(ticks >= 2 && ticks <= 10, () -> axis + " has " + ticks + " ticks");
        assertTrue(axis.at(range.low()) >= 0 && axis.at(range.high()) <= 1 && axis.low() < axis.high(), axis::toString);
        assertTrue(axis.low() <= range.low() + 1e-6 * Math.abs(range.low()), axis::toString);
        double previous = -1;
        for (Axis.Tick tick : axis.ticks()) {
            double at = axis.at(tick.value());
            assertTrue(at > previous && at <= 1, axis::toString);
            previous = at;
        }
        assertEquals(ticks, labels(axis).stream().distinct().count(), axis::toString);
    }

    @ParameterizedTest
    @CsvSource({"2, 12.706", "3, 4.303", "31, 2.042", "61, 2.000", "1001, 1.962"})
    void intervalsFollowStudentsT(int count, double t) {
        Statistic statistic = new Statistic(count, 0, Math.sqrt(count));
        assertEquals(t, statistic.halfInterval(), 0.005 * t);
    }

    @Test
    void numbersForPeople() {
        assertEquals("0.1234", Figure.of(0.12341, 4));
        assertEquals("12345", Figure.of(12345, 3));
        assertEquals("1.2e-6", Figure.of(1.2e-6, 3));
        assertEquals("−3.50", Figure.of(-3.4999, 3));
        assertEquals("–", Figure.of(Double.NaN, 3));
        assertEquals("0.153 ± 0.085", Figure.plusMinus(0.15296, 0.0849));
        assertEquals("14.3 ± 1.2", Figure.plusMinus(14.333, 1.1547));
        assertEquals("3 ± 0", Figure.plusMinus(3, 0));
        assertEquals("12.3 s", Figure.seconds(12.34));
        assertEquals("1 h 01 min", Figure.seconds(3660));
        assertEquals("96.56 %", Figure.percent(0.96564, 2));
        assertEquals("1,234,567", Figure.count(1_234_567));
    }
}

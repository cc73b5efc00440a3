package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;

/** Bit for bit comparison of two backends over all cases. */
public final class BackendParity {
    private BackendParity() {}

    /** Fails with the first case and the results in which the backends differ. */
    public static void check(Backend expected, Backend actual, int hidden) {
        for (NetworkCase shape : NetworkCases.withHidden(hidden)) {
            expected.setTotals(Totals.ZERO);
            actual.setTotals(Totals.ZERO);
            assertEquals(
                    List.of(),
                    NetworkRun.differences(NetworkRun.of(expected, shape), NetworkRun.of(actual, shape)),
                    shape::toString);
        }
    }

    /** The same for stochastic units. */
    public static void checkStochastic(Backend expected, Backend actual) {
        for (StochasticRun.Shape shape : StochasticRun.SHAPES) {
            Map<String, double[]> results = StochasticRun.of(actual, shape);
            StochasticRun.of(expected, shape)
                    .forEach((name, values) -> assertArrayEquals(values, results.get(name), () -> shape + ": " + name));
        }
    }
}

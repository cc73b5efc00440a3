package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Bit for bit comparison of two backends over all cases. */
public final class BackendParity {
    private BackendParity() {}

    /** Compares networks with {@code hidden} neurons between layers of other sizes. */
    public static void check(Backend expected, Backend actual, int hidden) {
        check(expected, actual, NetworkCases.withHidden(hidden));
    }

    /** Compares networks whose neurons have many inputs. */
    public static void checkLongRows(Backend expected, Backend actual) {
        check(expected, actual, NetworkCases.withLongRows());
    }

    /** Compares networks whose activations outgrow a second-level cache. */
    public static void checkWideLayers(Backend expected, Backend actual) {
        check(expected, actual, NetworkCases.withWideLayers());
    }

    /** Compares stochastic units. */
    public static void checkStochastic(Backend expected, Backend actual) {
        for (StochasticRun.Shape shape : StochasticRun.SHAPES) {
            Map<String, double[]> results = StochasticRun.of(actual, shape);
            StochasticRun.of(expected, shape)
                    .forEach((name, values) -> assertArrayEquals(values, results.get(name), () -> shape + ": " + name));
        }
    }

    /** Compares convolutions and pooling, every n-th case. */
    public static void checkConvolutions(Backend expected, Backend actual, int first, int every) {
        List<ConvolutionCase> shapes = ConvolutionCase.all();
        for (int i = first; i < shapes.size(); i += every) {
            check(expected, actual, shapes.get(i));
        }
    }

    /** Compares convolutions of large batches, of many filters and of large images. */
    public static void checkWideConvolutions(Backend expected, Backend actual) {
        ConvolutionCase.wide().forEach(shape -> check(expected, actual, shape));
    }

    private static void check(Backend expected, Backend actual, ConvolutionCase shape) {
        assertEquals(
                List.of(),
                NetworkRun.differences(ConvolutionRun.of(expected, shape), ConvolutionRun.of(actual, shape)),
                shape::toString);
    }

    /** Compares one network of each kind, a few convolutions, and mapped images. */
    public static void checkBriefly(Backend expected, Backend actual) {
        List<NetworkCase> networks = NetworkCases.withHidden(256);
        List<NetworkCase> longRows = NetworkCases.withLongRows();
        check(expected, actual, IntStream.range(0, 14).mapToObj(networks::get).toList());
        check(expected, actual, longRows.subList(0, 3));
        checkStochastic(expected, actual);
        checkConvolutions(expected, actual, 0, 24);
        ConvolutionCase.wide().subList(5, 7).forEach(shape -> check(expected, actual, shape));
        checkImages(expected, actual);
    }

    /** Compares mapped images. */
    public static void checkImages(Backend expected, Backend actual) {
        for (ImageCase shape : ImageCase.all()) {
            float[] maps = shape.maps();
            assertArrayEquals(shape.gather(expected, maps), shape.gather(actual, maps), shape::toString);
        }
    }

    /** Fails with the first case and the results in which the backends differ. */
    private static void check(Backend expected, Backend actual, List<NetworkCase> shapes) {
        for (NetworkCase shape : shapes) {
            expected.setTotals(Totals.ZERO);
            actual.setTotals(Totals.ZERO);
            assertEquals(
                    List.of(),
                    NetworkRun.differences(NetworkRun.of(expected, shape), NetworkRun.of(actual, shape)),
                    shape::toString);
        }
    }
}

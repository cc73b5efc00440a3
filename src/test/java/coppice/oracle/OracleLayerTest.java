package coppice.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Activation;
import coppice.backend.Activation.Kind;
import coppice.backend.Pooling;
import coppice.backend.Window;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds each oracle layer against finite differences. */
class OracleLayerTest {
    private static final int BATCH = 3;
    private static final double H = 1e-5;
    private static final double TOLERANCE = 1e-8;

    private final SplittableRandom random = new SplittableRandom(5);

    private record Case(String name, Window window, Pooling pooling, Kind kind) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        Window same = Window.same(2, 5, 4, 3, 2);
        Window valid = Window.valid(2, 5, 4, 3, 1);
        return Stream.of(
                new Case("same convolution, tanh", same, null, Kind.TANH),
                new Case("valid convolution, srelu", valid, null, Kind.SRELU),
                new Case("full, sigmoid", null, null, Kind.SIGMOID),
                new Case("full, srelu", null, null, Kind.SRELU),
                new Case("maximum", valid, Pooling.MAX, Kind.IDENTITY),
                new Case("mean", Window.valid(2, 5, 4, 2, 2), Pooling.AVERAGE, Kind.IDENTITY));
    }

    private double[] numbers(int count) {
        return random.doubles(count).map(value -> 2 * value - 1).toArray();
    }

    private double[][] matrix(int rows, int columns) {
        return Stream.generate(() -> numbers(columns)).limit(rows).toArray(double[][]::new);
    }

    private static double sum(OracleLayer layer, double[] x, double[] factors) {
        double[] outputs = layer.forward(x);
        double sum = 0;
        for (int i = 0; i < outputs.length; i++) {
            sum += factors[i] * outputs[i];
        }
        return sum;
    }

    private static void check(OracleLayer layer, double[] x, double[] factors, double[] values, double[] gradient) {
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            values[i] = value + H;
            double above = sum(layer, x, factors);
            values[i] = value - H;
            double below = sum(layer, x, factors);
            values[i] = value;
            assertEquals((above - below) / (2 * H), gradient[i], TOLERANCE, "element " + i);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradientsAreThoseOfTheOutputs(Case test) {
        int inputs = 2 * 5 * 4;
        int rows = 3;
        int neurons = test.window == null ? rows : rows * test.window.positions();
        double[][] slopes = test.kind == Kind.SRELU ? matrix(4, neurons) : new double[0][];
        OracleActivation activation = new OracleActivation(new Activation(test.kind, 0), slopes);
        int columns = test.window == null ? inputs : test.window.terms();
        OracleLayer layer = test.pooling == null
                ? new OracleLayer(test.window, BATCH, matrix(rows, columns), numbers(rows), activation)
                : new OracleLayer(test.window, BATCH, test.pooling, activation);
        double[] x = numbers(inputs * BATCH);
        double[] factors = numbers(layer.forward(x).length);
        layer.forward(x);
        double[] dx = layer.backward(factors);
        double[][] dWeights = layer.dWeights;
        double[][] dSlopes = Stream.of(activation.gradient).map(double[]::clone).toArray(double[][]::new);
        check(layer, x, factors, x, dx);
        check(layer, x, factors, layer.bias, layer.dBias);
        for (int row = 0; row < layer.weights.length; row++) {
            check(layer, x, factors, layer.weights[row], dWeights[row]);
        }
        for (int row : List.of(0, 1, 2, 3).subList(0, slopes.length)) {
            check(layer, x, factors, slopes[row], dSlopes[row]);
        }
    }
}

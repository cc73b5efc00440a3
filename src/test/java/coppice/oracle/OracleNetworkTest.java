package coppice.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Activation;
import coppice.backend.Loss;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The oracle's own gradients, against central differences of its loss. */
class OracleNetworkTest {
    private static final int INPUTS = 5;
    private static final int HIDDEN = 7;
    private static final int OUTPUTS = 4;
    private static final int BATCH = 9;

    /** Every activation with every loss that has a true gradient. */
    static Stream<Arguments> cases() {
        return Arrays.stream(Activation.Kind.values())
                .flatMap(kind -> Stream.of(Loss.CROSS_ENTROPY, Loss.MSE, Loss.SQUARED_ERROR)
                        .map(loss -> Arguments.of(kind, loss)));
    }

    @ParameterizedTest(name = "{0}, {1}, seed 5")
    @MethodSource("cases")
    void gradientsAreThoseOfTheLoss(Activation.Kind kind, Loss loss) {
        Random random = new Random(5);
        OracleNetwork network = new OracleNetwork(
                new Activation(kind, kind == Activation.Kind.LEAKY ? 0.3f : 0),
                loss,
                random(random, HIDDEN, INPUTS),
                random(random, 1, HIDDEN)[0],
                random(random, OUTPUTS, HIDDEN),
                random(random, 1, OUTPUTS)[0],
                random(random, 4, HIDDEN),
                keptOrDropped(random),
                random(random, INPUTS, BATCH),
                loss == Loss.SQUARED_ERROR
                        ? numbers(random)
                        : random.ints(BATCH, 0, OUTPUTS).toArray(),
                loss == Loss.MSE ? new float[] {0.5f, 2, 1, 0.25f} : null);
        network.forward();
        network.backward();
        check(network, network.firstWeights, network.dFirstWeights);
        check(network, network.secondWeights, network.dSecondWeights);
        check(network, new double[][] {network.firstBias}, new double[][] {network.dFirstBias});
        check(network, new double[][] {network.secondBias}, new double[][] {network.dSecondBias});
        check(network, network.slopes, network.dSlopes);
    }

    private static int[] numbers(Random random) {
        return random.doubles(BATCH)
                .mapToInt(number -> Float.floatToRawIntBits((float) number))
                .toArray();
    }

    private static void check(OracleNetwork network, double[][] parameter, double[][] gradient) {
        double greatest = Arrays.stream(gradient)
                .flatMapToDouble(Arrays::stream)
                .map(Math::abs)
                .max()
                .orElse(0);
        for (int i = 0; i < parameter.length; i++) {
            for (int j = 0; j < parameter[i].length; j++) {
                double value = parameter[i][j];
                parameter[i][j] = value + Tolerances.DIFFERENCE_STEP;
                double above = network.meanLoss();
                parameter[i][j] = value - Tolerances.DIFFERENCE_STEP;
                double below = network.meanLoss();
                parameter[i][j] = value;
                double slope = (above - below) / (2 * Tolerances.DIFFERENCE_STEP);
                assertEquals(slope, gradient[i][j], Tolerances.DIFFERENCE * (1e-3 + greatest));
            }
        }
    }

    private static double[][] random(Random random, int rows, int columns) {
        return Stream.generate(() -> random.doubles(columns, -1, 1).toArray())
                .limit(rows)
                .toArray(double[][]::new);
    }

    private static double[][] keptOrDropped(Random random) {
        double[][] kept = random(random, HIDDEN, BATCH);
        for (double[] row : kept) {
            Arrays.setAll(row, b -> row[b] < -0.4 ? 0 : 1 / 0.7);
        }
        return kept;
    }
}

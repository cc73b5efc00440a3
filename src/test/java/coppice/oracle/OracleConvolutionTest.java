package coppice.oracle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import coppice.backend.Window;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The oracle's gradients against central differences of sum(dz * z), and its products against one worked by hand. */
class OracleConvolutionTest {
    private static final int BATCH = 2;
    private static final double STEP = 1e-3; // z is linear in each argument: differences are exact but for rounding

    @ParameterizedTest
    @CsvSource({"1, 1, true", "2, 1, true", "3, 1, true", "3, 2, true", "3, 1, false", "5, 3, true", "2, 3, false"})
    void gradientsAreThoseOfCentralDifferences(int kernel, int stride, boolean same) {
        Window window = same ? Window.same(3, 5, 7, kernel, stride) : Window.valid(3, 5, 7, kernel, stride);
        Random random = new Random(kernel * 10L + stride);
        double[][] weights = new double[4][];
        for (int filter = 0; filter < 4; filter++) {
            weights[filter] = random.doubles(window.terms(), -1, 1).toArray();
        }
        double[] bias = random.doubles(4, -1, 1).toArray();
        double[] x = random.doubles((long) window.inputs() * BATCH, -1, 1).toArray();
        double[] dz = random.doubles(4L * window.positions() * BATCH, -1, 1).toArray();
        OracleConvolution oracle = new OracleConvolution(window, BATCH, weights, bias);
        assertArrayEquals(differences(oracle, x, x, dz), oracle.backward(dz), 1e-8);
        assertArrayEquals(differences(oracle, bias, x, dz), oracle.biasGradient(dz), 1e-8);
        double[][] gradient = oracle.weightGradient(dz, x);
        for (int filter = 0; filter < 4; filter++) {
            assertArrayEquals(differences(oracle, weights[filter], x, dz), gradient[filter], 1e-8);
        }
    }

    private static double[] differences(OracleConvolution oracle, double[] of, double[] x, double[] dz) {
        double[] differences = new double[of.length];
        for (int i = 0; i < of.length; i++) {
            double before = of[i];
            of[i] = before + STEP;
            double above = loss(oracle, x, dz);
            of[i] = before - STEP;
            differences[i] = (above - loss(oracle, x, dz)) / (2 * STEP);
            of[i] = before;
        }
        return differences;
    }

    private static double loss(OracleConvolution oracle, double[] x, double[] dz) {
        double[] z = oracle.forward(x);
        double sum = 0;
        for (int i = 0; i < z.length; i++) {
            sum += dz[i] * z[i];
        }
        return sum;
    }

    @Test
    void agreesWithAnImageWorkedByHand() {
        // The window weighs its middle 5, the pixel left of it 4, the one above 1, the others nothing.
        double[][] weights = {{0, 1, 0, 4, 5, 0, 0, 0, 0}};
        double[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        double[] padded = {5, 14, 23, 21, 43, 53, 39, 73, 83};
        assertArrayEquals(padded, forward(Window.same(1, 3, 3, 3, 1), weights, image));
        assertArrayEquals(new double[] {5, 23, 39, 83}, forward(Window.same(1, 3, 3, 3, 2), weights, image));
        assertArrayEquals(new double[] {43}, forward(Window.valid(1, 3, 3, 3, 1), weights, image));
    }

    private static double[] forward(Window window, double[][] weights, double[] image) {
        return new OracleConvolution(window, 1, weights, new double[1]).forward(image);
    }
}

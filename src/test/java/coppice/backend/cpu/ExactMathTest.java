package coppice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Activation;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The error bounds that {@link ExactMath} states, over a dense sample of all floats. */
class ExactMathTest {
    private static final int STEP = 1021; // a prime: every exponent and many mantissas
    private static final double EXP_ULP = 1.01;
    private static final double LOG_ULP = 0.81;
    private static final double TANH_ULP = 1.30;
    private static final double SIGMOID_ULP = 2.9;

    private interface FloatFunction {
        float of(float x);
    }

    @Test
    void expIsWithinItsBound() {
        check(ExactMath::exp, StrictMath::exp, EXP_ULP, bits -> true);
    }

    @Test
    void logIsWithinItsBoundForNormalPositiveFloats() {
        check(ExactMath::log, StrictMath::log, LOG_ULP, bits -> Float.intBitsToFloat(bits) >= Float.MIN_NORMAL);
    }

    @Test
    void tanhIsWithinItsBound() {
        check(ExactMath::tanh, StrictMath::tanh, TANH_ULP, bits -> true);
    }

    @Test
    void sigmoidIsWithinItsBound() {
        check(ExactMath::sigmoid, x -> 1 / (1 + StrictMath.exp(-x)), SIGMOID_ULP, bits -> true);
    }

    @Test
    void specialValues() {
        assertEquals(Float.POSITIVE_INFINITY, ExactMath.exp(Float.POSITIVE_INFINITY));
        assertEquals(0f, ExactMath.exp(Float.NEGATIVE_INFINITY));
        assertEquals(1f, ExactMath.exp(-0f));
        assertEquals(0f, ExactMath.tanh(-0f));
        assertEquals(-1f, ExactMath.tanh(Float.NEGATIVE_INFINITY));
        assertEquals(0.5f, ExactMath.sigmoid(0));
        assertEquals(1f, ExactMath.sigmoid(Float.POSITIVE_INFINITY));
        assertEquals(0f, ExactMath.sigmoid(Float.NEGATIVE_INFINITY));
        assertEquals(0f, ExactMath.log(1));
        assertEquals(Float.POSITIVE_INFINITY, ExactMath.log(Float.POSITIVE_INFINITY));
        FloatFunction[] functions = {ExactMath::exp, ExactMath::log, ExactMath::tanh, ExactMath::sigmoid};
        for (FloatFunction function : functions) {
            assertTrue(Float.isNaN(function.of(Float.NaN)));
        }
    }

    private static void check(FloatFunction actual, DoubleUnaryOperator expected, double bound, IntPredicate domain) {
        for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STEP) {
            float x = Float.intBitsToFloat((int) bits);
            if (Float.isNaN(x) || Float.isInfinite(x) || !domain.test((int) bits)) {
                continue;
            }
            double truth = expected.applyAsDouble(x);
            float result = actual.of(x);
            if (Float.isInfinite((float) truth)) {
                assertEquals((float) truth, result, () -> "of " + x);
            } else {
                double error = Math.abs(result - truth) / Math.ulp((float) truth);
                assertTrue(error <= bound, () -> "of " + x + " is " + result + ", wrong by " + error + " ulp");
            }
        }
    }

    /** The Vector API twins, through the kernels: all exponents, both signs, subnormals, infinities, NaN. */
    @ParameterizedTest
    @EnumSource(names = {"TANH", "SIGMOID"})
    void vectorTwinsGiveTheSameBits(Activation.Kind kind) {
        KernelSet vector = CpuBackends.vectorKernels();
        int columns = 1 << 16;
        for (int chunk = 0; chunk < 64; chunk++) {
            float[] values = new float[columns];
            for (int i = 0; i < columns; i++) {
                values[i] = Float.intBitsToFloat((chunk * columns + i) * STEP);
            }
            values[0] = Float.NaN;
            values[1] = Float.POSITIVE_INFINITY;
            values[2] = Float.NEGATIVE_INFINITY;
            values[3] = -0f;
            Neurons plain = neurons(kind, values);
            Neurons twin = neurons(kind, values);
            Pass pass = new Pass(columns, true, 0);
            KernelSet.plain().neurons().activate(plain, pass, 0, 1);
            vector.neurons().activate(twin, pass, 0, 1);
            assertSame(values, plain.output(), twin.output());
            KernelSet.plain().neurons().derive(plain, pass, 0, 1);
            vector.neurons().derive(twin, pass, 0, 1);
            assertSame(values, plain.gradient(), twin.gradient());
        }
    }

    private static void assertSame(float[] x, coppice.backend.Tensor expected, coppice.backend.Tensor actual) {
        float[] first = ((CpuTensor) expected).read();
        float[] second = ((CpuTensor) actual).read();
        int at = java.util.Arrays.mismatch(first, second); // takes all NaNs for one
        assertEquals(-1, at, () -> "of " + x[at] + ": " + first[at] + " and " + second[at]);
    }

    private static Neurons neurons(Activation.Kind kind, float[] z) {
        CpuTensor preActivation = CpuTensor.activations(1, z.length);
        preActivation.write(z);
        CpuTensor gradient = CpuTensor.activations(1, z.length);
        java.util.Arrays.fill(gradient.data(), 0.3f);
        CpuTensor output = CpuTensor.activations(1, z.length);
        return new Neurons(new Activation(kind, 0), preActivation, output, gradient, null, null, null, null, null);
    }
}

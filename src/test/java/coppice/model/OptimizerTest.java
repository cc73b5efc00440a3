package coppice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.backend.Update;
import coppice.backend.Update.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The steps that optimizers make. */
class OptimizerTest {
    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"SGD", "NESTEROV"})
    void momentumNeedsNoCorrection(Kind kind) {
        Optimizer optimizer = new Optimizer(kind, 0.9, 0.002, true, 0.999, 1e-8);
        Update expected = new Update(kind, 0.1f, 0.9f, 0.002f, true, 0, 0, 1);
        assertEquals(expected, optimizer.update(0.1, 0));
        assertEquals(expected, optimizer.update(0.1, 1_000_000));
    }

    @Test
    void adamCorrectsItsFirstSteps() {
        Optimizer optimizer = new Optimizer(Kind.ADAM, 0.75, 0.5, false, 0.5, 0.25);
        // 1 - 0.75 = 1/4, 1 - 0.75^2 = 7/16; 1 - 0.5 = 1/2, 1 - 0.5^2 = 3/4
        assertEquals(new Update(Kind.ADAM, 0.4f, 0.75f, 0.5f, false, 0.5f, 2, 0.25f), optimizer.update(0.1, 0));
        assertEquals(
                new Update(Kind.ADAM, (float) (0.1 * 16 / 7), 0.75f, 0.5f, false, 0.5f, (float) (4.0 / 3), 0.25f),
                optimizer.update(0.1, 1));
        assertEquals(
                new Update(Kind.ADAM, 0.1f, 0.75f, 0.5f, false, 0.5f, 1, 0.25f), optimizer.update(0.1, 1_000_000_000L));
    }

    @Test
    void onlyWeightsDecayUnlessDecayStandsBesideTheStep() {
        Update coupled = new Optimizer(Kind.SGD, 0.9, 0.1, false, 0, 1).update(0.5, 3);
        assertEquals(0.1f, LayerUpdates.of(coupled).weightsAndBias().weights().decay());
        assertEquals(0, LayerUpdates.of(coupled).weightsAndBias().bias().decay());
        assertEquals(0, LayerUpdates.of(coupled).slopes().decay());
        Update beside = new Optimizer(Kind.SGD, 0.9, 0.1, true, 0, 1).update(0.5, 3);
        assertEquals(0.1f, LayerUpdates.of(beside).weightsAndBias().weights().decay());
        assertEquals(0.1f, LayerUpdates.of(beside).weightsAndBias().bias().decay());
        assertEquals(0, LayerUpdates.of(beside).slopes().decay());
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, 0, 1, 'momentum must be in [0, 1) but was 1.0'",
        "-0.1, 0, 0, 1, 'momentum must be in [0, 1) but was -0.1'",
        "NaN, 0, 0, 1, 'momentum must be in [0, 1) but was NaN'",
        "0, 1, 0, 1, 'weight-decay must be in [0, 1) but was 1.0'",
        "0, -1, 0, 1, 'weight-decay must be in [0, 1) but was -1.0'",
        "0, NaN, 0, 1, 'weight-decay must be in [0, 1) but was NaN'",
        "0, 0, 1, 1, 'beta2 must be in [0, 1) but was 1.0'",
        "0, 0, 0, 0, 'adam-epsilon must be above 0 but was 0.0'",
        "0, 0, 0, NaN, 'adam-epsilon must be above 0 but was NaN'"
    })
    void refuses(double momentum, double decay, double beta2, double epsilon, String message) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new Optimizer(Kind.ADAM, momentum, decay, false, beta2, epsilon))
                        .getMessage());
    }
}

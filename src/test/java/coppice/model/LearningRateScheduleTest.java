package coppice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rates at steps worked out by hand: 4 steps an epoch, 10 epochs. */
class LearningRateScheduleTest {
    @ParameterizedTest
    @CsvSource({
        "constant, 0, 0, 0.5",
        "constant, 0, 39, 0.5",
        "step:3:0.1, 0, 0, 0.5",
        "step:3:0.1, 0, 11, 0.5",
        "step:3:0.1, 0, 12, 0.05",
        "step:3:0.1, 0, 23, 0.05",
        "step:3:0.1, 0, 24, 0.005",
        "step:1:1, 0, 39, 0.5",
        "cosine, 0, 0, 0.5",
        "cosine, 0, 10, 0.4267766952966369",
        "cosine, 0, 20, 0.25",
        "cosine, 0, 30, 0.07322330470336313",
        "cosine, 0, 40, 0",
        "cosine, 0, 50, 0",
        "constant, 2, 0, 0.0625",
        "constant, 2, 3, 0.25",
        "constant, 2, 7, 0.5",
        "constant, 2, 8, 0.5",
        "constant, 0.25, 0, 0.5",
        "constant, 0.5, 0, 0.25",
        "step:1:0.5, 1, 2, 0.375",
        "step:1:0.5, 1, 4, 0.25",
        "cosine, 2, 7, 0.5",
        "cosine, 2, 8, 0.5",
        "cosine, 2, 24, 0.25",
        "cosine, 2, 40, 0",
        "cosine, 10, 39, 0.5",
        "cosine, 20, 39, 0.25"
    })
    void rates(String shape, double warmUpEpochs, long step, double rate) {
        assertEquals(rate, LearningRateSchedule.parse(shape, 0.5, warmUpEpochs).rate(step, 4, 10), 1e-15);
    }

    @Test
    void warmUpOverLessThanAStepStartsAtTheBase() {
        assertEquals(0.5, LearningRateSchedule.parse("constant", 0.5, 0.01).rate(0, 4, 10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "linear",
                "constant:1",
                "cosine:",
                "step",
                "step:3",
                "step:3:0.1:1",
                "step:x:0.1",
                "step:3:x",
                "step:0:0.1",
                "step:-1:0.1",
                "step:3:0",
                "step:3:1.1",
                "step:3:NaN",
                "step:1.5:0.5",
                "Step:3:0.1"
            })
    void refuses(String text) {
        assertEquals(
                "lr-schedule must be constant, cosine or step:EPOCHS:FACTOR (factor in (0, 1]) but was " + text,
                assertThrows(IllegalArgumentException.class, () -> LearningRateSchedule.parse(text, 0.5, 0))
                        .getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, learning-rate must be above 0 but was 0.0",
        "-1, 0, learning-rate must be above 0 but was -1.0",
        "NaN, 0, learning-rate must be above 0 but was NaN",
        "Infinity, 0, learning-rate must be above 0 but was Infinity",
        "1, -1, warm-up must be at least 0 epochs but was -1.0",
        "1, NaN, warm-up must be at least 0 epochs but was NaN"
    })
    void refusesRatesOutOfRange(double base, double warmUpEpochs, String message) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> LearningRateSchedule.parse("constant", base, warmUpEpochs))
                        .getMessage());
    }
}

package coppice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.backend.Activation;
import coppice.backend.Activation.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Activations as users name them. */
class ActivationSpecTest {
    @ParameterizedTest
    @CsvSource({
        "relu, RELU, 0, 0",
        "leaky, LEAKY, 0.01, 0.01",
        "leaky:0.2, LEAKY, 0.2, 0.2",
        "leaky:0, LEAKY, 0, 0",
        "allrelu, LEAKY, -0.6, 0.6",
        "allrelu:1, LEAKY, -1, 1",
        "srelu, SRELU, 0, 0",
        "tanh, TANH, 0, 0",
        "sigmoid, SIGMOID, 0, 0"
    })
    void namesAFunctionForEachHiddenLayer(String text, Kind kind, float even, float odd) {
        ActivationSpec spec = ActivationSpec.parse(text);
        for (int layer = 0; layer < 5; layer++) {
            Activation activation = spec.forLayer(layer);
            assertEquals(kind, activation.kind());
            assertEquals(layer % 2 == 0 ? even : odd, activation.slope());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ReLU", "gelu", "relu ", "none:1"})
    void refusesUnknownNames(String text) {
        assertEquals(
                "activation must be relu, leaky[:SLOPE], allrelu[:SLOPE], srelu, tanh or sigmoid but was " + text,
                message(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"leaky:", "leaky:x", "leaky:-0.1", "allrelu:1.5", "allrelu:NaN", "leaky:0.1:0.2"})
    void refusesSlopesOutOfRange(String text) {
        assertEquals("the slope of an activation must be in [0, 1] but was " + text, message(text));
    }

    @Test
    void refusesASlopeWhereThereIsNone() {
        assertEquals("activation tanh takes no slope but was tanh:0.5", message("tanh:0.5"));
        assertFalse(message("srelu:").contains("\n"));
    }

    private static String message(String text) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, () -> ActivationSpec.parse(text))
                .getMessage());
    }
}

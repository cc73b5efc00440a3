package coppice.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    private static double parse(String text) {
        return Numbers.parse(text.toCharArray(), 0, text.length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-0",
                "1",
                "+1",
                "1.",
                ".5",
                "-1.25e3",
                "1E-5",
                "9007199254740993",
                "0.1",
                "1e22",
                "1e23",
                "1e-400",
                "1e400",
                "123456789012345678901234567890",
                "4.9e-324",
                "2.2250738585072011e-308",
                "0.30000000000000004"
            })
    void agreesWithTheLibrary(String text) {
        assertEquals(Double.parseDouble(text), parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-", ".", "e5", "1e", "1e+", "1.2.3", "1f", "0x1p3", "NaN", "Infinity", "1 ", " 1", "--1"})
    void rejectsWhatIsNoNumber(String text) {
        assertTrue(Double.isNaN(parse(text)));
    }

    @Test
    void agreesWithTheLibraryOnRandomNumbers() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            String text = i % 2 == 0 ? Double.toString(value) : Float.toString((float) value);
            if (Double.isFinite(value) && Float.isFinite((float) value)) {
                assertEquals(Double.parseDouble(text), parse(text), text);
            }
        }
    }
}

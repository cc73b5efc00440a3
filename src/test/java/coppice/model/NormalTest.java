package coppice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Quantiles of the normal distribution at (word + 1/2) / 2^32. */
class NormalTest {
    @ParameterizedTest
    @CsvSource({
        "2147483648, 2.9180993729166234e-10",
        "3221225472, 0.6744897505624251",
        "3865470566, 1.2815515656772687",
        "3972844748, 1.4395314704450153",
        "4080218931, 1.6448536276287282",
        "4187593113, 1.9599639841416792",
        "4252017623, 2.3263478780593587",
        "4290672328, 3.0902322920614345",
        "4294924346, 4.2648916930714345",
        "4294966866, 5.199336166741684",
        "4294967295, 6.337957754553789"
    })
    void agreesWithKnownQuantiles(long word, double quantile) {
        assertEquals(quantile, Normal.quantile((int) word), 3e-7 * quantile);
        assertEquals(-quantile, Normal.quantile(~(int) word), 3e-7 * quantile);
    }

    @Test
    void isSymmetricAndRises() {
        float previous = Float.NEGATIVE_INFINITY;
        for (long word = 0; word < 1L << 32; word += 99_991) {
            float quantile = Normal.quantile((int) word);
            assertTrue(quantile >= previous);
            assertEquals(-quantile, Normal.quantile(~(int) word));
            previous = quantile;
        }
    }
}

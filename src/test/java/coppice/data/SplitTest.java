package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.matrix.DenseMatrix;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SplitTest {
    /** Sample i has the single feature i. */
    private static Dataset numbered(int rows) {
        float[] values = new float[rows];
        for (int i = 0; i < rows; i++) {
            values[i] = i;
        }
        return Dataset.of(new DenseMatrix(rows, 1, values), new int[rows], List.of("a"));
    }

    private static int[] numbers(Dataset data) {
        float[] values = ((DenseMatrix) data.features()).values();
        return IntStream.range(0, values.length).map(i -> (int) values[i]).toArray();
    }

    @ParameterizedTest(name = "{0} rows, test {1}, validation {2}")
    @CsvSource({"100,0.2,0.1,20,10", "3,0.34,0.3,1,1", "1797,0.25,0.1,449,180", "2,0.5,0.0,1,0"})
    void partsAreDisjointAndComplete(int rows, double test, double validation, int testRows, int validationRows) {
        Datasets.Parts parts = Split.random(numbered(rows), test, validation, 1);
        Dataset held = Objects.requireNonNull(parts.test());
        assertEquals(testRows, held.rows());
        assertEquals(
                validationRows,
                parts.validation() == null ? 0 : parts.validation().rows());
        IntStream all = IntStream.concat(
                IntStream.of(numbers(parts.train())),
                IntStream.concat(
                        IntStream.of(numbers(held)),
                        parts.validation() == null ? IntStream.empty() : IntStream.of(numbers(parts.validation()))));
        assertArrayEquals(IntStream.range(0, rows).toArray(), all.sorted().toArray());
    }

    @Test
    void theSeedDecides() {
        int[] first = numbers(
                Objects.requireNonNull(Split.random(numbered(100), 0.2, 0, 1).test()));
        int[] again = numbers(
                Objects.requireNonNull(Split.random(numbered(100), 0.2, 0, 1).test()));
        int[] other = numbers(
                Objects.requireNonNull(Split.random(numbered(100), 0.2, 0, 2).test()));
        assertArrayEquals(first, again);
        assertNotEquals(Arrays.toString(first), Arrays.toString(other));
    }

    @Test
    void noFractionIsNoPart() {
        Datasets.Parts parts = Split.random(numbered(10), 0, 0, 1);
        assertEquals(10, parts.train().rows());
        assertNull(parts.test());
        assertNull(parts.validation());
    }

    @ParameterizedTest
    @CsvSource({"10,1.0,0", "10,-0.1,0", "10,0.01,0", "2,0.5,0.5", "1,0.9,0", "10,NaN,0"})
    void anEmptyPartIsAnError(int rows, double test, double validation) {
        Dataset data = numbered(rows);
        assertThrows(IllegalArgumentException.class, () -> Split.random(data, test, validation, 1));
    }

    @Test
    void subsetsGrowWithTheirSize() {
        int[] ten = numbers(Subset.random(numbered(100), 10, 3));
        int[] twenty = numbers(Subset.random(numbered(100), 20, 3));
        assertEquals(10, Arrays.stream(ten).distinct().count());
        assertEquals(
                10,
                Arrays.stream(ten)
                        .filter(i -> Arrays.binarySearch(twenty, i) >= 0)
                        .count());
        assertThrows(IllegalArgumentException.class, () -> Subset.random(numbered(3), 4, 1));
        assertThrows(IllegalArgumentException.class, () -> Subset.random(numbered(3), 0, 1));
    }
}

package coppice.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pattern takes only well-formed rows, and its column-wise view holds the same cells. */
class CsrPatternTest {
    @Test
    void holdsTheExampleOfThreeRows() {
        // . 1 . 1
        // . . . .
        // 1 . . .
        CsrPattern pattern = new CsrPattern(3, 4, new int[] {0, 2, 2, 3}, new int[] {1, 3, 0});
        assertEquals(3, pattern.rows());
        assertEquals(4, pattern.columns());
        assertEquals(3, pattern.connections());
        assertEquals(12, pattern.cells());
        assertEquals(0.25, pattern.density());
        assertEquals(2, pattern.rowLength(0));
        assertEquals(0, pattern.rowLength(1));
        assertEquals(1, pattern.rowLength(2));

        CsrPattern.Transpose transpose = pattern.transpose();
        assertArrayEquals(new int[] {0, 1, 2, 2, 3}, transpose.columnOffsets());
        assertArrayEquals(new int[] {2, 0, 0}, transpose.rowIndices());
        assertArrayEquals(new int[] {2, 0, 1}, transpose.valueIndices());
    }

    @Test
    void keepsTheTransposeUntilItIsReleased() {
        CsrPattern pattern = new CsrPattern(1, 1, new int[] {0, 1}, new int[] {0});
        CsrPattern.Transpose first = pattern.transpose();
        assertSame(first, pattern.transpose());
        pattern.releaseTranspose();
        assertNotSame(first, pattern.transpose());
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 5", "5, 0", "3, 4"})
    void emptyHasNoConnections(int rows, int columns) {
        CsrPattern pattern = CsrPattern.empty(rows, columns);
        assertEquals(0, pattern.connections());
        assertEquals(0, pattern.density());
        assertArrayEquals(new int[columns + 1], pattern.transpose().columnOffsets());
    }

    @Test
    void countsCellsBeyondAnInt() {
        assertEquals(4_000_000_000_000L, CsrPattern.empty(2_000_000, 2_000_000).cells());
    }

    @Test
    void refusesMalformedArrays() {
        refuses("matrix shape must not be negative but was -1 x 2", -1, 2, offsets(0), columns());
        refuses("matrix shape must not be negative but was 2 x -1", 2, -1, offsets(0, 0, 0), columns());
        refuses("2 rows need 3 row offsets but got 2", 2, 2, offsets(0, 0), columns());
        refuses("2 rows need 3 row offsets but got 4", 2, 2, offsets(0, 0, 0, 0), columns());
        refuses("row offsets must run from 0 to 1 but run from 1 to 1", 1, 2, offsets(1, 1), columns(0));
        refuses("row offsets must run from 0 to 2 but run from 0 to 1", 1, 2, offsets(0, 1), columns(0, 1));
        refuses("row offsets fall after row 1", 3, 4, offsets(0, 2, 1, 3), columns(0, 1, 2));
        refuses("row offsets fall after row 0", 2, 4, offsets(0, 9, 3), columns(0, 1, 2));
        refuses("row offsets fall after row 0", 2, 4, offsets(0, -1, 1), columns(0));
        String range = "; columns must rise within [0, 4)";
        refuses("row 1 holds column 4 after column -1" + range, 2, 4, offsets(0, 1, 2), columns(3, 4));
        refuses("row 0 holds column -1 after column -1" + range, 1, 4, offsets(0, 1), columns(-1));
        refuses("row 0 holds column 2 after column 2" + range, 1, 4, offsets(0, 2), columns(2, 2));
        refuses("row 0 holds column 1 after column 3" + range, 1, 4, offsets(0, 2), columns(3, 1));
    }

    private static int[] offsets(int... offsets) {
        return offsets;
    }

    private static int[] columns(int... columns) {
        return columns;
    }

    private static void refuses(String message, int rows, int columns, int[] offsets, int[] columnIndices) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new CsrPattern(rows, columns, offsets, columnIndices))
                        .getMessage());
    }

    @ParameterizedTest(name = "{0} x {1}, share {2}, seed {3}")
    @CsvSource({
        "1, 1, 1, 1",
        "1, 1, 0, 2",
        "1, 37, 0.5, 3",
        "37, 1, 0.5, 4",
        "5, 7, 1, 5",
        "31, 33, 0.1, 6",
        "33, 31, 0.02, 7",
        "2, 5000, 0.3, 8",
        "5000, 2, 0.3, 9",
        "3, 70001, 0.01, 10",
        "40, 2048, 0.1, 11",
        "40, 2049, 0.1, 12",
        "2, 1100000, 0.01, 13",
        "11, 0, 0, 14"
    })
    void transposeMatchesAWalkOverAllCells(int rows, int columns, double share, long seed) {
        boolean[][] present = new boolean[rows][columns];
        int[] rowOffsets = new int[rows + 1];
        int[] columnIndices = new int[rows * columns];
        SplittableRandom random = new SplittableRandom(seed);
        int connections = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                present[row][column] = random.nextDouble() < share && row % 5 != 4;
                if (present[row][column]) {
                    columnIndices[connections++] = column;
                }
            }
            rowOffsets[row + 1] = connections;
        }
        columnIndices = Arrays.copyOf(columnIndices, connections);
        CsrPattern.Transpose transpose = new CsrPattern(rows, columns, rowOffsets, columnIndices).transpose();

        int[] wantedOffsets = new int[columns + 1];
        int[] wantedRows = new int[connections];
        int[] seenInRow = new int[rows];
        int[] wantedValues = new int[connections];
        int at = 0;
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                if (present[row][column]) {
                    wantedRows[at] = row;
                    wantedValues[at++] = rowOffsets[row] + seenInRow[row]++;
                }
            }
            wantedOffsets[column + 1] = at;
        }
        assertArrayEquals(wantedOffsets, transpose.columnOffsets());
        assertArrayEquals(wantedRows, transpose.rowIndices());
        assertArrayEquals(wantedValues, transpose.valueIndices());
    }
}

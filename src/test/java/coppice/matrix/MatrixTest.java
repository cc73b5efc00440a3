package coppice.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The three storage forms adopt their arrays and refuse those of a wrong length. */
class MatrixTest {
    @Test
    void denseIsRowMajor() {
        float[] values = {1, 2, 3, 4, 5, 6};
        DenseMatrix matrix = new DenseMatrix(2, 3, values);
        assertEquals(2, matrix.rows());
        assertEquals(3, matrix.columns());
        assertSame(values, matrix.values());
        assertEquals(3, matrix.get(0, 2));
        assertEquals(4, matrix.get(1, 0));
    }

    @Test
    void bytesAreAdopted() {
        byte[] values = {1, 2, 3, (byte) 255};
        ByteMatrix matrix = new ByteMatrix(4, 1, values);
        assertEquals(4, matrix.rows());
        assertEquals(1, matrix.columns());
        assertSame(values, matrix.values());
    }

    @Test
    void sparseHasTheShapeOfItsPattern() {
        CsrPattern pattern = new CsrPattern(2, 3, new int[] {0, 1, 2}, new int[] {2, 0});
        float[] values = {1.5f, -2};
        CsrMatrix matrix = new CsrMatrix(pattern, values);
        assertEquals(2, matrix.rows());
        assertEquals(3, matrix.columns());
        assertSame(pattern, matrix.pattern());
        assertSame(values, matrix.values());
    }

    @Test
    void wrongLengthsAreRefused() {
        refuses("a 2 x 3 matrix needs 6 values but got 5", () -> new DenseMatrix(2, 3, new float[5]));
        refuses("a 2 x 3 matrix needs 6 values but got 7", () -> new ByteMatrix(2, 3, new byte[7]));
        refuses("matrix shape must not be negative but was -1 x 0", () -> new DenseMatrix(-1, 0, new float[0]));
        refuses("matrix shape must not be negative but was -2 x -2", () -> new ByteMatrix(-2, -2, new byte[4]));
        // The product overflows an int to exactly the length given.
        refuses(
                "a 65536 x 65537 matrix needs 4295032832 values but got 65536",
                () -> new DenseMatrix(65536, 65537, new float[65536]));
        refuses("a pattern of 0 connections got 1 values", () -> new CsrMatrix(CsrPattern.empty(1, 1), new float[1]));
    }

    private static void refuses(String message, Executable construction) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, construction).getMessage());
    }
}

package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.data.Normalization.Kind;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormalizationTest {
    private static final int COLUMNS = 7;
    private static final double RELATIVE_TOLERANCE = 2e-7;

    /** Column 0 is constant, column 1 far from zero, column 2 mostly zero. */
    private static float[] values(int rows, long seed) {
        Random random = new Random(seed);
        float[] values = new float[rows * COLUMNS];
        for (int row = 0; row < rows; row++) {
            for (int c = 0; c < COLUMNS; c++) {
                values[row * COLUMNS + c] = (float) random.nextGaussian() * (c + 1);
            }
            values[row * COLUMNS] = 0.1f;
            values[row * COLUMNS + 1] += 1e6f;
            values[row * COLUMNS + 2] *= random.nextInt(5) == 0 ? 1 : 0;
        }
        return values;
    }

    private static CsrMatrix sparse(DenseMatrix dense) {
        int[] offsets = new int[dense.rows() + 1];
        IntList columns = new IntList();
        FloatList stored = new FloatList();
        for (int row = 0; row < dense.rows(); row++) {
            for (int c = 0; c < dense.columns(); c++) {
                if (dense.get(row, c) != 0) {
                    columns.add(c);
                    stored.add(dense.get(row, c));
                }
            }
            offsets[row + 1] = stored.size();
        }
        CsrPattern pattern = new CsrPattern(dense.rows(), dense.columns(), offsets, columns.toArray());
        return new CsrMatrix(pattern, stored.toArray());
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void agreesWithTheDefinition(long seed) {
        int rows = 500;
        DenseMatrix matrix = new DenseMatrix(rows, COLUMNS, values(rows, seed));
        Normalization zscore = Normalization.fit(Kind.ZSCORE, matrix);
        Normalization minmax = Normalization.fit(Kind.MINMAX, matrix);
        for (int c = 1; c < COLUMNS; c++) {
            double mean = 0;
            double min = Double.MAX_VALUE;
            double max = -Double.MAX_VALUE;
            for (int row = 0; row < rows; row++) {
                mean += (double) matrix.get(row, c) / rows;
                min = Math.min(min, matrix.get(row, c));
                max = Math.max(max, matrix.get(row, c));
            }
            double variance = 0;
            for (int row = 0; row < rows; row++) {
                variance += Math.pow(matrix.get(row, c) - mean, 2) / rows;
            }
            assertNear(mean, zscore.offset()[c]);
            assertNear(1 / Math.sqrt(variance), zscore.scale()[c]);
            assertEquals((float) min, minmax.offset()[c]);
            assertNear(1 / (max - min), minmax.scale()[c]);
        }
    }

    private static void assertNear(double expected, float actual) {
        assertEquals(expected, actual, Math.abs(expected) * RELATIVE_TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zscore", "minmax"})
    void aConstantFeatureBecomesZero(String kind) {
        DenseMatrix matrix = new DenseMatrix(300, COLUMNS, values(300, 4));
        Normalization fitted = Normalization.fit(Kind.parse(kind), matrix);
        assertEquals(1, fitted.scale()[0]);
        assertEquals(0, fitted.apply(0, 0.1f));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zscore", "minmax"})
    void sparseIsAsDense(String kind) {
        DenseMatrix dense = new DenseMatrix(300, COLUMNS, values(300, 5));
        CsrMatrix sparse = sparse(dense);
        Normalization ofDense = Normalization.fit(Kind.parse(kind), dense);
        Normalization ofSparse = Normalization.fit(Kind.parse(kind), sparse);
        assertArrayEquals(ofDense.offset(), ofSparse.offset(), 1e-7f);
        for (int c = 0; c < COLUMNS; c++) {
            assertNear(ofDense.scale()[c], ofSparse.scale()[c]);
        }
        float[] left = new float[COLUMNS];
        float[] right = new float[COLUMNS];
        ofDense.applyRow(dense, 17, left, 0);
        ofDense.applyRow(sparse, 17, right, 0);
        assertArrayEquals(left, right);
    }

    @Test
    void bytesAreAsFloats() {
        byte[] bytes = new byte[40_000 * 3];
        new Random(6).nextBytes(bytes);
        float[] floats = new float[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            floats[i] = bytes[i] & 0xff;
        }
        Matrix byteMatrix = new ByteMatrix(40_000, 3, bytes);
        Normalization ofBytes = Normalization.fit(Kind.ZSCORE, byteMatrix);
        Normalization ofFloats = Normalization.fit(Kind.ZSCORE, new DenseMatrix(40_000, 3, floats));
        for (int c = 0; c < 3; c++) {
            assertNear(ofFloats.offset()[c], ofBytes.offset()[c]);
            assertNear(ofFloats.scale()[c], ofBytes.scale()[c]);
        }
    }

    @Test
    void unitDividesBytesBy255() {
        Normalization unit = Normalization.fit(Kind.UNIT, new ByteMatrix(1, 2, TestFiles.bytes(0, 255)));
        float[] row = new float[2];
        unit.applyRow(new ByteMatrix(1, 2, TestFiles.bytes(0, 255)), 0, row, 0);
        assertArrayEquals(new float[] {0, 1}, row);
        DenseMatrix dense = new DenseMatrix(1, 1, new float[1]);
        assertThrows(IllegalArgumentException.class, () -> Normalization.fit(Kind.UNIT, dense));
    }

    @Test
    void noneChangesNothing() {
        float[] values = values(10, 7);
        float[] row = new float[COLUMNS];
        Normalization.none(COLUMNS).applyRow(new DenseMatrix(10, COLUMNS, values), 3, row, 0);
        assertArrayEquals(Arrays.copyOfRange(values, 3 * COLUMNS, 4 * COLUMNS), row);
    }

    @Test
    void whatCannotBeFittedIsAnError() {
        DenseMatrix none = new DenseMatrix(0, 2, new float[0]);
        DenseMatrix missing = new DenseMatrix(2, 1, new float[] {1, Float.NaN});
        assertThrows(IllegalArgumentException.class, () -> Normalization.fit(Kind.ZSCORE, none));
        assertThrows(IllegalArgumentException.class, () -> Normalization.fit(Kind.ZSCORE, missing));
        assertThrows(IllegalArgumentException.class, () -> Kind.parse("z-score"));
    }
}

package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImputationTest {
    private static final float NAN = Float.NaN;

    private static Dataset dataset(Matrix features) {
        return Dataset.of(features, new int[features.rows()], List.of("a"));
    }

    @Test
    void takesTheMeanOfWhatIsThere() {
        Imputation fitted = Imputation.fit(new DenseMatrix(3, 2, new float[] {1, NAN, 4, 8, NAN, -2}));
        assertArrayEquals(new float[] {2.5f, 3}, fitted.means());
        Dataset other = dataset(new DenseMatrix(2, 2, new float[] {NAN, 7, 0, NAN}));
        DenseMatrix filled = (DenseMatrix) fitted.apply(other).features();
        assertArrayEquals(new float[] {2.5f, 7, 0, 3}, filled.values());
        assertArrayEquals(new float[] {NAN, 7, 0, NAN}, ((DenseMatrix) other.features()).values());
    }

    @Test
    void zerosOfSparseFeaturesCount() {
        CsrPattern pattern = new CsrPattern(4, 2, new int[] {0, 1, 3, 3, 4}, new int[] {0, 0, 1, 0});
        CsrMatrix sparse = new CsrMatrix(pattern, new float[] {6, NAN, 8, 3});
        Imputation fitted = Imputation.fit(sparse);
        assertArrayEquals(new float[] {3, 2}, fitted.means()); // (6 + 0 + 3) / 3 and (0 + 8 + 0 + 0) / 4
        CsrMatrix filled = (CsrMatrix) fitted.apply(dataset(sparse)).features();
        assertArrayEquals(new float[] {6, 3, 8, 3}, filled.values());
    }

    @Test
    void bytesAreNeverMissing() {
        Dataset data = dataset(new ByteMatrix(2, 2, new byte[] {1, (byte) 200, 2, 100}));
        Imputation fitted = Imputation.fit(data.features());
        assertArrayEquals(new float[] {1.5f, 150}, fitted.means());
        assertSame(data, fitted.apply(data));
    }

    @Test
    void aFeatureThatIsNeverThereHasNoMean() {
        Matrix none = new DenseMatrix(2, 2, new float[] {1, NAN, 4, NAN});
        Exception fault = assertThrows(IllegalArgumentException.class, () -> Imputation.fit(none));
        assertEquals("feature 2 is missing in every training sample, so it has no mean", fault.getMessage());
    }
}

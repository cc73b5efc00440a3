package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {
    private static Dataset small(float last, String name) {
        return Dataset.of(new DenseMatrix(2, 2, new float[] {1, 2, 3, last}), new int[] {1, 0}, List.of("a", name));
    }

    private static CsrMatrix sparse() {
        return new CsrMatrix(new CsrPattern(3, 4, new int[] {0, 2, 2, 3}, new int[] {0, 3, 1}), new float[] {1, 2, 3});
    }

    @Test
    void selectsRowsOfEveryForm() {
        Dataset dense = small(4, "b").select(new int[] {1, 1, 0});
        assertArrayEquals(new float[] {3, 4, 3, 4, 1, 2}, ((DenseMatrix) dense.features()).values());
        assertArrayEquals(new int[] {0, 0, 1}, dense.labels());
        ByteMatrix bytes = (ByteMatrix) Rows.select(new ByteMatrix(2, 1, TestFiles.bytes(7, 200)), new int[] {1});
        assertArrayEquals(TestFiles.bytes(200), bytes.values());
        CsrMatrix rows = (CsrMatrix) Rows.select(sparse(), new int[] {2, 1, 0});
        assertArrayEquals(new int[] {0, 1, 1, 3}, rows.pattern().rowOffsets());
        assertArrayEquals(new int[] {1, 0, 3}, rows.pattern().columnIndices());
        assertArrayEquals(new float[] {3, 1, 2}, rows.values());
    }

    @Test
    void countsNoMoreValuesThanAnArrayHolds() {
        assertEquals(12, new Dataset(sparse(), Labels.NONE, List.of(), "memory", null).valueCount());
        CsrMatrix empty = new CsrMatrix(CsrPattern.empty(100_000, 100_000), new float[0]);
        Dataset wide = new Dataset(empty, Labels.NONE, List.of(), "memory", null);
        IllegalArgumentException fault = assertThrows(IllegalArgumentException.class, wide::valueCount);
        assertEquals("a data set may hold at most 2147483639 values but needs 10000000000", fault.getMessage());
        Normalization none = Normalization.none(100_000);
        assertThrows(IllegalArgumentException.class, () -> Binarization.SAMPLE.apply(wide, none, 1, 0));
    }

    @Test
    void concatUnitesClasses() {
        Dataset joined = Dataset.concat(List.of(small(4, "c"), small(5, "b")));
        assertEquals(List.of("a", "b", "c"), joined.classes());
        assertArrayEquals(new int[] {2, 0, 1, 0}, joined.labels());
        assertArrayEquals(new float[] {1, 2, 3, 4, 1, 2, 3, 5}, ((DenseMatrix) joined.features()).values());
    }

    @Test
    void classesAreMappedToThoseOfTraining() {
        Dataset mapped = small(4, "b").withClasses(List.of("b", "x", "a"), Path.of("test.csv"));
        assertArrayEquals(new int[] {0, 2}, mapped.labels());
        MalformedDataException fault = assertThrows(
                MalformedDataException.class, () -> small(4, "b").withClasses(List.of("a"), Path.of("test.csv")));
        assertTrue(String.valueOf(fault.getMessage()).startsWith("test.csv: label 'b'"), fault.getMessage());
    }

    @Test
    void theFingerprintTellsContentsApart() {
        String fingerprint = small(4, "b").fingerprint();
        assertEquals(fingerprint, small(4, "b").fingerprint());
        assertNotEquals(fingerprint, small(5, "b").fingerprint());
        assertNotEquals(fingerprint, small(4, "c").fingerprint());
        assertNotEquals(fingerprint, small(4, "b").select(new int[] {1, 0}).fingerprint());
    }

    @Test
    void shapesMustAgree() {
        DenseMatrix matrix = new DenseMatrix(2, 1, new float[2]);
        assertThrows(IllegalArgumentException.class, () -> Dataset.of(matrix, new int[1], List.of("a")));
        assertThrows(IllegalArgumentException.class, () -> Dataset.of(matrix, new int[] {0, 1}, List.of("a")));
        assertThrows(IllegalArgumentException.class, () -> Dataset.concat(List.of()));
    }

    @Test
    void describesWhatAFileHolds(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.csv", "1,-2,b\n?,8.5,b\n0,1,a\n");
        Map<String, Object> map = DatasetDescription.of(LoadRequest.of(file)).toMap();
        assertEquals(
                "{rows=3, features=2, classes=[a, b], label_counts={a=1, b=2}, imbalance=2.0, min=-2.0, max=8.5, "
                        + "missing=1, sparse=false, format=csv, "
                        + "sha256=6d7856a87bd89f821d10ca7d95b259f491386a3b2dd5b2f2f5b4efbc17e9f22a}",
                map.toString());
    }

    @Test
    void sparseZerosCountInTheRange() {
        Dataset data = Dataset.of(sparse(), new int[] {0, 0, 0}, List.of("a"));
        DatasetDescription description = DatasetDescription.of(data, List.of("x", "y"));
        assertEquals(0, description.min());
        assertEquals(3, description.max());
        assertTrue(description.sparse());
        assertEquals(List.of("x", "y"), description.toMap().get("sha256"));
    }
}

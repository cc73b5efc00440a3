package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.matrix.DenseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DelimitedReaderTest {
    private static final float[] VALUES = {1, -2.5f, 3, 4e-3f};

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1,-2.5,cat\n3,4e-3,dog\n",
                "1,-2.5,cat\r\n3,4e-3,dog",
                "1\t-2.5\tcat\n3\t4e-3\tdog\n",
                "1;-2.5;cat\n3;4e-3;dog\n",
                "\"1\",-2.5,\"cat\"\n\"3\",4e-3,dog\n",
                " 1 , -2.5 , cat\n\n3,4e-3,dog\n\n",
                "\uFEFF1,-2.5,cat\n3,4e-3,dog\n",
                "a,b,kind\n1,-2.5,cat\n3,4e-3,dog\n",
                "a;\"b;c\";kind\n+1;-2.50;cat\n3;.004;dog\n"
            })
    void readsEveryDialect(String text, @TempDir Path directory) throws IOException {
        Dataset data = Datasets.load(LoadRequest.of(TestFiles.write(directory, "t.csv", text)));
        assertArrayEquals(VALUES, ((DenseMatrix) data.features()).values());
        assertEquals(List.of("cat", "dog"), data.classes());
        assertArrayEquals(new int[] {0, 1}, data.labels());
    }

    @Test
    void keepsTheNamesOfAHeader(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.csv", "a,\"b, c\",kind\n1,2,x\n");
        assertEquals(List.of("a", "b, c"), Datasets.load(LoadRequest.of(file)).featureNames());
    }

    @ParameterizedTest
    @ValueSource(strings = {"kind", "0", "-3"})
    void takesTheLabelColumn(String label, @TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.csv", "kind,a,b\n7,1,2\n-7,3,4\n");
        Dataset data = Datasets.load(LoadRequest.of(file).withLabel(label));
        assertArrayEquals(new float[] {1, 2, 3, 4}, ((DenseMatrix) data.features()).values());
        assertEquals(List.of("-7", "7"), data.classes());
        assertEquals(List.of("a", "b"), data.featureNames());
    }

    @Test
    void aTableMayHaveNoLabels(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.data", "0,1\n1,0\n1,1\n");
        Dataset data = Datasets.load(LoadRequest.of(file).withLabel(LoadRequest.NO_LABEL));
        assertFalse(data.hasLabels());
        assertEquals(2, data.featureCount());
    }

    @Test
    void aHeaderOfNumbersIsReadWhenAskedFor(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.csv", "0,1,2\n5,6,1\n");
        assertEquals(2, Datasets.load(LoadRequest.of(file)).rows());
        Dataset data = Datasets.load(LoadRequest.of(file).withHeader(LoadRequest.Header.YES));
        assertEquals(1, data.rows());
        assertEquals(List.of("0", "1"), data.featureNames());
    }

    @Test
    void classNamesInTheFirstRowAreTaken(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.csv", "3,2,setosa,versicolor\n1,2,1\n3,4,0\n5,6,1\n");
        Dataset data = Datasets.load(LoadRequest.of(file));
        assertEquals(3, data.rows());
        assertEquals(List.of("setosa", "versicolor"), data.classes());
        assertArrayEquals(new int[] {1, 0, 1}, data.labels());
    }

    @Test
    void integersInAnyFormAreOneClass(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.csv", "1,10\n1,+2\n1,2.0\n1,1.0000e+01\n1,-0\n");
        Dataset data = Datasets.load(LoadRequest.of(file));
        assertEquals(List.of("0", "2", "10"), data.classes());
        assertArrayEquals(new int[] {2, 1, 1, 2, 0}, data.labels());
    }

    @Test
    void missingValuesAreReadWhenAllowed(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "t.csv", "1,?,a\n,2,b\n");
        Dataset data = Datasets.load(LoadRequest.of(file).withMissingAllowed());
        float[] values = ((DenseMatrix) data.features()).values();
        assertTrue(Float.isNaN(values[1]) && Float.isNaN(values[2]));
    }

    @Test
    void joinsFiles(@TempDir Path directory) throws IOException {
        Path first = TestFiles.write(directory, "a.csv", "1,2,x\n");
        Path second = TestFiles.write(directory, "b.csv.gz", TestFiles.gzip(TestFiles.text("3,4,w\n")));
        Dataset data = Datasets.load(LoadRequest.of(first, second));
        assertEquals(List.of("w", "x"), data.classes());
        assertArrayEquals(new int[] {1, 0}, data.labels());
    }

    @Test
    void theEmbeddedDigitsAreThere() {
        Dataset digits = Datasets.digits();
        assertEquals(1797, digits.rows());
        assertEquals(64, digits.featureCount());
        assertEquals(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), digits.classes());
        assertEquals(new ImageShape(1, 8, 8), digits.imageShape());
    }
}

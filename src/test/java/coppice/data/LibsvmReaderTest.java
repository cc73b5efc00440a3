package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import coppice.matrix.CsrMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibsvmReaderTest {
    @Test
    void readsRowsWithAndWithoutFeatures(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "a", "-1 1:0.5 3:2 # first\n+1 \n\n-1 2:1e1 4:0\n");
        Dataset data = Datasets.load(LoadRequest.of(file));
        CsrMatrix features = (CsrMatrix) data.features();
        assertEquals(4, data.featureCount());
        assertArrayEquals(new int[] {0, 2, 2, 3}, features.pattern().rowOffsets());
        assertArrayEquals(new int[] {0, 2, 1}, features.pattern().columnIndices());
        assertArrayEquals(new float[] {0.5f, 2, 10}, features.values());
        assertEquals(List.of("-1", "1"), data.classes());
        assertArrayEquals(new int[] {0, 1, 0}, data.labels());
        assertEquals("libsvm", data.format());
    }

    @Test
    void countsFromZeroOnlyWhereZeroOccurs(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "a.libsvm", "1 1:5\n2 0:6 2:7\n");
        Dataset data = Datasets.load(LoadRequest.of(file));
        assertEquals(3, data.featureCount());
        assertArrayEquals(
                new int[] {1, 0, 2}, ((CsrMatrix) data.features()).pattern().columnIndices());
        Path test = TestFiles.write(directory, "b.libsvm", "1 1:5\n");
        Dataset aligned = Datasets.load(LoadRequest.of(test).alignedWith(data));
        assertArrayEquals(
                new int[] {1}, ((CsrMatrix) aligned.features()).pattern().columnIndices());
    }

    @Test
    void aTestSetTakesTheWidthOfTheTrainingSet(@TempDir Path directory) throws IOException {
        Path train = TestFiles.write(directory, "a", "1 1:1 5:1\n2 2:1\n");
        Path narrow = TestFiles.write(directory, "b", "1 1:1\n");
        Path wide = TestFiles.write(directory, "c", "1 6:1\n");
        Dataset training = Datasets.load(LoadRequest.of(train));
        assertEquals(
                5, Datasets.load(LoadRequest.of(narrow).alignedWith(training)).featureCount());
        MalformedDataException fault = assertThrows(
                MalformedDataException.class,
                () -> Datasets.load(LoadRequest.of(wide).alignedWith(training)));
        assertTrue(String.valueOf(fault.getMessage()).startsWith(wide + ":1: "), fault.getMessage());
    }

    @Test
    void isAsWideAsMemoryAllows(@TempDir Path directory) throws IOException {
        int most = Capacity.features();
        Path widest = TestFiles.write(directory, "a", "1 1:1 " + most + ":1\n2 2:1\n");
        assertEquals(most, Datasets.load(LoadRequest.of(widest)).featureCount());
        Path wider = TestFiles.write(directory, "b", "1 1:1\n2 " + (most + 1) + ":1\n");
        MalformedDataException fault =
                assertThrows(MalformedDataException.class, () -> Datasets.load(LoadRequest.of(wider)));
        assertTrue(
                String.valueOf(fault.getMessage())
                        .startsWith(wider + ":2: feature index " + (most + 1) + ": at most " + most),
                fault.getMessage());
    }

    @Test
    void namesTheLineOfTheIndexThatDoesNotFit(@TempDir Path directory) throws IOException {
        Path train = TestFiles.write(directory, "a", "1 0:1 4:1\n2 2:1\n");
        Path wide = TestFiles.write(directory, "b", "1 0:1\n2 5:1\n1 1:1\n");
        Dataset training = Datasets.load(LoadRequest.of(train));
        for (long index : new long[] {5, 6, 2147483647L, 99999999999L}) {
            TestFiles.write(directory, "b", "1 0:1\n2 " + index + ":1\n1 1:1\n");
            MalformedDataException fault = assertThrows(
                    MalformedDataException.class,
                    () -> Datasets.load(LoadRequest.of(wide).alignedWith(training)));
            assertTrue(
                    String.valueOf(fault.getMessage()).startsWith(wide + ":2: feature index " + index + " but 5 "),
                    fault.getMessage());
        }
    }

    @Test
    void joinsFilesAtTheLargestIndex(@TempDir Path directory) throws IOException {
        Path first = TestFiles.write(directory, "a.svm", "1 2:1\n");
        Path second = TestFiles.write(directory, "b.svm", "1 60000:1\n");
        Dataset data = Datasets.load(LoadRequest.of(first, second));
        assertEquals(60000, data.featureCount());
        assertEquals(2, data.rows());
    }
}

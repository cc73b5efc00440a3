package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.matrix.ByteMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarReaderTest {
    @Test
    void joinsBatches(@TempDir Path directory) throws IOException {
        byte[] two = TestFiles.join(TestFiles.cifarRecord(9), TestFiles.cifarRecord(0));
        Path first = TestFiles.write(directory, "data_batch_1.bin", two);
        Path second = TestFiles.write(directory, "data_batch_2.bin.gz", TestFiles.gzip(TestFiles.cifarRecord(4)));
        Dataset data = Datasets.load(LoadRequest.of(first, second));
        assertEquals(3, data.rows());
        assertEquals(List.of("0", "4", "9"), data.classes());
        assertArrayEquals(new int[] {2, 0, 1}, data.labels());
        byte[] values = ((ByteMatrix) data.features()).values();
        assertEquals(9, values[0]);
        assertEquals(0, values[3072]);
        assertEquals((byte) (4 + 3071), values[3 * 3072 - 1]);
        assertEquals(new ImageShape(3, 32, 32), data.imageShape());
        assertEquals("cifar10", data.format());
    }

    @Test
    void takesTheFineLabelOfCifar100(@TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "train.bin", TestFiles.cifarRecord(19, 99));
        Dataset data = Datasets.load(LoadRequest.of(file));
        assertEquals(List.of("99"), data.classes());
        assertEquals("cifar100", data.format());
        assertEquals(19, ((ByteMatrix) data.features()).values()[0]);
    }
}

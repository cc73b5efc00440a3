package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import coppice.matrix.ByteMatrix;
import coppice.matrix.DenseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxReaderTest {
    @Test
    void readsBytesAndLabels(@TempDir Path directory) throws IOException {
        Path images = TestFiles.write(directory, "images", TestFiles.idxImages());
        Path labels = TestFiles.write(directory, "labels", TestFiles.idxLabels(7, 3));
        Dataset data = Datasets.load(LoadRequest.of(images, labels));
        ByteMatrix features = assertInstanceOf(ByteMatrix.class, data.features());
        assertArrayEquals(TestFiles.bytes(0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 128), features.values());
        assertEquals(2, data.rows());
        assertEquals(6, data.featureCount());
        assertEquals(List.of("3", "7"), data.classes());
        assertArrayEquals(new int[] {1, 0}, data.labels());
        assertEquals(new ImageShape(1, 2, 3), data.imageShape());
        assertEquals("idx", data.format());
    }

    @Test
    void gzipIsToldByContentAndChangesNothing(@TempDir Path directory) throws IOException {
        Path plain = TestFiles.write(directory, "images", TestFiles.idxImages());
        Path packed = TestFiles.write(directory, "packed", TestFiles.gzip(TestFiles.idxImages()));
        Path named = TestFiles.write(directory, "plain.gz", TestFiles.idxImages());
        String fingerprint = Datasets.load(LoadRequest.of(plain)).fingerprint();
        assertEquals(fingerprint, Datasets.load(LoadRequest.of(packed)).fingerprint());
        assertEquals(fingerprint, Datasets.load(LoadRequest.of(named)).fingerprint());
    }

    @Test
    void imagesAloneAreUnlabelled(@TempDir Path directory) throws IOException {
        Path images = TestFiles.write(directory, "images", TestFiles.idxImages());
        Dataset data = Datasets.load(LoadRequest.of(images));
        assertFalse(data.hasLabels());
        assertEquals(List.of(), data.classes());
    }

    @Test
    void readsFloats(@TempDir Path directory) throws IOException {
        byte[] values = TestFiles.bigEndianFloats(1.5f, -2, 0.1f, 3e38f);
        Path images = TestFiles.write(directory, "images", TestFiles.idx(0x0D, new int[] {2, 2}, values));
        Path labels = TestFiles.write(
                directory, "labels", TestFiles.idx(0x0D, new int[] {2}, TestFiles.bigEndianFloats(-1, 1)));
        Dataset data = Datasets.load(LoadRequest.of(images, labels));
        DenseMatrix features = assertInstanceOf(DenseMatrix.class, data.features());
        assertArrayEquals(new float[] {1.5f, -2, 0.1f, 3e38f}, features.values());
        assertEquals(List.of("-1", "1"), data.classes());
    }

    @Test
    void readsOtherIntegers(@TempDir Path directory) throws IOException {
        Path signed = TestFiles.write(directory, "a", TestFiles.idx(0x09, new int[] {1, 2}, TestFiles.bytes(255, 1)));
        Path shorts =
                TestFiles.write(directory, "b", TestFiles.idx(0x0B, new int[] {1, 2}, TestFiles.bytes(1, 0, 255, 254)));
        assertArrayEquals(new float[] {-1, 1}, values(signed));
        assertArrayEquals(new float[] {256, -2}, values(shorts));
    }

    private static float[] values(Path path) {
        return ((DenseMatrix) Datasets.load(LoadRequest.of(path)).features()).values();
    }
}

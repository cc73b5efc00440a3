package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.MatlabType;

class MatReaderTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsFeaturesAndLabels(boolean compressed, @TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, "a.mat", TestFiles.mat(TestFiles.smallMat(), compressed));
        Dataset data = Datasets.load(LoadRequest.of(file));
        assertArrayEquals(new float[] {1, 2, 3.5f, -4, 0, 6}, ((DenseMatrix) data.features()).values());
        assertEquals(List.of("1", "2"), data.classes());
        assertArrayEquals(new int[] {0, 1, 0}, data.labels());
        assertEquals("mat", data.format());
    }

    @ParameterizedTest
    @EnumSource(
            value = MatlabType.class,
            names = {"Double", "Single", "Int8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64"})
    void readsEveryNumericType(MatlabType type, @TempDir Path directory) throws IOException {
        MatFile file = Mat5.newMatFile()
                .addArray("fea", TestFiles.matrix(type, new double[][] {{1, 2, 3}, {4, 5, 100}}))
                .addArray("gnd", TestFiles.matrix(type, new double[][] {{3, 1}}));
        Dataset data = Datasets.load(LoadRequest.of(TestFiles.write(directory, "a.mat", TestFiles.mat(file))));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 100}, ((DenseMatrix) data.features()).values());
        assertArrayEquals(new int[] {1, 0}, data.labels());
    }

    @Test
    void bytesStayBytes(@TempDir Path directory) throws IOException {
        MatFile file = Mat5.newMatFile().addArray("X", TestFiles.matrix(MatlabType.UInt8, new double[][] {
            {0, 255}, {128, 1}
        }));
        Path path = TestFiles.write(directory, "a.mat", TestFiles.mat(file));
        Dataset data = Datasets.load(LoadRequest.of(path).withVariables(List.of("X")));
        ByteMatrix features = assertInstanceOf(ByteMatrix.class, data.features());
        assertArrayEquals(TestFiles.bytes(0, 255, 128, 1), features.values());
        assertFalse(data.hasLabels());
    }

    @Test
    void readsTheParts(@TempDir Path directory) throws IOException {
        MatFile file = Mat5.newMatFile();
        int value = 1;
        for (String part : List.of("train", "val", "test")) {
            file.addArray(part + "_data", TestFiles.matrix(MatlabType.Double, new double[][] {{value, 0}, {0, value}}));
            file.addArray(part + "_labels", TestFiles.matrix(MatlabType.Double, new double[][] {
                {5}, {value == 3 ? 5 : 9}
            }));
            value++;
        }
        Path path = TestFiles.write(directory, "a.mat", TestFiles.mat(file));
        Datasets.Parts parts = Datasets.loadParts(LoadRequest.of(path));
        Dataset test = assertNotNullAnd(parts.test());
        assertEquals(2, assertNotNullAnd(parts.validation()).rows());
        assertArrayEquals(new float[] {3, 0, 0, 3}, ((DenseMatrix) test.features()).values());
        assertEquals(List.of("5", "9"), test.classes());
        assertArrayEquals(new int[] {0, 0}, test.labels());
    }

    private static Dataset assertNotNullAnd(@org.jspecify.annotations.Nullable Dataset data) {
        assertNotNull(data);
        return java.util.Objects.requireNonNull(data);
    }

    @Test
    void readsSparseMatrices(@TempDir Path directory) throws IOException {
        byte[] file = TestFiles.join(TestFiles.head(TestFiles.mat(TestFiles.smallMat()), 128), sparseX(), labelsY());
        Dataset data = Datasets.load(LoadRequest.of(TestFiles.write(directory, "a.mat", file)));
        CsrMatrix features = assertInstanceOf(CsrMatrix.class, data.features());
        assertArrayEquals(new int[] {0, 2, 2, 3}, features.pattern().rowOffsets());
        assertArrayEquals(new int[] {0, 3, 1}, features.pattern().columnIndices());
        assertArrayEquals(new float[] {1.5f, 3.5f, 2.5f}, features.values());
    }

    /** The 3 x 4 sparse matrix with (0,0) = 1.5, (2,1) = 2.5 and (0,3) = 3.5, as MATLAB stores it. */
    static byte[] sparseX() {
        ByteBuffer element = ByteBuffer.allocate(8 + 16 + 16 + 8 + 24 + 32 + 32).order(ByteOrder.LITTLE_ENDIAN);
        element.putInt(14).putInt(element.capacity() - 8);
        element.putInt(6).putInt(8).putInt(5).putInt(3);
        element.putInt(5).putInt(8).putInt(3).putInt(4);
        element.putInt(1 << 16 | 1).put((byte) 'X').put(new byte[3]);
        element.putInt(5).putInt(12).putInt(0).putInt(2).putInt(0).putInt(0);
        element.putInt(5)
                .putInt(20)
                .putInt(0)
                .putInt(1)
                .putInt(2)
                .putInt(2)
                .putInt(3)
                .putInt(0);
        element.putInt(9).putInt(24).putDouble(1.5).putDouble(2.5).putDouble(3.5);
        return element.array();
    }

    private static byte[] labelsY() throws IOException {
        MatFile file =
                Mat5.newMatFile().addArray("Y", TestFiles.matrix(MatlabType.Double, new double[][] {{1}, {2}, {1}}));
        byte[] bytes = TestFiles.mat(file);
        return java.util.Arrays.copyOfRange(bytes, 128, bytes.length);
    }
}

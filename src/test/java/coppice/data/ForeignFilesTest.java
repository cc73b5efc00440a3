package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files written by NumPy, SciPy, scikit-learn, h5py and Weka: see src/test/resources/data/README.md. */
class ForeignFilesTest {
    private static final int ROWS = 5;
    private static final int COLUMNS = 6;
    private static final List<String> CLASSES = List.of("-1", "7", "100");
    private static final int[] LABELS = {0, 1, 2, 0, 1};

    private static Path fixture(String name) {
        return Path.of("src/test/resources/data", name);
    }

    private static Dataset load(String name, String... variables) {
        return Datasets.load(LoadRequest.of(fixture(name)).withVariables(List.of(variables)));
    }

    private static int whole(int row, int column) {
        return (7 * row + 3 * column) % 11;
    }

    private static float real(int row, int column) {
        return whole(row, column) - 4 + column / 4f;
    }

    /** Each feature of a matrix in whatever form, row by row. */
    static float[] values(Matrix matrix) {
        float[] all = new float[matrix.rows() * matrix.columns()];
        Normalization none = Normalization.none(matrix.columns());
        for (int row = 0; row < matrix.rows(); row++) {
            none.applyRow(matrix, row, all, row * matrix.columns());
        }
        return all;
    }

    private static void requireReal(Matrix matrix, int rows) {
        assertEquals(rows, matrix.rows());
        float[] values = values(matrix);
        for (int k = 0; k < rows * COLUMNS; k++) {
            assertEquals(real(k / COLUMNS, k % COLUMNS), values[k], "element " + k);
        }
    }

    private static void requireWhole(Dataset data, int rows) {
        requireReal(data.features(), rows);
        assertEquals(CLASSES, data.classes());
        assertArrayEquals(Arrays.copyOf(LABELS, rows), data.labels());
    }

    private static Dataset present(@Nullable Dataset data) {
        return Objects.requireNonNull(data);
    }

    static Stream<String> types() {
        Stream<String> both = Stream.of("u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8")
                .flatMap(type -> Stream.of("little_" + type, "big_" + type));
        return Stream.concat(Stream.of("b1", "u1", "i1"), both);
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyTypeInBothOrders(String type) {
        for (Dataset data :
                List.of(load("types.npz", type + "_c"), load("types.npz", type + "_f"), load("types.h5", type))) {
            boolean bytes =
                    type.equals("u1") || (type.equals("b1") && data.format().equals("npz"));
            assertEquals(
                    bytes ? ByteMatrix.class : DenseMatrix.class,
                    data.features().getClass());
            float[] values = values(data.features());
            for (int k = 0; k < ROWS * COLUMNS; k++) {
                int row = k / COLUMNS;
                int column = k % COLUMNS;
                float expected = switch (type.charAt(type.length() - 2)) {
                    case 'b' -> whole(row, column) % 2;
                    case 'u' -> whole(row, column);
                    case 'i' -> whole(row, column) - 4;
                    default -> real(row, column);
                };
                assertEquals(expected, values[k], data.format() + " element " + k);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "positional.npz", "scipy.mat", "blanks.txt", "commas.csv"})
    void featuresAndLabelsOfOneFile(String name) {
        LoadRequest request = LoadRequest.of(fixture(name));
        requireWhole(Datasets.load(name.equals("blanks.txt") ? request.withLabel("0") : request), ROWS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"features.npy", "version2.npy", "version3.npy", "fortran.npy.gz"})
    void anNpyFileAndItsLabels(String name) {
        assertFalse(load(name).hasLabels());
        requireWhole(Datasets.load(LoadRequest.of(fixture(name), fixture("labels.npy"))), ROWS);
        requireWhole(Datasets.load(LoadRequest.of(fixture(name), fixture("column.npy"))), ROWS);
    }

    @Test
    void aDividedNpzFile() {
        Datasets.Parts parts = Datasets.loadParts(LoadRequest.of(fixture("keras.npz")));
        assertEquals(5, parts.train().rows());
        assertEquals(List.of("7", "100", "255"), parts.train().classes()); // -1 as a byte
        Dataset test = present(parts.test());
        assertEquals(2, test.rows());
        assertNull(parts.validation());
    }

    @Test
    void aTestPartMayBeNamed() {
        LoadRequest request =
                LoadRequest.of(fixture("keras.npz")).withVariables(List.of("x_train", "y_train", "x_train", "y_train"));
        assertEquals(5, present(Datasets.loadParts(request).test()).rows());
    }

    @Test
    void anUnlabelledDividedNpzFile() {
        Datasets.Parts parts = Datasets.loadParts(LoadRequest.of(fixture("unlabelled.npz")));
        requireReal(parts.train().features(), 5);
        requireReal(present(parts.validation()).features(), 3);
        requireReal(present(parts.test()).features(), 2);
        assertFalse(parts.train().hasLabels());
    }

    @Test
    void labelsThatAreText() {
        for (String labels : List.of("labels", "bytes", "big")) {
            requireTrees(load("text.npz", "data", labels));
        }
        requireTrees(load("text.h5"));
        requireTrees(load("text.h5", "/data", "fixed"));
    }

    private static void requireTrees(Dataset data) {
        assertEquals(List.of("erle", "oak", "pollard hazel"), data.classes());
        assertArrayEquals(new int[] {1, 2, 0, 1, 0}, data.labels());
    }

    @Test
    void imagesBecomeChannelByChannel() {
        for (Dataset data : List.of(load("images.npy"), load("images.h5"))) {
            assertEquals(new ImageShape(3, 5, 6), data.imageShape());
            float[] values = values(data.features());
            for (int k = 0; k < values.length; k++) { // ((image * 3 + channel) * 5 + y) * 6 + x
                int x = k % 6;
                int y = k / 6 % 5;
                int channel = k / 30 % 3;
                assertEquals(((k / 90 * 5 + y) * 6 + x) * 3 + channel, values[k]);
            }
        }
        Dataset planes = load("planes.npy");
        assertEquals(new ImageShape(3, 5, 6), planes.imageShape());
        float[] values = values(planes.features());
        for (int k = 0; k < values.length; k++) {
            assertEquals(k, values[k]);
        }
    }

    private static void requireThirds(Matrix matrix) {
        assertInstanceOf(CsrMatrix.class, matrix);
        float[] values = values(matrix);
        for (int k = 0; k < ROWS * COLUMNS; k++) {
            boolean kept = whole(k / COLUMNS, k % COLUMNS) % 3 == 0;
            assertEquals(kept ? real(k / COLUMNS, k % COLUMNS) : 0, values[k]);
        }
    }

    @Test
    void sparseMatrices() {
        requireThirds(load("csr.npz").features());
        Dataset labelled = Datasets.load(LoadRequest.of(fixture("csr.npz"), fixture("labels.npy")));
        assertArrayEquals(LABELS, labelled.labels());
        Dataset mat = load("sparse.mat");
        requireThirds(mat.features());
        assertEquals(CLASSES, mat.classes());
        Matrix sorted = load("unsorted.npz").features();
        assertArrayEquals(new float[] {0, -2, 0, 0, 1.5f, 0, 0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0, 0}, values(sorted));
        for (String name : List.of("zero.svmlight", "one.svmlight")) {
            Dataset data = Datasets.load(LoadRequest.of(fixture(name)).withWidth(COLUMNS));
            requireThirds(data.features());
            assertArrayEquals(LABELS, data.labels());
        }
    }

    @Test
    void hdf5Groups() {
        Datasets.Parts parts = Datasets.loadParts(LoadRequest.of(fixture("groups.h5")));
        requireWhole(parts.train(), ROWS);
        requireReal(present(parts.test()).features(), 2);
        assertEquals(CLASSES, present(parts.test()).classes());
        requireWhole(load("groups.h5", "train/data", "train/target"), ROWS);
        requireWhole(load("many.h5"), ROWS);
        requireReal(load("links.h5").features(), ROWS);
        requireReal(load("compact.h5").features(), ROWS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "shuffle", "lzf", "fletcher32", "plain"})
    void hdf5Chunks(String filter) {
        for (String version : List.of("earliest", "latest")) {
            Dataset data = load(filter + "-" + version + ".h5");
            assertEquals(3 * ROWS, data.rows());
            float[] values = values(data.features());
            for (int k = 0; k < values.length; k++) {
                assertEquals(real(k / (2 * COLUMNS) % ROWS, k % COLUMNS), values[k], version + " element " + k);
            }
            for (int i = 0; i < data.rows(); i++) {
                assertEquals(LABELS[i % ROWS], data.labels()[i]);
            }
        }
    }

    @Test
    void hdf5ChunksThatWereNotWorthDeflating() {
        for (String name : List.of("X", "wide")) {
            assertArrayEquals(
                    values(load("incompressible.npz", name).features()),
                    values(load("incompressible.h5", name).features()));
        }
    }

    @Test
    void hdf5ChunkIndices() {
        for (String name : List.of("X", "two", "one")) {
            requireWhole(load("growing.h5", name, "y"), ROWS);
        }
    }

    @Test
    void missingNumbersAreReadWhenAllowed() {
        Path file = fixture("missing.npz");
        float[] values =
                values(Datasets.load(LoadRequest.of(file).withMissingAllowed()).features());
        assertTrue(Float.isNaN(values[COLUMNS + 2]));
        assertEquals(real(1, 3), values[COLUMNS + 3]);
        requireFault(LoadRequest.of(file), "array 'X' at sample 2, feature 3: the value is missing");
    }

    @Test
    void numbersToPredict() {
        Dataset data = Datasets.load(LoadRequest.of(fixture("targets.npz")).withRegression(true));
        for (int i = 0; i < ROWS; i++) {
            assertEquals(real(i, 0) * 0.5f + 0.125f, data.targets()[i]);
        }
        requireFault(LoadRequest.of(fixture("targets.npz")), "is not an integer");
    }

    @Test
    void wekasRows() {
        List<String> names = List.of(
                "height",
                "leaf length",
                "shape=oval",
                "shape=lobed 'deep'",
                "shape=needle, long",
                "evergreen",
                "rings",
                "one");
        float[] expected = values(
                Datasets.load(LoadRequest.of(fixture("weka-features.csv")).withHeader(LoadRequest.Header.NO))
                        .features());
        for (String name : List.of("plants.arff", "weka-dense.arff", "weka-sparse.arff")) {
            Dataset data = load(name);
            assertEquals(names, data.featureNames());
            assertArrayEquals(expected, values(data.features()), name);
            assertEquals(List.of("oak", "silver fir", "yew"), data.classes());
            assertArrayEquals(new int[] {0, 1, 2, 0, 1, 0}, data.labels());
            assertEquals(name.equals("weka-sparse.arff"), data.features() instanceof CsrMatrix);
        }
    }

    /** Its bytes do not bear out how wide a sparse matrix says that it is. */
    @Test
    void aSparseMatrixIsNoWiderThanMemoryAllows(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("wide.npz");
        for (int columns : new int[] {Capacity.features(), Integer.MAX_VALUE}) {
            try (ZipFile good = new ZipFile(fixture("csr.npz").toFile());
                    ZipOutputStream wide = new ZipOutputStream(Files.newOutputStream(file))) {
                for (ZipEntry entry : Collections.list(good.entries())) {
                    wide.putNextEntry(new ZipEntry(entry.getName()));
                    byte[] shape = ByteBuffer.allocate(16)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(load("csr.npz").rows())
                            .putLong(columns)
                            .array();
                    wide.write(
                            entry.getName().equals("shape.npy")
                                    ? TestFiles.npy("'<i8'", "False", "(2,)", shape)
                                    : good.getInputStream(entry).readAllBytes());
                }
            }
            if (columns == Capacity.features()) {
                assertEquals(columns, Datasets.load(LoadRequest.of(file)).featureCount());
            } else {
                requireFault(LoadRequest.of(file), "has 2147483647 columns, but at most " + Capacity.features());
            }
        }
    }

    @Test
    void whatIsNotRead() {
        requireFault(LoadRequest.of(fixture("csc.npz")), "is in the form 'csc'; expected 'csr'");
        requireFault(LoadRequest.of(fixture("objects.npz")), "array 'y' holds Python objects");
        requireFault(LoadRequest.of(fixture("labels.npy")), "is 5; expected samples along the first axis");
        requireFault(LoadRequest.of(fixture("unwritten.h5")).withVariables(List.of("X")), "has never been written");
        requireFault(LoadRequest.of(fixture("unwritten.h5")).withVariables(List.of("chunks")), "never been written");
        requireFault(LoadRequest.of(fixture("types.npz")), "has no features and labels under their usual names");
    }

    private static void requireFault(LoadRequest request, String reason) {
        MalformedDataException fault = assertThrows(MalformedDataException.class, () -> Datasets.load(request));
        assertTrue(String.valueOf(fault.getMessage()).contains(reason), fault.getMessage());
    }
}

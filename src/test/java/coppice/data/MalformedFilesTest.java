package coppice.data;

import static coppice.data.TestFiles.bigEndianFloats;
import static coppice.data.TestFiles.bytes;
import static coppice.data.TestFiles.cifarRecord;
import static coppice.data.TestFiles.gzip;
import static coppice.data.TestFiles.head;
import static coppice.data.TestFiles.idx;
import static coppice.data.TestFiles.idxImages;
import static coppice.data.TestFiles.idxLabels;
import static coppice.data.TestFiles.join;
import static coppice.data.TestFiles.mat;
import static coppice.data.TestFiles.matrix;
import static coppice.data.TestFiles.smallMat;
import static coppice.data.TestFiles.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatlabType;

class MalformedFilesTest {
    /** A broken file, the place the message must name after the path, and words it must contain. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Case(String name, byte[] content, String where, String reason) {
        @Override
        public String toString() {
            return name + " (" + reason + ")";
        }
    }

    private static final float NAN = Float.NaN;

    static Stream<Case> idxCases() throws IOException {
        byte[] packed = gzip(idxImages());
        byte[] badChecksum = packed.clone();
        badChecksum[packed.length - 8] ^= 1;
        return Stream.of(
                new Case("empty", new byte[0], "", "is empty"),
                new Case("empty.gz", gzip(new byte[0]), "", "is empty"),
                new Case("short-header", head(idxImages(), 10), "at byte 8", "dimension 2"),
                new Case("truncated", head(idxImages(), 27), "at byte 16", "expected 12 bytes of values"),
                new Case("trailing", join(idxImages(), bytes(1)), "at byte 28", "expected the end"),
                new Case("lying", idx(8, new int[] {60000, 28, 28}, bytes(1)), "at byte 16", "only 1 are left"),
                new Case(
                        "lying.gz",
                        gzip(idx(8, new int[] {60000, 28, 28}, bytes(1))),
                        "at byte 17",
                        "data end after 1"),
                new Case("huge", idx(8, new int[] {0x7fffffff, 0x7fffffff}, bytes(1)), "at byte 8", "supported"),
                new Case("huge-floats", idx(13, new int[] {1, 0x7ffffff0}, bytes(1)), "at byte 12", "left"),
                new Case("negative", idx(8, new int[] {-1, 2}, bytes(1)), "at byte 8", "must be positive"),
                new Case("zero-rows", idx(8, new int[] {0, 2}, bytes()), "at byte 8", "must be positive"),
                new Case("labels-first", idxLabels(1, 2), "at byte 3", "1 dimension"),
                new Case("nan", idx(13, new int[] {1, 2}, bigEndianFloats(0, NAN)), "at byte 16", "value is missing"),
                new Case("cut.gz", head(packed, packed.length - 9), "at byte", "gzip stream is truncated or corrupt"),
                new Case("head.gz", head(packed, 5), "at byte 0", "gzip stream is truncated or corrupt"),
                new Case("checksum.gz", badChecksum, "at byte 28", "gzip stream is truncated or corrupt"));
    }

    static Stream<Case> textCases() throws IOException {
        return Stream.of(
                new Case("ragged.csv", text("1,2,a\n1,2\n"), "2", "has 2 cells; expected 3"),
                new Case("wide.csv", text("1,2,a\n1,2,b\n1,2,3,c\n"), "3", "has 4 cells; expected 3"),
                new Case("word.csv", text("1,2,a\n1,two,b\n"), "2", "column 2: 'two' is not a finite number"),
                new Case("nan.csv", text("1,2,a\n1,NaN,b\n"), "2", "column 2: the value is missing"),
                new Case("inf.csv", text("1,2,a\n3,4,b\n1,inf,b\n"), "3", "'inf' is not a finite number"),
                new Case("large.csv", text("1,1e39,a\n"), "1", "a float can hold"),
                new Case("question.csv", text("1,2,a\n?,2,b\n"), "2", "value is missing"),
                new Case("no-label.csv", text("1,2,a\n1,2,\n"), "2", "label is missing"),
                new Case("quote.csv", text("1,2,a\n1,2,\"b\n"), "2", "is not a row of a table"),
                new Case("header.csv", text("a,b,c\n"), "", "holds no rows"),
                new Case("blank.csv", text("\n\n\n"), "", "holds no rows"),
                new Case("single.csv", text("1\n2\n"), "1", "expected features and a label"),
                new Case("ambiguous.csv", text("0,1,class\n5,6,1\n7,8,0\n"), "1", "--header"),
                new Case("names.csv", text("3,2,a,b\n1,2,0\n1,2,2\n"), "3", "is not an index of the 2 class names"),
                new Case("count.csv", text("9,2,a,b\n1,2,0\n1,2,1\n"), "1", "states 9 rows but 2 follow"),
                new Case("latin1.csv", join(text("1,2,a\n1,2,"), bytes(0xE9, '\n')), "", "is not UTF-8 text"),
                new Case("prose.txt", text("Nothing to see here.\n"), "", "holds no rows"),
                new Case("prose", text("Nothing to see here.\n"), "at byte 0", "unknown format"),
                new Case("binary", bytes(1, 2, 0, 4, 5), "at byte 0", "unknown format"),
                new Case("cut.csv.gz", head(gzip(text("1,2,a\n".repeat(99))), 20), "at byte", "gzip"),
                new Case("zero.svm", text("1 1:1\n2 -1:1\n"), "2", "expected index:value"),
                new Case("falling.svm", text("1 2:1 1:1\n"), "1", "feature index 1 follows 2"),
                new Case("twice.svm", text("1 2:1 2:1\n"), "1", "indices must rise"),
                new Case("pair.svm", text("1 1:1\n1 2\n"), "2", "expected index:value but found '2'"),
                new Case("value.svm", text("1 1:x\n"), "1", "value 'x' of feature 1"),
                new Case("infinite.svm", text("1 1:1\n\n1 1:1e99\n"), "3", "not a finite number"),
                new Case("nan.svm", text("1 1:nan\n"), "1", "feature 1: the value is missing"),
                new Case("large.svm", text("1 99999999999:1\n"), "1", "feature index 99999999999: at most"),
                new Case("wide.svm", text("1 1:1\n1 3:1 2147483646:1\n"), "2", "features fit into the memory"),
                new Case("base.svm", text("1 0:1\n1 3:1 2147483638:0\n"), "2", "features fit into the memory"),
                new Case("nolabel.svm", text("1 1:1\n1:1 2:1\n"), "2", "the label is missing"),
                new Case("multilabel.svm", text("1,2 1:1\n"), "1", "expected one label"),
                new Case("nothing.svm", text("# nothing\n\n"), "", "holds no samples"),
                new Case("featureless.svm", text("1\n2\n"), "", "holds no features"),
                new Case("latin1.svm", join(text("1 1:1\n"), bytes(0xE9, ' ', '\n')), "", "is not UTF-8 text"));
    }

    static Stream<Case> binaryCases() throws IOException {
        byte[] good = mat(smallMat(), true);
        byte[] plain = mat(smallMat(), false);
        byte[] corrupt = good.clone();
        corrupt[150] ^= 0x55;
        byte[] lyingTag = ByteBuffer.wrap(good.clone())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(132, 0x7ffffff0)
                .array();
        byte[] lyingShape = ByteBuffer.wrap(plain.clone())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(160, 1 << 30)
                .array();
        byte[] header = head(good, 128);
        byte[] byteOrder = good.clone();
        byteOrder[126] = 'X';
        byte[] version = good.clone();
        version[125] = 2;
        byte[] sparse = MatReaderTest.sparseX();
        byte[] badRow = ByteBuffer.wrap(sparse.clone())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(56, 77)
                .array();
        byte[] badColumns = ByteBuffer.wrap(sparse.clone())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(36, 1 << 30)
                .array();
        return Stream.of(
                new Case("short.mat", head(good, 100), "at byte 0", "expected 128 bytes of MATLAB v5 header"),
                new Case("order.mat", byteOrder, "at byte 126", "byte order"),
                new Case("version.mat", version, "at byte 124", "expected MATLAB v5"),
                new Case("nothing.mat", header, "", "has no features and labels"),
                new Case("cut.mat", head(good, good.length - 9), "at byte", "bytes of an element"),
                new Case("corrupt.mat", corrupt, "at byte 128", "element"),
                new Case("tag.mat", lyingTag, "at byte 136", "expected 2147483632 bytes of an element"),
                new Case("shape.mat", lyingShape, "at byte 128", "1073741824 x 2 is too large"),
                new Case("type.mat", join(header, bytes(9, 0, 0, 0, 8, 0, 0, 0)), "at byte 128", "expected a matrix"),
                new Case("row.mat", join(header, badRow), "at byte 128", "row indices must rise"),
                new Case("columns.mat", join(header, badColumns), "at byte 128", "column offsets"),
                new Case(
                        "few-labels.mat",
                        labelled(new double[][] {{1}, {2}}),
                        "at byte",
                        "expected one label for each"),
                new Case("half.mat", labelled(new double[][] {{1}, {2}, {1.5}}), "at byte", "not an integer"),
                new Case("nan.mat", withNan(), "at byte", "at row 2, column 1: the value is missing"),
                new Case(
                        "v73.mat",
                        join(text("MATLAB 7.3 MAT-file"), new byte[500]),
                        "at byte 0",
                        "v7.3 files (save with -v7)"),
                new Case("a.csv.xz", join(bytes(0xfd), text("7zXZ"), new byte[9]), "at byte 0", "xz"),
                new Case("short.bin", head(cifarRecord(1), 3000), "at byte 3000", "whole number of records"),
                new Case("label.bin", join(cifarRecord(1), cifarRecord(10)), "at byte 3073", "label 10"));
    }

    static Stream<Case> arffCases() {
        String head = "@relation r\n@attribute x real\n@attribute k {a,b,c}\n@attribute class {y,n}\n@data\n";
        return Stream.of(
                new Case("a.arff", text("@relation r\n@data\n1,2\n"), "2", "no attribute is left"),
                new Case("b.arff", text("@relation r\n1,2\n"), "2", "expected @relation, @attribute or @data"),
                new Case("c.arff", text(head), "", "holds no rows of data"),
                new Case("d.arff", text(head + "1,a\n"), "6", "has 2 values; expected 3"),
                new Case("e.arff", text(head + "1,a,y,2\n"), "6", "has more than the 3 values"),
                new Case("f.arff", text(head + "1,d,y\n"), "6", "'d' is not among its declared values"),
                new Case("g.arff", text(head + "1,a,z\n"), "6", "'z' is not among its declared values"),
                new Case("h.arff", text(head + "one,a,y\n"), "6", "'one' is not a finite number"),
                new Case("i.arff", text(head + "1,a,y\n?,a,y\n"), "7", "the value is missing"),
                new Case("j.arff", text(head + "1,a,y\n1,a,?\n"), "7", "the label is missing"),
                new Case("k.arff", text(head + "1,'a,y\n"), "6", "a quote is not closed"),
                new Case("l.arff", text(head + "1,a,y,{5}\n"), "6", "has more than the 3 values"),
                new Case("m.arff", text(head + "{0 1, 1 a, 1 b}\n"), "6", "expected one from 2 to 2"),
                new Case("n.arff", text(head + "{0 1, 3 a}\n"), "6", "expected one from 1 to 2"),
                new Case("o.arff", text(head + "{0 1, 1 a\n"), "6", "expected a comma or }"),
                new Case("p.arff", text(head + "{0 1}, {5}\n"), "6", "goes on after }"),
                new Case("q.arff", text(head + "{0 1}\n1,a,y\n"), "7", "is a dense row after sparse ones"),
                new Case("r.arff", text(head.replace("real", "relational") + "1,a,y\n"), "2", "of type 'relational'"),
                new Case("s.arff", text(head.replace("real", "date") + "1,a,y\n"), "5", "holds text or dates"),
                new Case("t.arff", text(head.replace("a,b", "a,a") + "1,a,y\n"), "3", "declared twice"),
                new Case("u.arff", text(head.replace("c}", "c") + "1,a,y\n"), "3", "not closed by }"));
    }

    static Stream<Case> arrayCases() throws IOException {
        byte[] npy = TestFiles.npy("'<f4'", "False", "(2, 3)", new byte[24]);
        byte[] npz = TestFiles.zip("X.npy", npy);
        byte[] corrupt = npz.clone();
        corrupt[npz.length / 3] ^= 0x10;
        byte[] version = npy.clone();
        version[6] = 9;
        return Stream.of(
                new Case("cut.npy", head(npy, 9), "at byte 8", "expected 2 bytes of NPY header size"),
                new Case("short.npy", head(npy, npy.length - 1), "at byte 128", "expected 24 bytes of elements"),
                new Case("long.npy", join(npy, bytes(1)), "at byte 152", "expected the end after the array"),
                new Case("version.npy", version, "at byte 8", "is of NPY version 9"),
                new Case("lying.npy", TestFiles.npy("'<f4'", "False", "(9999, 9999)", new byte[4]), "at", "are left"),
                new Case("huge.npy", TestFiles.npy("'<f4'", "False", "(99999, 99999)", new byte[4]), "", "supported"),
                new Case(
                        "vast.npy",
                        TestFiles.npy("'<f4'", "True", "(9, 9223372036854775807)", bytes(1)),
                        "at",
                        "shape"),
                new Case("none.npy", TestFiles.npy("'<f4'", "False", "(0, 3)", bytes()), "", "is empty (0 x 3)"),
                new Case("scalar.npy", TestFiles.npy("'<f4'", "False", "()", new byte[4]), "", "is a single number"),
                new Case("fields.npy", TestFiles.npy("[('a', '<f4')]", "False", "(2,)", bytes()), "at", "structured"),
                new Case("complex.npy", TestFiles.npy("'<c16'", "False", "(2, 3)", bytes()), "", "complex numbers"),
                new Case(
                        "order.npy",
                        TestFiles.npy("'<f4'", "Maybe", "(2, 3)", bytes()),
                        "at",
                        "lacks a 'fortran_order'"),
                new Case(
                        "inf.npy",
                        TestFiles.npy("'>f4'", "False", "(1, 2)", bigEndianFloats(1, 1 / 0f)),
                        "",
                        "feature 2"),
                new Case("a.npz", text("PK\u0003\u0004abc"), "", "is no zip archive that can be read"),
                new Case("corrupt.npz", corrupt, "at", "corrupt"),
                new Case("none.npz", TestFiles.zip("readme.txt", text("x")), "", "has no features and labels"),
                new Case("lying.npz", TestFiles.zip("X.npy", head(npy, 130)), "at byte 128", "expected 24 bytes"),
                new Case("packed.npz.gz", gzip(npz), "", "gzipped zip"),
                new Case(
                        "a.h5",
                        join(bytes(0x89), text("HDF\r\n\u001a\n"), new byte[9]),
                        "",
                        "is not HDF5 that can be"));
    }

    private static byte[] labelled(double[][] labels) throws IOException {
        return mat(Mat5.newMatFile()
                .addArray("X", matrix(MatlabType.Double, new double[][] {{1}, {2}, {3}}))
                .addArray("Y", matrix(MatlabType.Double, labels)));
    }

    private static byte[] withNan() throws IOException {
        return mat(Mat5.newMatFile()
                .addArray("X", matrix(MatlabType.Double, new double[][] {{1}, {NAN}}))
                .addArray("Y", matrix(MatlabType.Double, new double[][] {{1}, {2}})));
    }

    @ParameterizedTest
    @MethodSource({"idxCases", "textCases", "binaryCases", "arffCases", "arrayCases"})
    void isOneFaultWithItsPlace(Case bad, @TempDir Path directory) throws IOException {
        Path file = TestFiles.write(directory, bad.name, bad.content);
        requireFault(LoadRequest.of(file), file, bad.where, bad.reason);
    }

    private static void requireFault(LoadRequest request, Path file, String where, String reason) {
        MalformedDataException fault = assertThrows(MalformedDataException.class, () -> Datasets.loadParts(request));
        String message = String.valueOf(fault.getMessage());
        assertTrue(message.startsWith(file + ":" + (where.startsWith("at") ? " " : "") + where), message);
        assertTrue(message.contains(reason), message);
        assertEquals(1, message.lines().count(), message);
        assertFalse(message.endsWith("null"), message);
    }

    @Test
    void placesOnDiskThatAreNoFiles(@TempDir Path directory) {
        Path missing = directory.resolve("missing.csv");
        requireFault(LoadRequest.of(missing), missing, "", "no such file");
        requireFault(LoadRequest.of(directory), directory, "", "is a directory");
    }

    @Test
    void filesThatDoNotFitTogether(@TempDir Path directory) throws IOException {
        Path images = TestFiles.write(directory, "images", idxImages());
        List<Path> labels = new ArrayList<>();
        labels.add(TestFiles.write(directory, "three", idxLabels(1, 2, 3)));
        labels.add(TestFiles.write(directory, "images2", idxImages()));
        labels.add(TestFiles.write(directory, "text", text("1\n2\n")));
        labels.add(TestFiles.write(directory, "half", idx(13, new int[] {2}, bigEndianFloats(1, 1.5f))));
        labels.add(TestFiles.write(directory, "nan", idx(13, new int[] {2}, bigEndianFloats(1, NAN))));
        List<String> reasons = List.of("3 labels for 2 images", "expected labels", "expected the magic", "1.5", "NaN");
        for (int i = 0; i < labels.size(); i++) {
            requireFault(LoadRequest.of(images, labels.get(i)), labels.get(i), "at byte", reasons.get(i));
        }
        requireFault(LoadRequest.of(images, images, images), images, "", "too many");
        requireFault(LoadRequest.of(images).withWidth(7), images, "", "has 6 features but 7 are expected");
        Path two = TestFiles.write(directory, "a.csv", text("1,2,a\n"));
        Path one = TestFiles.write(directory, "b.csv", text("1,a\n"));
        requireFault(LoadRequest.of(two, one), one, "", "has 1 features but");
        requireFault(LoadRequest.of(two).withWidth(3), two, "", "has 2 features but 3 are expected");
    }

    @Test
    void columnsAndVariablesThatAreNotThere(@TempDir Path directory) throws IOException {
        Path table = TestFiles.write(directory, "a.csv", text("x,y,z\n1,2,3\n"));
        requireFault(LoadRequest.of(table).withLabel("w"), table, "1", "names no column 'w'");
        requireFault(LoadRequest.of(table).withLabel("3"), table, "1", "there is no label column 3");
        requireFault(LoadRequest.of(table).withLabel("-4"), table, "1", "there is no label column -4");
        requireFault(LoadRequest.of(table).withHeader(LoadRequest.Header.NO), table, "1", "'x' is not a finite");
        Path mat = TestFiles.write(directory, "a.mat", mat(smallMat()));
        requireFault(LoadRequest.of(mat).withVariables(List.of("A", "Y")), mat, "", "has no variable 'A' but [X, Y]");
        requireFault(LoadRequest.of(mat).withWidth(3), mat, "", "has 2 features but 3 are expected");
    }
}

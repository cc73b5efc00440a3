package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Sparse;

/** Reads MATLAB v5 files: a matrix of features with samples as rows, and a vector of labels. */
final class MatReader implements DatasetReader {
    /** The usual names of features and labels of an undivided data set. */
    private static final List<List<String>> PAIRS = List.of(
            List.of("X", "Y"),
            List.of("X", "y"),
            List.of("x", "y"),
            List.of("fea", "gnd"),
            List.of("data", "label"),
            List.of("data", "labels"),
            List.of("features", "labels"));

    /** The usual endings of features and labels after {@code train_}, {@code val_} and {@code test_}. */
    private static final List<List<String>> ENDINGS =
            List.of(List.of("data", "labels"), List.of("data", "label"), List.of("X", "Y"), List.of("X", "y"));

    @Override
    public boolean recognizes(DataFile file) {
        return file.hasSignature(0, "MATLAB 5.0") || file.name().endsWith(".mat");
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        if (files.size() == 1) {
            return readParts(files.get(0), request);
        }
        List<Dataset> all = new ArrayList<>();
        for (DataFile file : files) {
            Datasets.Parts parts = readParts(file, request);
            if (parts.validation() != null || parts.test() != null) {
                throw MalformedDataException.inFile(
                        file.path(), "is divided into parts, so it cannot be joined with other files");
            }
            all.add(parts.train());
        }
        return DatasetReader.joined(files, all);
    }

    private static Datasets.Parts readParts(DataFile file, LoadRequest request) {
        Map<String, MatVariable> variables = MatScanner.scan(file);
        List<String> names = request.variables().isEmpty() ? usualNames(file, variables) : request.variables();
        Dataset train = readPart(file, variables, names, request);
        if (!request.variables().isEmpty() || !names.get(0).startsWith("train_")) {
            return new Datasets.Parts(train, null, null);
        }
        return new Datasets.Parts(
                train,
                readSibling(file, variables, names, "val_", train),
                readSibling(file, variables, names, "test_", train));
    }

    private static List<String> usualNames(DataFile file, Map<String, MatVariable> variables) {
        List<List<String>> found = new ArrayList<>();
        for (List<String> pair : PAIRS) {
            addIfThere(variables, pair, found);
        }
        for (List<String> ending : ENDINGS) {
            addIfThere(variables, List.of("train_" + ending.get(0), "train_" + ending.get(1)), found);
        }
        if (found.size() != 1) {
            throw MalformedDataException.inFile(
                    file.path(),
                    (found.isEmpty() ? "has no features and labels under their usual names" : "has several: " + found)
                            + "; name them with --variables FEATURES,LABELS out of " + variables.keySet());
        }
        return found.get(0);
    }

    private static void addIfThere(Map<String, MatVariable> variables, List<String> pair, List<List<String>> found) {
        if (variables.keySet().containsAll(pair)) {
            found.add(pair);
        }
    }

    private static @Nullable Dataset readSibling(
            DataFile file, Map<String, MatVariable> variables, List<String> names, String prefix, Dataset train) {
        List<String> own =
                names.stream().map(n -> prefix + n.substring("train_".length())).toList();
        if (!variables.keySet().containsAll(own)) {
            return null;
        }
        LoadRequest request = LoadRequest.of(file.path()).withWidth(train.featureCount());
        return readPart(file, variables, own, request).withClasses(train.classes(), file.path());
    }

    private static Dataset readPart(
            DataFile file, Map<String, MatVariable> variables, List<String> names, LoadRequest request) {
        MatVariable source = variable(file, variables, names.get(0));
        if (source.rows() == 0 || source.columns() == 0) {
            throw source.fault("is empty (" + source.shape() + ")");
        }
        Matrix features = features(source, request.allowMissing());
        DatasetReader.requireWidth(file, request, features.columns());
        ClassIndexer labels = new ClassIndexer();
        if (names.size() == 2) {
            addLabels(variable(file, variables, names.get(1)), source, labels);
        }
        ClassIndexer.Indexed indexed = labels.finish();
        return new Dataset(features, indexed.labels(), indexed.classes(), List.of(), "mat", null);
    }

    private static MatVariable variable(DataFile file, Map<String, MatVariable> variables, String name) {
        MatVariable variable = variables.get(name);
        if (variable == null) {
            throw MalformedDataException.inFile(
                    file.path(), "has no variable '" + name + "' but " + variables.keySet());
        }
        return variable;
    }

    private static Matrix features(MatVariable source, boolean allowMissing) {
        us.hebi.matlab.mat.types.Matrix decoded = source.decode();
        int rows = source.rows();
        int columns = source.columns();
        if (decoded instanceof Sparse sparse) {
            return sparseFeatures(source, sparse);
        }
        if (decoded.getType() == MatlabType.UInt8) {
            byte[] values = new byte[rows * columns];
            for (int column = 0; column < columns; column++) {
                for (int row = 0; row < rows; row++) {
                    values[row * columns + column] = decoded.getByte(column * rows + row);
                }
            }
            return new ByteMatrix(rows, columns, values);
        }
        float[] values = new float[rows * columns];
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                float value = (float) decoded.getDouble(column * rows + row);
                if (!Float.isFinite(value) && !(allowMissing && Float.isNaN(value))) {
                    throw source.fault("is not finite at row " + (row + 1) + ", column " + (column + 1));
                }
                values[row * columns + column] = value;
            }
        }
        return new DenseMatrix(rows, columns, values);
    }

    private static CsrMatrix sparseFeatures(MatVariable source, Sparse sparse) {
        int rows = source.rows();
        int[] offsets = new int[rows + 1];
        sparse.forEach((row, column, value, imaginary) -> offsets[row + 1]++);
        for (int row = 0; row < rows; row++) {
            offsets[row + 1] += offsets[row];
        }
        int[] next = offsets.clone();
        int[] columns = new int[offsets[rows]];
        float[] values = new float[columns.length];
        sparse.forEach((row, column, value, imaginary) -> {
            if (!Float.isFinite((float) value)) {
                throw source.fault("is not finite at row " + (row + 1) + ", column " + (column + 1));
            }
            columns[next[row]] = column;
            values[next[row]++] = (float) value;
        });
        return new CsrMatrix(new CsrPattern(rows, source.columns(), offsets, columns), values);
    }

    private static void addLabels(MatVariable source, MatVariable features, ClassIndexer labels) {
        int rows = features.rows();
        if (!(source.columns() == 1 && source.rows() == rows) && !(source.rows() == 1 && source.columns() == rows)) {
            throw source.fault("is " + source.shape() + "; expected one label for each of the " + rows + " rows of '"
                    + features.name() + "'");
        }
        us.hebi.matlab.mat.types.Matrix decoded = source.decode();
        for (int row = 0; row < rows; row++) {
            double value = source.rows() == 1 ? decoded.getDouble(0, row) : decoded.getDouble(row, 0);
            if (value != Math.rint(value) || Math.abs(value) > 0x1p53) {
                throw source.fault("has a label that is not an integer: " + value);
            }
            labels.add(Long.toString((long) value));
        }
    }
}

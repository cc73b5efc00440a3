package coppice.data;

import coppice.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Loads data sets from files of any format that a reader knows, told by content first and name second. */
public final class Datasets {
    private static final List<DatasetReader> READERS = List.of(
            new MatReader(),
            new NpyReader(),
            new NpzReader(),
            new Hdf5Reader(),
            new CifarReader(),
            new IdxReader(),
            new ArffReader(),
            new LibsvmReader(),
            new DelimitedReader());
    private static final String DIGITS = "/datasets/digits/digits.csv.gz";

    /**
     * The parts that a source is divided into.
     *
     * @param train the training samples, or all of them where the source is not divided
     * @param validation the validation samples, null if the source has none of its own
     * @param test the test samples, null if the source has none of its own
     */
    public record Parts(
            Dataset train,
            @Nullable Dataset validation,
            @Nullable Dataset test) {}

    private Datasets() {}

    /** The samples of the files; of a file that holds several parts, those for training. */
    public static Dataset load(LoadRequest request) {
        return loadParts(request).train();
    }

    /** All parts of the files. Only files of named arrays, as MATLAB's, may hold more than one. */
    public static Parts loadParts(LoadRequest request) {
        return read(request.paths().stream().map(DataFile::at).toList(), request);
    }

    /** The embedded data set of 1,797 handwritten digits, 8 x 8 pixels of 0 to 16. */
    public static Dataset digits() {
        try (InputStream in = Datasets.class.getResourceAsStream(DIGITS)) {
            if (in == null) {
                throw new IllegalStateException(DIGITS + " is not on the class path");
            }
            DataFile file = DataFile.inMemory("digits.csv.gz", in.readAllBytes());
            Dataset table = read(List.of(file), LoadRequest.of(file.path())).train();
            ImageShape shape = new ImageShape(1, 8, 8);
            Labels labels = Labels.of(table.labels(), table.classes());
            return new Dataset(table.features(), labels, List.of(), table.format(), shape);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Parts read(List<DataFile> files, LoadRequest request) {
        DataFile first = files.get(0);
        rejectUnsupported(first);
        for (DatasetReader reader : READERS) {
            if (reader.recognizes(first)) {
                return reader.read(files, request);
            }
        }
        throw MalformedDataException.atOffset(
                first.path(),
                0,
                "unknown format; expected a text table, ARFF, LIBSVM, IDX, CIFAR binary, NPY, NPZ, HDF5 or MATLAB v5");
    }

    private static void rejectUnsupported(DataFile file) {
        String format = null;
        if (file.hasSignature(0, "MATLAB 7.3")) {
            format = "MATLAB v7.3 files (save with -v7) are";
        } else if (file.hasSignature(0, "\u00fd7zXZ")) {
            format = "xz compression is";
        } else if (file.hasSignature(0, "BZh")) {
            format = "bzip2 compression is";
        } else if (file.hasSignature(0, "(\u00b5/\u00fd")) {
            format = "zstd compression is";
        }
        if (format != null) {
            throw MalformedDataException.atOffset(file.path(), 0, format + " not supported");
        }
    }
}

package coppice.data;

import coppice.MalformedDataException;
import java.util.List;

/** Reads one file format. */
interface DatasetReader {
    /** Whether a file is of this format, by its first bytes and its name. */
    boolean recognizes(DataFile file);

    /**
     * Reads the files as one data set, or as the parts that the file itself is divided into.
     *
     * @throws MalformedDataException on the first fault, with file and place
     */
    Datasets.Parts read(List<DataFile> files, LoadRequest request);

    /** Fails unless {@code columns} is the width asked for. */
    static void requireWidth(DataFile file, LoadRequest request, int columns) {
        if (request.width() != 0 && request.width() != columns) {
            throw MalformedDataException.inFile(
                    file.path(), "has " + columns + " features but " + request.width() + " are expected");
        }
    }

    /** Joins what several files of one format hold. */
    static Datasets.Parts joined(List<DataFile> files, List<Dataset> parts) {
        Dataset first = parts.get(0);
        for (int i = 1; i < parts.size(); i++) {
            Dataset part = parts.get(i);
            if (part.featureCount() != first.featureCount()) {
                throw MalformedDataException.inFile(
                        files.get(i).path(),
                        "has " + part.featureCount() + " features but "
                                + files.get(0).path() + " has " + first.featureCount());
            }
            if (part.hasLabels() != first.hasLabels()) {
                throw MalformedDataException.inFile(
                        files.get(i).path(), "differs from " + files.get(0).path() + " in having labels");
            }
        }
        return new Datasets.Parts(Dataset.concat(parts), null, null);
    }
}

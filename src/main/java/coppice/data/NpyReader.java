package coppice.data;

import coppice.MalformedDataException;
import java.util.List;

/** Reads NumPy's NPY files: one of features with samples along the first axis and, optionally, one of labels. */
final class NpyReader implements DatasetReader {
    @Override
    public boolean recognizes(DataFile file) {
        return file.hasSignature(0, NpyHeader.SIGNATURE);
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        if (files.size() > 2) {
            throw MalformedDataException.inFile(
                    files.get(2).path(), "is one file too many; NPY takes a file of features and a file of labels");
        }
        SourceArray labels = files.size() == 2 ? NpyArray.of(files.get(1)) : null;
        return new Datasets.Parts(
                ArrayParts.dataset(files.get(0), NpyArray.of(files.get(0)), labels, "npy", request), null, null);
    }
}

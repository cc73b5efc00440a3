package coppice.data;

import java.util.List;

/** Reads MATLAB v5 files: a matrix of features with samples as rows, and a vector of labels. */
final class MatReader implements DatasetReader {
    @Override
    public boolean recognizes(DataFile file) {
        return file.hasSignature(0, "MATLAB 5.0") || file.name().endsWith(".mat");
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        return ArrayParts.joined(
                files,
                file -> ArrayParts.of(file, MatScanner.scan(file), "mat", request)
                        .parts(null));
    }
}

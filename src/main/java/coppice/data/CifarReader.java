package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.ByteMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the binary form of CIFAR-10 and CIFAR-100: records of a label and 3 x 32 x 32 bytes, without a header.
 *
 * <p>CIFAR-10 has one label byte, CIFAR-100 a coarse and a fine one, of which the fine one is taken. The number of
 * bytes tells which.
 */
final class CifarReader implements DatasetReader {
    private static final ImageShape SHAPE = new ImageShape(3, 32, 32);
    private static final int PIXELS = 3 * 32 * 32;

    @Override
    public boolean recognizes(DataFile file) {
        return file.name().endsWith(".bin");
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        List<Dataset> parts = new ArrayList<>();
        for (DataFile file : files) {
            DatasetReader.requireWidth(file, request, PIXELS);
            Dataset part = readBatch(file, request);
            if (!parts.isEmpty() && !part.format().equals(parts.get(0).format())) {
                throw MalformedDataException.inFile(
                        file.path(),
                        "is " + part.format() + " but " + files.get(0).path() + " is "
                                + parts.get(0).format());
            }
            parts.add(part);
        }
        return DatasetReader.joined(files, parts);
    }

    private static Dataset readBatch(DataFile file, LoadRequest request) {
        byte[] bytes;
        try (ByteSource source = file.open()) {
            bytes = file.size() >= 0 ? source.readExactly(file.size(), "records") : source.readUpTo(Capacity.MAX);
        }
        int labelBytes = bytes.length % (PIXELS + 1) == 0 ? 1 : 2;
        int recordBytes = PIXELS + labelBytes;
        if (bytes.length % recordBytes != 0) {
            throw MalformedDataException.atOffset(
                    file.path(),
                    bytes.length,
                    "is not a whole number of records; expected records of " + (PIXELS + 1) + " bytes (CIFAR-10) or "
                            + (PIXELS + 2) + " bytes (CIFAR-100)");
        }
        int classes = labelBytes == 1 ? 10 : 100;
        int rows = bytes.length / recordBytes;
        byte[] pixels = new byte[rows * PIXELS];
        LabelCollector labels = new LabelCollector(request);
        for (int row = 0; row < rows; row++) {
            int at = row * recordBytes + labelBytes - 1;
            int label = bytes[at] & 0xff;
            if (label >= classes) {
                throw MalformedDataException.atOffset(
                        file.path(), at, "label " + label + " is outside the " + classes + " classes");
            }
            labels.add(Integer.toString(label));
            System.arraycopy(bytes, at + 1, pixels, row * PIXELS, PIXELS);
        }
        return new Dataset(
                new ByteMatrix(rows, PIXELS, pixels),
                labels.finish(),
                List.of(),
                labelBytes == 1 ? "cifar10" : "cifar100",
                SHAPE);
    }
}

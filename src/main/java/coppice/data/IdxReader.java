package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.ByteMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads IDX, the format of MNIST: a file of images and, optionally, a file of labels.
 *
 * <p>Two zero bytes, a type, the number of dimensions, the dimensions as big-endian integers, the values.
 */
final class IdxReader implements DatasetReader {
    private static final int UBYTE = 0x08;

    /** The part of a file before its values; {@code counts} are the dimensions. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Header(int type, int[] counts, long valuesPerRow) {
        int bytesPerValue() {
            return bytesOf(type);
        }
    }

    @Override
    public boolean recognizes(DataFile file) {
        byte[] head = file.head();
        return head.length >= 4 && head[0] == 0 && head[1] == 0 && bytesOf(head[2]) > 0 && head[3] > 0;
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        DataFile images = files.get(0);
        if (files.size() > 2) {
            throw MalformedDataException.inFile(
                    files.get(2).path(), "is one file too many; IDX takes a file of images and a file of labels");
        }
        Header header;
        Matrix features;
        try (ByteSource source = images.open()) {
            header = readHeader(source);
            if (header.counts.length < 2) {
                throw MalformedDataException.atOffset(
                        images.path(), 3, "has 1 dimension; expected images of at least 2 (labels come second)");
            }
            features = readFeatures(source, header, request.allowMissing());
            source.expectEnd("the values");
        }
        DatasetReader.requireWidth(images, request, features.columns());
        LabelCollector labels = new LabelCollector(request);
        if (files.size() == 2) {
            readLabels(files.get(1), features.rows(), labels);
        }
        Dataset data = new Dataset(features, labels.finish(), List.of(), "idx", shape(header.counts));
        return new Datasets.Parts(data, null, null);
    }

    private static Header readHeader(ByteSource source) {
        byte[] magic = source.readExactly(4, "magic number");
        int type = magic[2];
        if (magic[0] != 0 || magic[1] != 0 || bytesOf(type) == 0 || magic[3] <= 0) {
            throw source.malformed("expected the magic number of IDX (0 0 type dimensions)");
        }
        int[] counts = new int[magic[3]];
        long values = 1;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = ByteBuffer.wrap(source.readExactly(4, "dimension " + (i + 1)))
                    .getInt();
            if (counts[i] < 1) {
                throw source.malformed("dimension " + (i + 1) + " must be positive but was " + counts[i]);
            }
            values *= counts[i];
            if (values > Capacity.MAX) {
                throw source.malformed("states more than the " + Capacity.MAX + " values supported");
            }
        }
        return new Header(type, counts, values / counts[0]);
    }

    private static Matrix readFeatures(ByteSource source, Header header, boolean allowMissing) {
        int rows = header.counts[0];
        int columns = (int) header.valuesPerRow;
        long count = (long) rows * columns;
        if (header.type == UBYTE) {
            return new ByteMatrix(rows, columns, source.readExactly(count, "values"));
        }
        source.requireRemaining(Math.min(Capacity.MAX, count * header.bytesPerValue()), "values");
        FloatList values = new FloatList();
        for (int row = 0; row < rows; row++) {
            ByteBuffer bytes = ByteBuffer.wrap(source.readExactly((long) columns * header.bytesPerValue(), "values"));
            long start = source.position() - bytes.capacity();
            while (bytes.hasRemaining()) {
                int at = bytes.position();
                float value = (float) next(bytes, header.type);
                if (!Float.isFinite(value) && !(allowMissing && Float.isNaN(value))) {
                    throw MalformedDataException.atOffset(
                            source.path(),
                            start + at,
                            Float.isNaN(value) ? Numbers.MISSING : "value is not finite: " + value);
                }
                values.add(value);
            }
        }
        return new DenseMatrix(rows, columns, values.toArray());
    }

    private static void readLabels(DataFile file, int rows, LabelCollector labels) {
        try (ByteSource source = file.open()) {
            Header header = readHeader(source);
            if (header.counts.length != 1) {
                throw MalformedDataException.atOffset(
                        file.path(), 3, "has " + header.counts.length + " dimensions; expected labels of 1");
            }
            if (header.counts[0] != rows) {
                throw MalformedDataException.atOffset(
                        file.path(), 4, "has " + header.counts[0] + " labels for " + rows + " images");
            }
            int size = header.bytesPerValue();
            ByteBuffer bytes = ByteBuffer.wrap(source.readExactly((long) rows * size, "labels"));
            for (int i = 0; i < rows; i++) {
                String fault = labels.add(next(bytes, header.type));
                if (fault != null) {
                    throw MalformedDataException.atOffset(file.path(), 8 + (long) i * size, fault);
                }
            }
            source.expectEnd("the labels");
        }
    }

    private static int bytesOf(int type) {
        return switch (type) {
            case UBYTE, 0x09 -> 1;
            case 0x0B -> 2;
            case 0x0C, 0x0D -> 4;
            case 0x0E -> 8;
            default -> 0;
        };
    }

    private static double next(ByteBuffer bytes, int type) {
        return switch (type) {
            case UBYTE -> bytes.get() & 0xff;
            case 0x09 -> bytes.get();
            case 0x0B -> bytes.getShort();
            case 0x0C -> bytes.getInt();
            case 0x0D -> bytes.getFloat();
            default -> bytes.getDouble();
        };
    }

    private static @Nullable ImageShape shape(int[] counts) {
        return switch (counts.length) {
            case 3 -> new ImageShape(1, counts[1], counts[2]);
            case 4 -> new ImageShape(counts[1], counts[2], counts[3]);
            default -> null;
        };
    }
}

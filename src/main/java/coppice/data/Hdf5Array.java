package coppice.data;

import coppice.MalformedDataException;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.dataset.CompactDataset;
import io.jhdf.dataset.DatasetBase;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.EnumDataType;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.datatype.StringData;
import io.jhdf.object.datatype.VariableLength;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An array in an HDF5 file, which calls it a data set: stored in the object's header, in one piece or in chunks. */
final class Hdf5Array implements SourceArray {
    private static final int BLOCK_BYTES = 1 << 20;

    private final Path path;
    private final long fileBytes;
    private final String name;
    private final Dataset dataset;

    /**
     * An array.
     *
     * @param path the file
     * @param fileBytes its size
     * @param name the array's path in it
     */
    Hdf5Array(Path path, long fileBytes, String name, Dataset dataset) {
        this.path = path;
        this.fileBytes = fileBytes;
        this.name = name;
        this.dataset = dataset;
    }

    @Override
    public MalformedDataException fault(String reason) {
        return MalformedDataException.inFile(path, "array '" + name + "' " + reason);
    }

    @Override
    public boolean isTable() {
        return type() != null && dataset.getDimensionsAsLong().length >= 2;
    }

    @Override
    public Features features(boolean allowMissing) {
        ArrayLayout layout = layout(numbers());
        layout.requireTable();
        return layout.features(blocks(layout), allowMissing);
    }

    @Override
    public void addLabels(int samples, LabelCollector labels) {
        if (isText()) {
            addText(samples, labels);
            return;
        }
        ArrayLayout layout = layout(numbers());
        layout.requireLabels(samples);
        ArrayLayout.Blocks blocks = blocks(layout);
        for (int i = 0; i < samples; ) {
            for (ByteBuffer block = blocks.next(); block.hasRemaining(); i++) {
                requireLabel(i, layout.type().addLabel(block, labels));
            }
        }
    }

    private void addText(int samples, LabelCollector labels) {
        NumberType element = new NumberType(NumberType.Kind.UNSIGNED, 1, ByteOrder.nativeOrder());
        ArrayLayout layout = layout(element);
        layout.requireLabels(samples);
        requireStored(layout.count(), dataset.getDataType().getSize());
        Object texts = dataset.getDataFlat();
        for (int i = 0; i < samples; i++) {
            String text = ((String[]) texts)[i];
            requireLabel(i, text == null || text.isBlank() ? "has an empty label" : labels.add(text));
        }
    }

    private void requireLabel(int sample, @Nullable String fault) {
        if (fault != null) {
            throw fault("at sample " + (sample + 1) + ": " + fault);
        }
    }

    private ArrayLayout layout(NumberType type) {
        return new ArrayLayout(this, dataset.getDimensionsAsLong(), type, false);
    }

    private boolean isText() {
        DataType type = dataset.getDataType();
        return type instanceof StringData || (type instanceof VariableLength text && text.isVariableLengthString());
    }

    private NumberType numbers() {
        NumberType type = type();
        if (type == null) {
            throw fault("does not hold integers or floats of at most 8 bytes");
        }
        return type;
    }

    /** How a number is stored, null if the elements are no numbers or unusual ones. */
    private @Nullable NumberType type() {
        DataType type = dataset.getDataType();
        if (type instanceof EnumDataType named) { // as h5py stores logical values
            type = named.getBaseType();
        }
        int bytes = type.getSize();
        boolean size = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
        if (type instanceof FixedPoint integer && size && integer.getBitPrecision() == 8 * bytes) {
            return new NumberType(
                    integer.isSigned() ? NumberType.Kind.SIGNED : NumberType.Kind.UNSIGNED,
                    bytes,
                    integer.getByteOrder());
        }
        int exponentBits = bytes == 2 ? 5 : bytes == 4 ? 8 : 11;
        if (type instanceof FloatingPoint number
                && size
                && bytes > 1
                && number.getBitPrecision() == 8 * bytes
                && number.getExponentSize() == exponentBits) {
            return new NumberType(NumberType.Kind.FLOAT, bytes, number.getByteOrder());
        }
        return null;
    }

    /** Fails if the elements cannot be what the file holds, before memory is taken for them. */
    private void requireStored(long count, int bytes) {
        long most = fileBytes;
        if (dataset instanceof ChunkedDataset chunked) {
            Hdf5Chunks.requireSane(this, chunked, fileBytes);
            most = storedBytes() * Hdf5Chunks.MAX_EXPANSION;
        }
        if (dataset.isEmpty()) {
            throw fault("has never been written");
        }
        if (count * bytes > most) {
            throw fault("states " + count + " elements but the file holds fewer");
        }
    }

    /** Bytes of all chunks. The library takes memory for the index of chunks before it checks the index's checksum. */
    private long storedBytes() {
        try {
            return dataset.getStorageInBytes();
        } catch (OutOfMemoryError e) {
            throw fault("states an index of chunks that does not fit into memory");
        }
    }

    private ArrayLayout.Blocks blocks(ArrayLayout layout) {
        int bytes = layout.type().bytes();
        requireStored(layout.count(), bytes);
        if (dataset instanceof ChunkedDataset chunked) {
            return new Hdf5Chunks(this, chunked, layout.type());
        }
        if (dataset instanceof CompactDataset compact) {
            return () -> compact.getDataBuffer().order(layout.type().order());
        }
        int[] extents = Arrays.stream(dataset.getDimensionsAsLong())
                .mapToInt(extent -> (int) extent)
                .toArray();
        int rows = Math.max(1, (int) ((long) BLOCK_BYTES * extents[0] / layout.count() / bytes));
        long[] start = new long[extents.length];
        return () -> {
            int[] block = extents.clone();
            block[0] = (int) Math.min(rows, extents[0] - start[0]);
            ByteBuffer buffer = ((DatasetBase) dataset).getSliceDataBuffer(start.clone(), block);
            start[0] += block[0];
            return buffer.order(layout.type().order());
        };
    }
}

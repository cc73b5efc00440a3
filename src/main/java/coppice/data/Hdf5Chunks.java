package coppice.data;

import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.filter.ByteShuffleFilter;
import io.jhdf.filter.PipelineFilterWithData;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The elements of an HDF5 array stored in chunks: those of the chunks that share their samples at a time. */
final class Hdf5Chunks implements ArrayLayout.Blocks {
    /** Deflate cannot make more bytes of one, nor can the other filters. */
    static final int MAX_EXPANSION = 1032;

    private static final int LZF = 32000;
    private static final int DEFLATE = 1;
    private static final int SHUFFLE = 2;
    private static final int FLETCHER32 = 3;
    private static final List<Integer> FILTERS = List.of(DEFLATE, SHUFFLE, FLETCHER32, LZF);

    private final SourceArray source;
    private final ChunkedDataset dataset;
    private final NumberType type;
    private final int[] extents;
    private final int[] chunk; // extents of a chunk
    private final int chunkBytes;
    private final List<PipelineFilterWithData> filters;
    private int row;

    Hdf5Chunks(SourceArray source, ChunkedDataset dataset, NumberType type) {
        this.source = source;
        this.dataset = dataset;
        this.type = type;
        this.extents = dataset.getDimensions();
        this.chunk = dataset.getChunkDimensions();
        this.chunkBytes = Arrays.stream(chunk).reduce(type.bytes(), Math::multiplyExact);
        this.filters = dataset.getFilters();
        requireFilters();
    }

    /** Fails if there are more chunks than the file could index, before they are listed. */
    static void requireSane(SourceArray source, ChunkedDataset dataset, long fileBytes) {
        int[] chunk = dataset.getChunkDimensions();
        long[] extents = dataset.getDimensionsAsLong();
        double chunks = 1;
        double bytes = dataset.getDataType().getSize();
        if (chunk.length != extents.length) {
            throw source.fault("has chunks of " + chunk.length + " dimensions but " + extents.length + " itself");
        }
        for (int axis = 0; axis < chunk.length; axis++) {
            if (chunk[axis] < 1) {
                throw source.fault("has a chunk of extent " + chunk[axis]);
            }
            chunks *= Math.ceil((double) extents[axis] / chunk[axis]);
            bytes *= chunk[axis];
        }
        if (chunks > fileBytes || bytes > Capacity.MAX) {
            throw source.fault("states " + chunks + " chunks of " + bytes + " bytes, more than the file can hold");
        }
    }

    private void requireFilters() {
        for (PipelineFilterWithData filter : filters) {
            if (!FILTERS.contains(filter.getId())) {
                throw source.fault("is compressed by " + filter.getName()
                        + ", which cannot be read; repack it with gzip, as h5repack -f GZIP=4 does");
            }
            int[] data = filter.getFilterData();
            if (filter.getId() == LZF && (data.length < 3 || data[2] != chunkBytes)) {
                throw source.fault("has chunks whose size lzf states otherwise");
            }
        }
    }

    @Override
    public ByteBuffer next() {
        int rows = Math.min(chunk[0], extents[0] - row);
        int[] band = extents.clone();
        band[0] = rows;
        byte[] bytes = new byte[Arrays.stream(band).reduce(type.bytes(), Math::multiplyExact)];
        int[] offset = new int[extents.length];
        offset[0] = row;
        do {
            copy(offset, chunkAt(offset), band, bytes);
        } while (advance(offset));
        row += rows;
        return ByteBuffer.wrap(bytes).order(type.order());
    }

    /** Moves on to the next chunk of the band; false after the last. */
    private boolean advance(int[] offset) {
        for (int axis = offset.length - 1; axis > 0; axis--) {
            offset[axis] += chunk[axis];
            if (offset[axis] < extents[axis]) {
                return true;
            }
            offset[axis] = 0;
        }
        return false;
    }

    private byte[] chunkAt(int[] offset) {
        ByteBuffer raw = dataset.getRawChunkBuffer(offset);
        boolean deflated = filter(DEFLATE) != null;
        byte[] bytes =
                deflated && raw.remaining() == chunkBytes ? shuffledOnly(raw) : dataset.getDecompressedChunk(offset);
        if (bytes.length < chunkBytes) {
            throw source.fault("has a chunk of " + bytes.length + " bytes; expected " + chunkBytes);
        }
        return bytes;
    }

    /** A chunk that HDF5 did not deflate since that would have saved nothing; the library does not know of these. */
    private byte[] shuffledOnly(ByteBuffer raw) {
        byte[] bytes = new byte[raw.remaining()];
        raw.get(bytes);
        PipelineFilterWithData shuffle = filter(SHUFFLE);
        return shuffle == null ? bytes : new ByteShuffleFilter().decode(bytes, shuffle.getFilterData());
    }

    private @Nullable PipelineFilterWithData filter(int id) {
        return filters.stream().filter(f -> f.getId() == id).findFirst().orElse(null);
    }

    /** Copies what lies in the array of a chunk, run by run along the last axis. */
    private void copy(int[] offset, byte[] from, int[] band, byte[] to) {
        int last = chunk.length - 1;
        int[] inside = new int[chunk.length];
        for (int axis = 0; axis < chunk.length; axis++) {
            inside[axis] = axis == 0 ? Math.min(chunk[0], band[0]) : Math.min(chunk[axis], band[axis] - offset[axis]);
        }
        int[] at = new int[chunk.length];
        int axis;
        do {
            int element = 0;
            int target = 0;
            for (int i = 0; i < chunk.length; i++) {
                element = element * chunk[i] + at[i];
                target = target * band[i] + at[i] + (i == 0 ? 0 : offset[i]);
            }
            int bytes = type.bytes();
            System.arraycopy(from, element * bytes, to, target * bytes, inside[last] * bytes);
            for (axis = last - 1; axis >= 0 && ++at[axis] == inside[axis]; axis--) {
                at[axis] = 0;
            }
        } while (axis >= 0);
    }
}

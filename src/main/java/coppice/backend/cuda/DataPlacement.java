package coppice.backend.cuda;

/**
 * Decides, before any memory is taken, whether a data set goes into device memory or stays with the host.
 *
 * <p>Of the memory that is free, a sixteenth of what the GPU has and what the network made so far takes later are left
 * alone: transposes, gradients of dense layers, and the arrays of an evolution; with cuSPARSE gradients of sparse ones.
 */
final class DataPlacement {
    /** The limit that is none. */
    static final long UNLIMITED = Long.MAX_VALUE;

    private static final int RESERVE = 16; // one part in so many
    private static final long LATER_BYTES = 16; // a connection: transpose 12, evolution 4
    private static final long GRADIENT_BYTES = 4; // a connection

    private final Device device;
    private final long limit; // bytes of data sets in device memory
    private final long laterBytes; // a connection
    private long placed; // bytes
    private long connections;
    private long largestDense; // bytes

    DataPlacement(Device device, long limit, ProductLibraries libraries) {
        this.device = device;
        this.limit = limit;
        this.laterBytes = LATER_BYTES + (libraries.cusparse() ? GRADIENT_BYTES : 0);
    }

    /** Notes a sparse layer, which takes more memory when it is trained. */
    void expectSparse(long count) {
        connections += count;
    }

    /** Notes a dense tensor, whose gradient may be wanted; one gradient is there at a time. */
    void expectDense(long count) {
        largestDense = Math.max(largestDense, count * Float.BYTES);
    }

    /**
     * Where a data set goes.
     *
     * @param resident whether into device memory
     * @param text the same in words
     */
    record Place(boolean resident, String text) {}

    /** Decides on a data set of a size; a resident one counts from then on. */
    Place place(long bytes) {
        Device.Memory memory = device.memory();
        long later = connections * laterBytes + largestDense;
        long room = Math.max(0, Math.min(limit - placed, memory.free() - memory.total() / RESERVE - later));
        if (bytes <= room) {
            placed += bytes;
            return new Place(true, "on the GPU (" + Device.mebibytes(bytes) + ")");
        }
        return new Place(
                false,
                "in host memory, sent batch by batch: they take " + Device.mebibytes(bytes) + " and the GPU has "
                        + (room >> 20) + " MiB for data");
    }
}

package coppice.backend.cuda;

import coppice.backend.SparseTensor;
import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sparse weight matrix in device memory: 20 bytes a connection with one state buffer and the transpose, 8 bytes a row
 * and a column.
 */
final class CudaSparseTensor implements SparseTensor {
    private final Device device;
    private Storage storage;
    private @Nullable Transpose transpose;

    CudaSparseTensor(Device device, CsrPattern pattern, float[] values, int stateBuffers) {
        requireLength(pattern, values.length);
        this.device = device;
        this.storage = device.orNothing(() -> {
            List<DeviceMemory> state = new ArrayList<>();
            for (int buffer = 0; buffer < stateBuffers; buffer++) {
                state.add(device.zeros((long) pattern.connections() * Float.BYTES, what(pattern)));
            }
            return store(pattern, values, state);
        });
    }

    /**
     * The connections row by row, with what was learned of each.
     *
     * @param pattern the same on the host
     * @param rowOrder the rows, longest first
     * @param rowOffsets where each row begins
     * @param columnIndices the column of each
     * @param values the weight of each
     * @param state the optimizer's buffers, a number of each connection
     */
    private record Storage(
            CsrPattern pattern,
            DeviceMemory rowOrder,
            DeviceMemory rowOffsets,
            DeviceMemory columnIndices,
            DeviceMemory values,
            List<DeviceMemory> state) {}

    /**
     * The connections column by column, rows ascending.
     *
     * @param columnOrder the columns, longest first
     * @param columnOffsets where each column begins
     * @param rowIndices the row of each
     * @param valueIndices where each lies in CSR order
     */
    record Transpose(
            DeviceMemory columnOrder, DeviceMemory columnOffsets, DeviceMemory rowIndices, DeviceMemory valueIndices) {}

    private static void requireLength(CsrPattern pattern, int length) {
        if (length != pattern.connections()) {
            throw new IllegalArgumentException(pattern.connections() + " connections got " + length + " values");
        }
    }

    private static String what(CsrPattern pattern) {
        return "a layer of " + pattern.connections() + " connections";
    }

    private Storage store(CsrPattern pattern, float[] values, List<DeviceMemory> state) {
        DeviceMemory weights = device.allocate((long) values.length * Float.BYTES, what(pattern));
        device.transfers().upload(weights, values);
        return new Storage(
                pattern,
                put(pattern, LongestFirst.order(pattern.rowOffsets())),
                put(pattern, pattern.rowOffsets()),
                put(pattern, pattern.columnIndices()),
                weights,
                state);
    }

    private DeviceMemory put(CsrPattern pattern, int[] content) {
        DeviceMemory memory = device.allocate((long) content.length * Integer.BYTES, what(pattern));
        device.transfers().upload(memory, content);
        return memory;
    }

    @Override
    public CsrPattern pattern() {
        return storage.pattern;
    }

    /** The rows, longest first. */
    DeviceMemory rowOrder() {
        return storage.rowOrder;
    }

    DeviceMemory rowOffsets() {
        return storage.rowOffsets;
    }

    DeviceMemory columnIndices() {
        return storage.columnIndices;
    }

    DeviceMemory values() {
        return storage.values;
    }

    /** A state buffer; null where the optimizer has none of that number. */
    @Nullable
    DeviceMemory state(int buffer) {
        return buffer < storage.state.size() ? storage.state.get(buffer) : null;
    }

    /** The transpose; put on the device when it is first asked for, as the first layer never needs one. */
    Transpose transpose() {
        Transpose known = transpose;
        if (known == null) {
            CsrPattern pattern = pattern();
            CsrPattern.Transpose host = pattern.transpose();
            known = device.orNothing(() -> new Transpose(
                    put(pattern, LongestFirst.order(host.columnOffsets())),
                    put(pattern, host.columnOffsets()),
                    put(pattern, host.rowIndices()),
                    put(pattern, host.valueIndices())));
            transpose = known;
            pattern.releaseTranspose();
        }
        return known;
    }

    /** Says that {@link #readValues} comes next. */
    void expectValues() {
        device.transfers().expect(values(), pattern().connections());
    }

    float[] readValues() {
        return device.transfers().download(values(), pattern().connections());
    }

    float[] readState(int buffer) {
        return device.transfers().download(storage.state.get(buffer), pattern().connections());
    }

    void setState(int buffer, float[] content) {
        requireLength(pattern(), content.length);
        device.transfers().upload(storage.state.get(buffer), content);
    }

    /**
     * Takes a new topology; state is carried over on the device.
     *
     * <p>If that fails, the tensor is as it was before: the new arrays are all there before the old ones go. Only the
     * transpose goes first, to make room for them; it is made again when it is next asked for.
     *
     * @param updates has the kernel that carries state over
     */
    void rewire(CsrPattern pattern, float[] values, int[] origin, UpdateKernels updates) {
        requireLength(pattern, values.length);
        requireLength(pattern, origin.length);
        releaseTranspose();
        Storage old = storage;
        storage = device.orNothing(() -> {
            DeviceMemory places = put(pattern, origin);
            List<DeviceMemory> carried = new ArrayList<>();
            for (DeviceMemory state : old.state) {
                DeviceMemory next = device.allocate((long) origin.length * Float.BYTES, what(pattern));
                updates.carry(state, places, next, origin.length);
                carried.add(next);
            }
            Storage next = store(pattern, values, carried);
            device.synchronize(); // what is freed from here on is read no more
            device.free(places);
            return next;
        });
        device.free(old.rowOrder);
        device.free(old.rowOffsets);
        device.free(old.columnIndices);
        device.free(old.values);
        old.state.forEach(device::free);
    }

    private void releaseTranspose() {
        Transpose known = transpose;
        if (known != null) {
            transpose = null;
            device.free(known.columnOrder());
            device.free(known.columnOffsets());
            device.free(known.rowIndices());
            device.free(known.valueIndices());
        }
    }
}

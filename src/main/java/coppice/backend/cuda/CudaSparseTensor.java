package coppice.backend.cuda;

import coppice.backend.SparseTensor;
import coppice.matrix.CsrPattern;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A sparse weight matrix in device memory: 20 bytes a connection with one state buffer and the transpose, 8 bytes a row
 * and a column.
 */
final class CudaSparseTensor implements SparseTensor {
    private final Device device;
    private final DeviceMemory[] state;
    private CsrPattern pattern;
    private DeviceMemory rowOrder;
    private DeviceMemory rowOffsets;
    private DeviceMemory columnIndices;
    private DeviceMemory values;
    private @Nullable Transpose transpose;

    CudaSparseTensor(Device device, CsrPattern pattern, float[] values, int stateBuffers) {
        requireLength(pattern, values.length);
        this.device = device;
        this.pattern = pattern;
        this.rowOrder = ints(LongestFirst.order(pattern.rowOffsets()));
        this.rowOffsets = ints(pattern.rowOffsets());
        this.columnIndices = ints(pattern.columnIndices());
        this.values = floats(values);
        this.state = new DeviceMemory[stateBuffers];
        for (int buffer = 0; buffer < stateBuffers; buffer++) {
            state[buffer] = device.zeros((long) pattern.connections() * Float.BYTES, what());
        }
    }

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

    private String what() {
        return "a layer of " + pattern.connections() + " connections";
    }

    private DeviceMemory ints(int[] content) {
        DeviceMemory memory = device.allocate((long) content.length * Integer.BYTES, what());
        device.upload(memory, Pointer.to(content), (long) content.length * Integer.BYTES);
        return memory;
    }

    private DeviceMemory floats(float[] content) {
        DeviceMemory memory = device.allocate((long) content.length * Float.BYTES, what());
        device.upload(memory, Pointer.to(content), (long) content.length * Float.BYTES);
        return memory;
    }

    private float[] download(DeviceMemory memory) {
        float[] content = new float[pattern.connections()];
        device.download(Pointer.to(content), memory, 0, (long) content.length * Float.BYTES);
        return content;
    }

    @Override
    public CsrPattern pattern() {
        return pattern;
    }

    /** The rows, longest first. */
    DeviceMemory rowOrder() {
        return rowOrder;
    }

    DeviceMemory rowOffsets() {
        return rowOffsets;
    }

    DeviceMemory columnIndices() {
        return columnIndices;
    }

    DeviceMemory values() {
        return values;
    }

    /** A state buffer; null where the optimizer has none of that number. */
    @Nullable
    DeviceMemory state(int buffer) {
        return buffer < state.length ? state[buffer] : null;
    }

    /** The transpose; put on the device when it is first asked for, as the first layer never needs one. */
    Transpose transpose() {
        Transpose known = transpose;
        if (known == null) {
            CsrPattern.Transpose host = pattern.transpose();
            known = new Transpose(
                    ints(LongestFirst.order(host.columnOffsets())),
                    ints(host.columnOffsets()),
                    ints(host.rowIndices()),
                    ints(host.valueIndices()));
            transpose = known;
            pattern.releaseTranspose();
        }
        return known;
    }

    float[] readValues() {
        return download(values);
    }

    float[] readState(int buffer) {
        return download(state[buffer]);
    }

    void setState(int buffer, float[] content) {
        requireLength(pattern, content.length);
        device.upload(state[buffer], Pointer.to(content), (long) content.length * Float.BYTES);
    }

    void rewire(CsrPattern newPattern, float[] newValues, int[] origin) {
        requireLength(newPattern, newValues.length);
        float[][] old = new float[state.length][];
        for (int buffer = 0; buffer < state.length; buffer++) {
            old[buffer] = readState(buffer);
        }
        release();
        pattern = newPattern;
        rowOrder = ints(LongestFirst.order(newPattern.rowOffsets()));
        rowOffsets = ints(newPattern.rowOffsets());
        columnIndices = ints(newPattern.columnIndices());
        values = floats(newValues);
        for (int buffer = 0; buffer < state.length; buffer++) {
            float[] carried = new float[origin.length];
            for (int k = 0; k < origin.length; k++) {
                carried[k] = origin[k] < 0 ? 0 : old[buffer][origin[k]];
            }
            state[buffer] = floats(carried);
        }
    }

    private void release() {
        device.free(rowOrder);
        device.free(rowOffsets);
        device.free(columnIndices);
        device.free(values);
        for (DeviceMemory buffer : state) {
            device.free(buffer);
        }
        Transpose known = transpose;
        if (known != null) {
            device.free(known.columnOrder());
            device.free(known.columnOffsets());
            device.free(known.rowIndices());
            device.free(known.valueIndices());
            transpose = null;
        }
    }
}

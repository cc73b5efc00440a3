package coppice.backend.cuda;

import coppice.backend.Tensor;
import jcuda.Pointer;

/** A tensor in device memory, row-major. */
final class CudaTensor implements Tensor {
    private static final int CHUNK_FLOATS = 1 << 22; // copied at once where rows are padded

    private final Device device;
    private final DeviceMemory memory;
    private final int rows;
    private final int columns;
    private final int stride;

    private CudaTensor(Device device, int rows, int columns, int stride) {
        this.device = device;
        this.rows = rows;
        this.columns = columns;
        this.stride = stride;
        this.memory = device.zeros((long) rows * stride * Float.BYTES, "a tensor of " + rows + " x " + columns);
    }

    /** A tensor without padding. */
    static CudaTensor packed(Device device, int rows, int columns) {
        return new CudaTensor(device, rows, columns, columns);
    }

    /** An activation tensor: rows padded to a multiple of 32 floats, of 4 for batches under 32. */
    static CudaTensor activations(Device device, int neurons, int batch) {
        int unit = batch < 32 ? 4 : 32;
        return new CudaTensor(device, neurons, batch, Math.addExact(batch, unit - 1) / unit * unit);
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    /** Distance between rows. */
    int stride() {
        return stride;
    }

    DeviceMemory memory() {
        return memory;
    }

    void write(float[] values) {
        if (values.length != (long) rows * columns) {
            throw new IllegalArgumentException(
                    "a tensor of " + rows + " x " + columns + " cannot take " + values.length + " values");
        }
        if (stride == columns) {
            device.upload(memory, Pointer.to(values), memoryBytes(rows));
            return;
        }
        int chunk = chunkRows();
        float[] padded = new float[chunk * stride];
        for (int from = 0; from < rows; from += chunk) {
            int count = Math.min(chunk, rows - from);
            for (int row = 0; row < count; row++) {
                System.arraycopy(values, (from + row) * columns, padded, row * stride, columns);
            }
            device.upload(memory, memoryBytes(from), Pointer.to(padded), memoryBytes(count));
        }
    }

    float[] read() {
        float[] values = new float[Math.multiplyExact(rows, columns)];
        if (stride == columns) {
            device.download(Pointer.to(values), memory, 0, memoryBytes(rows));
            return values;
        }
        int chunk = chunkRows();
        float[] padded = new float[chunk * stride];
        for (int from = 0; from < rows; from += chunk) {
            int count = Math.min(chunk, rows - from);
            device.download(Pointer.to(padded), memory, memoryBytes(from), memoryBytes(count));
            for (int row = 0; row < count; row++) {
                System.arraycopy(padded, row * stride, values, (from + row) * columns, columns);
            }
        }
        return values;
    }

    private int chunkRows() {
        return Math.max(1, Math.min(rows, CHUNK_FLOATS / stride));
    }

    private long memoryBytes(int rowCount) {
        return (long) rowCount * stride * Float.BYTES;
    }
}

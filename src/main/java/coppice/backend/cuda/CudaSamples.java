package coppice.backend.cuda;

import coppice.backend.Samples;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/** A data set in device memory, in the form it has in host memory. */
final class CudaSamples implements Samples {
    private final Device device;
    private final String kernel;
    private final int rows;
    private final int features;
    private final @Nullable DeviceMemory dense; // bytes or floats
    private @Nullable DeviceMemory rowOffsets; // of sparse samples
    private @Nullable DeviceMemory columnIndices;
    private @Nullable DeviceMemory values;
    private final DeviceMemory labels;
    private final DeviceMemory order;

    CudaSamples(Device device, Matrix matrix, int[] labels) {
        this.device = device;
        this.rows = matrix.rows();
        this.features = matrix.columns();
        if (matrix instanceof ByteMatrix bytes) {
            kernel = "gather_bytes";
            dense = put(Pointer.to(bytes.values()), bytes.values().length);
        } else if (matrix instanceof DenseMatrix floats) {
            kernel = "gather_floats";
            dense = put(Pointer.to(floats.values()), (long) floats.values().length * Float.BYTES);
        } else {
            CsrMatrix sparse = (CsrMatrix) matrix;
            kernel = "gather_sparse";
            dense = null;
            rowOffsets = ints(sparse.pattern().rowOffsets());
            columnIndices = ints(sparse.pattern().columnIndices());
            values = put(Pointer.to(sparse.values()), (long) sparse.values().length * Float.BYTES);
        }
        this.labels = ints(labels);
        this.order = device.allocate((long) rows * Integer.BYTES, what());
    }

    private String what() {
        return "a data set of " + rows + " samples";
    }

    private DeviceMemory ints(int[] content) {
        return put(Pointer.to(content), (long) content.length * Integer.BYTES);
    }

    private DeviceMemory put(Pointer content, long bytes) {
        DeviceMemory memory = device.allocate(bytes, what());
        device.upload(memory, content, bytes);
        return memory;
    }

    @Override
    public int rows() {
        return rows;
    }

    /** The kernel that takes batches out of samples of this form. */
    String kernel() {
        return kernel;
    }

    int features() {
        return features;
    }

    DeviceMemory labels() {
        return labels;
    }

    DeviceMemory order() {
        return order;
    }

    void setOrder(int[] newOrder) {
        device.upload(order, Pointer.to(newOrder), (long) newOrder.length * Integer.BYTES);
    }

    /** Writes the first four fields of the kernel's arguments. */
    void writeTo(Arguments arguments) {
        arguments.pointer(dense).pointer(rowOffsets).pointer(columnIndices).pointer(values);
    }
}

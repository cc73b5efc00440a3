package coppice.backend.cuda;

import coppice.backend.ImageMaps;
import coppice.backend.Samples;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A data set in the form it has in host memory: labels, order and maps of images on the device, features there too or
 * {@linkplain StreamedFeatures streamed}.
 */
final class CudaSamples implements Samples {
    private static final int BYTES_PER_SAMPLE = 8; // label and place in the order

    private final Device device;
    private final Matrix matrix;
    private final String placement;
    private final @Nullable StreamedFeatures streamed;
    private @Nullable DeviceMemory dense; // bytes or floats
    private @Nullable DeviceMemory rowOffsets; // of sparse samples
    private @Nullable DeviceMemory columnIndices;
    private @Nullable DeviceMemory values;
    private final DeviceMemory labels;
    private final @Nullable DeviceMemory classWeights;
    private final DeviceMemory order;
    private @Nullable ImageMaps images; // of the order
    private @Nullable DeviceMemory maps;

    CudaSamples(Device device, Matrix matrix, int[] labels, float @Nullable [] classWeights, DataPlacement placement) {
        this.device = device;
        this.matrix = matrix;
        DataPlacement.Place place = placement.place(bytes(matrix) + (long) rows() * BYTES_PER_SAMPLE);
        this.placement = place.text();
        this.streamed = place.resident() ? null : new StreamedFeatures(device, matrix);
        if (place.resident()) {
            put(matrix);
        }
        this.labels = ints(labels);
        this.classWeights =
                classWeights == null ? null : put(Pointer.to(classWeights), (long) classWeights.length * Float.BYTES);
        this.order = device.allocate((long) rows() * Integer.BYTES, what());
    }

    /** What features take. */
    private static long bytes(Matrix matrix) {
        if (matrix instanceof CsrMatrix sparse) {
            return (sparse.rows() + 1L) * Integer.BYTES + (long) sparse.values().length * (Integer.BYTES + Float.BYTES);
        }
        long cells = (long) matrix.rows() * matrix.columns();
        return matrix instanceof ByteMatrix ? cells : cells * Float.BYTES;
    }

    private void put(Matrix matrix) {
        if (matrix instanceof ByteMatrix bytes) {
            dense = put(Pointer.to(bytes.values()), bytes.values().length);
        } else if (matrix instanceof DenseMatrix floats) {
            dense = put(Pointer.to(floats.values()), (long) floats.values().length * Float.BYTES);
        } else {
            CsrMatrix sparse = (CsrMatrix) matrix;
            rowOffsets = ints(sparse.pattern().rowOffsets());
            columnIndices = ints(sparse.pattern().columnIndices());
            values = put(Pointer.to(sparse.values()), (long) sparse.values().length * Float.BYTES);
        }
    }

    private String what() {
        return "a data set of " + rows() + " samples";
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
        return matrix.rows();
    }

    @Override
    public String placement() {
        return placement;
    }

    /** The kernel that takes batches out of samples of this form. */
    String kernel() {
        if (matrix instanceof CsrMatrix) {
            return "gather_sparse";
        }
        return (images == null ? "gather_" : "gather_images_of_") + (matrix instanceof ByteMatrix ? "bytes" : "floats");
    }

    int features() {
        return matrix.columns();
    }

    /** The features, if they are not in device memory. */
    @Nullable
    StreamedFeatures streamed() {
        return streamed;
    }

    DeviceMemory labels() {
        return labels;
    }

    /** What the loss of a sample of each class is multiplied by; null for 1. */
    @Nullable
    DeviceMemory classWeights() {
        return classWeights;
    }

    DeviceMemory order() {
        return order;
    }

    /** Sets the order, and the maps of its places if any; returns whether steps take batches otherwise now. */
    boolean setOrder(int[] newOrder, @Nullable ImageMaps newImages) {
        ImageMaps before = images;
        if (newImages != null) {
            newImages.requireFit(matrix, newOrder.length);
            DeviceMemory memory = maps;
            if (memory == null) {
                memory = device.allocate((long) rows() * ImageMaps.NUMBERS * Float.BYTES, what());
                maps = memory;
            }
            device.upload(memory, Pointer.to(newImages.maps()), (long) newImages.maps().length * Float.BYTES);
        }
        device.upload(order, Pointer.to(newOrder), (long) newOrder.length * Integer.BYTES);
        if (streamed != null) {
            streamed.setOrder(newOrder);
        }
        images = newImages;
        boolean same = before == null ? newImages == null : before.isLike(newImages);
        return !same;
    }

    /** How samples are mapped; null if they are not. */
    @Nullable
    ImageMaps images() {
        return images;
    }

    /** The numbers of the maps, if there were any. */
    @Nullable
    DeviceMemory maps() {
        return maps;
    }

    /** Writes the first five fields of the kernel's arguments. */
    void writeTo(Arguments arguments) {
        if (streamed != null) {
            streamed.writeTo(arguments);
        } else {
            arguments
                    .pointer(dense)
                    .pointer(rowOffsets)
                    .pointer(columnIndices)
                    .pointer(values)
                    .pointer(order);
        }
    }
}

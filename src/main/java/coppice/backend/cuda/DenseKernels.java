package coppice.backend.cuda;

import org.jspecify.annotations.Nullable;

/** Products of dense matrices. Twin of kernels/dense.cu and backend/cpu/DenseKernels. */
final class DenseKernels {
    private static final int TILE = 32;

    private final Device device;
    private final Kernels kernels;
    private @Nullable DeviceMemory gradient; // of the greatest layer so far, scratch

    DenseKernels(Device device, Kernels kernels) {
        this.device = device;
        this.kernels = kernels;
    }

    /** z = W x + b. */
    void forward(CudaTensor w, CudaTensor bias, CudaTensor x, CudaTensor z, int batch) {
        kernels.arguments()
                .pointer(w.memory())
                .pointer(x.memory())
                .pointer(z.memory())
                .pointer(bias.memory())
                .integer(w.rows())
                .integer(batch)
                .integer(w.columns())
                .integer(w.stride())
                .integer(1)
                .integer(x.stride())
                .integer(1)
                .integer(z.stride());
        launch(w.rows(), batch);
    }

    /** dx = W^T dz. */
    void backward(CudaTensor w, CudaTensor dz, CudaTensor dx, int batch) {
        kernels.arguments()
                .pointer(w.memory())
                .pointer(dz.memory())
                .pointer(dx.memory())
                .pointer(null)
                .integer(w.columns())
                .integer(batch)
                .integer(w.rows())
                .integer(1)
                .integer(w.stride())
                .integer(dz.stride())
                .integer(1)
                .integer(dx.stride());
        launch(w.columns(), batch);
    }

    /** dW = dz x^T, in scratch that the next call overwrites. */
    DeviceMemory gradient(CudaTensor w, CudaTensor dz, CudaTensor x, int batch) {
        DeviceMemory target = scratch((long) w.rows() * w.stride() * Float.BYTES);
        kernels.arguments()
                .pointer(dz.memory())
                .pointer(x.memory())
                .pointer(target)
                .pointer(null)
                .integer(w.rows())
                .integer(w.columns())
                .integer(batch)
                .integer(dz.stride())
                .integer(1)
                .integer(1)
                .integer(x.stride())
                .integer(w.stride());
        launch(w.rows(), w.columns());
        return target;
    }

    private DeviceMemory scratch(long bytes) {
        DeviceMemory memory = gradient;
        if (memory == null || memory.bytes() < bytes) {
            if (memory != null) {
                device.synchronize();
                device.free(memory);
            }
            gradient = null;
            memory = device.allocate(bytes, "the gradient of a dense layer");
            gradient = memory;
        }
        return memory;
    }

    private void launch(int rows, int columns) {
        kernels.launch("dense_multiply", (columns + TILE - 1) / TILE, (rows + TILE - 1) / TILE, TILE, 8);
    }
}

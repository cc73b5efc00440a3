package coppice.backend.cuda;

import coppice.backend.Window;

/** What is left to do beside the products of NVIDIA's libraries. Of kernels/library.cu. */
final class LibraryKernels {
    private static final int THREADS = 256;

    private final Kernels kernels;

    LibraryKernels(Kernels kernels) {
        this.kernels = kernels;
    }

    /** z = b in each column of the batch, for a product to be added; as many rows in turn share a bias as there are. */
    void startWithBias(CudaTensor z, CudaTensor bias, int batch) {
        kernels.arguments()
                .pointer(z.memory())
                .pointer(bias.memory())
                .integer(z.rows())
                .integer(z.stride())
                .integer(batch)
                .integer(z.rows() / bias.rows());
        kernels.launchByRows("start_with_bias", z.rows());
    }

    /** to[k] = from[indices[k]] for {@code count} floats, at least one. */
    void permute(DeviceMemory from, DeviceMemory indices, DeviceMemory to, int count) {
        kernels.arguments()
                .pointer(from)
                .pointer(indices)
                .pointer(to)
                .integer(count)
                .integer(0);
        kernels.launch("permute", (count - 1) / THREADS + 1, 1, THREADS, 1);
    }

    /**
     * Some positions of a window, and where their patches go.
     *
     * @param first position
     * @param count of positions
     * @param width columns of each position, at least the batch
     */
    record Slice(int first, int count, int width) {
        /** Columns of the patches. */
        int columns() {
            return Math.multiplyExact(count, width);
        }
    }

    /** Patches of images as a matrix, (terms, columns of the slice); zero past the batch and outside the images. */
    void formPatches(Window window, Slice slice, CudaTensor x, DeviceMemory patches, int batch) {
        kernels.arguments()
                .pointer(x.memory())
                .pointer(patches)
                .window(window)
                .integer(slice.first)
                .integer(slice.count)
                .integer(slice.width)
                .integer(x.stride())
                .integer(batch);
        kernels.launchByRows("form_patches", Math.multiplyExact(window.terms(), slice.count));
    }

    /** Adds what patches have to the pixels that they were formed of; the slice that begins at 0 starts from zero. */
    void addPatches(Window window, Slice slice, DeviceMemory patches, CudaTensor dx, int batch) {
        kernels.arguments()
                .pointer(patches)
                .pointer(dx.memory())
                .window(window)
                .integer(slice.first)
                .integer(slice.count)
                .integer(slice.width)
                .integer(dx.stride())
                .integer(batch);
        kernels.launchByRows("add_patches", window.inputs());
    }
}

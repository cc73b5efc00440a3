package coppice.backend.cuda;

/** What is left to do beside the products of NVIDIA's libraries. Of kernels/library.cu. */
final class LibraryKernels {
    private static final int THREADS = 256;

    private final Kernels kernels;

    LibraryKernels(Kernels kernels) {
        this.kernels = kernels;
    }

    /** z = b in each column of the batch, for a product to be added. */
    void startWithBias(CudaTensor z, CudaTensor bias, int batch) {
        kernels.arguments()
                .pointer(z.memory())
                .pointer(bias.memory())
                .integer(z.rows())
                .integer(z.stride())
                .integer(batch)
                .integer(0);
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
}

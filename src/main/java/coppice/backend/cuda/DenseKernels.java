package coppice.backend.cuda;

/** Products of dense matrices. Twin of kernels/dense.cu and backend/cpu/DenseKernels. */
final class DenseKernels implements DenseProducts {
    private static final int TILE = 32; // rows and columns
    private static final int LARGE_TILE = 64;
    private static final int THREADS = 128;
    private static final int FEW_ROWS = 32;
    private static final int FEW_COLUMNS = 8;
    private static final int FEW_THREADS = 256;

    private final Kernels kernels;
    private final Scratch scratch;

    DenseKernels(Device device, Kernels kernels) {
        this.kernels = kernels;
        this.scratch = new Scratch(device, "the gradient of a dense layer");
    }

    @Override
    public void forward(CudaTensor w, CudaTensor bias, CudaTensor x, CudaTensor z, int batch) {
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
        if (w.rows() <= FEW_ROWS) {
            launchFewRows(w.rows(), batch);
        } else {
            launch(w.rows(), batch);
        }
    }

    @Override
    public void backward(CudaTensor w, CudaTensor dz, CudaTensor dx, int batch) {
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

    @Override
    public DeviceMemory gradient(CudaTensor w, CudaTensor dz, CudaTensor x, int batch) {
        DeviceMemory target = scratch.of((long) w.rows() * w.stride() * Float.BYTES);
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

    /** The outputs of a classifier: few rows, each a long sum. */
    private void launchFewRows(int rows, int columns) {
        kernels.launch("dense_multiply_few_rows", tiles(columns, FEW_COLUMNS), tiles(rows, FEW_ROWS), FEW_THREADS, 1);
    }

    /** Large tiles where they are enough to fill the GPU. */
    private void launch(int rows, int columns) {
        boolean large = (long) tiles(rows, LARGE_TILE) * tiles(columns, LARGE_TILE) >= kernels.multiprocessors();
        int tile = large ? LARGE_TILE : TILE;
        int tiles = Math.multiplyExact(tiles(rows, tile), tiles(columns, tile));
        kernels.launch(large ? "dense_multiply_large" : "dense_multiply", tiles, 1, THREADS, 1);
    }

    private static int tiles(int length, int tile) {
        return (length + tile - 1) / tile;
    }
}

package coppice.backend.cuda;

import coppice.backend.Parameter;
import coppice.backend.Update;
import coppice.backend.Window;
import org.jspecify.annotations.Nullable;

/** How filters learn. Twin of kernels/filters.cu and backend/cpu/ConvolutionKernels. */
final class FilterKernels {
    private static final int WARPS = 4; // of a block, a piece each
    private static final int GROUP = 32; // columns, of a piece
    private static final int THREADS = GROUP * WARPS;
    private static final int BIAS_THREADS = 256;
    private static final int FOLDED = 8 * WARPS; // weights, by a block
    private static final int TILE = 8; // filters, and terms
    private static final int LANE_BYTES = GROUP * Float.BYTES;
    private static final long MOST_LANES = 256L << 20; // bytes, for pieces that are summed apart
    private static final int MOST_PARTS = 1024;

    private final Kernels kernels;
    private final StepState state;
    private final Scratch gradients;
    private final Scratch pieceLanes;

    FilterKernels(Device device, Kernels kernels, StepState state) {
        this.kernels = kernels;
        this.state = state;
        this.gradients = new Scratch(device, "the gradient of filters");
        this.pieceLanes = new Scratch(device, "partial sums of the gradient of filters");
    }

    /** dW of dense filters, in scratch that the next call overwrites. */
    DeviceMemory gradient(Window window, CudaTensor w, CudaTensor dz, CudaTensor x, int batch) {
        int weights = Math.multiplyExact(w.rows(), w.columns());
        int tiles = Math.multiplyExact(parts(w.rows(), TILE), parts(w.columns(), TILE));
        Work work = new Work(window, w.rows(), weights, tiles, 1, batch);
        Arguments arguments = kernels.arguments().pointer(null).pointer(null).pointer(null);
        return launch("filter_gradient", arguments, work, dz, x);
    }

    /** dW of sparse filters at their connections, of which there is one at least, in scratch as above. */
    DeviceMemory gradient(Window window, CudaSparseTensor w, CudaTensor dz, CudaTensor x, int batch) {
        int filters = w.pattern().rows();
        int connections = w.pattern().connections();
        int wanted = parts(kernels.wantedWarps(), filters * Math.min(WARPS, pieces(window, batch)));
        int worthwhile = connections / filters / TILE;
        int parts = Math.max(1, Math.min(MOST_PARTS, Math.min(wanted, worthwhile)));
        Work work = new Work(window, filters, connections, filters, parts, batch);
        Arguments arguments = kernels.arguments()
                .pointer(w.rowOrder())
                .pointer(w.rowOffsets())
                .pointer(w.columnIndices());
        return launch("sparse_filter_gradient", arguments, work, dz, x);
    }

    /**
     * A gradient to be computed.
     *
     * @param weights numbers in it
     * @param tiles blocks that share no weights
     * @param parts that each tile's weights are cut into
     */
    private record Work(Window window, int filters, int weights, int tiles, int parts, int batch) {}

    /**
     * Computes a gradient. Where blocks are too few to fill the GPU, each has four pieces of 32 columns by a stripe of
     * rows, and leaves their lanes to be added up by a second kernel, if those take little memory.
     */
    private DeviceMemory launch(String kernel, Arguments arguments, Work work, CudaTensor dz, CudaTensor x) {
        DeviceMemory target = gradients.of((long) work.weights * Float.BYTES);
        int pieces = pieces(work.window, work.batch);
        long lanesBytes = (long) pieces * work.weights * LANE_BYTES;
        long warps = (long) work.tiles * work.parts * Math.min(WARPS, pieces);
        boolean apart = pieces > WARPS && warps < kernels.wantedWarps() && lanesBytes <= MOST_LANES;
        @Nullable DeviceMemory lanes = apart ? pieceLanes.of(lanesBytes) : null;
        arguments
                .pointer(dz.memory())
                .pointer(x.memory())
                .pointer(lanes)
                .pointer(target)
                .window(work.window)
                .integer(work.filters)
                .integer(work.weights)
                .integer(work.window.stripe())
                .integer(dz.stride())
                .integer(x.stride())
                .integer(work.batch)
                .integer(work.parts);
        kernels.launch(kernel, work.tiles, apart ? work.parts * parts(pieces, WARPS) : work.parts, THREADS, 1);
        if (lanes != null) {
            kernels.arguments()
                    .pointer(lanes)
                    .pointer(target)
                    .integer(work.weights)
                    .integer(pieces);
            kernels.launch("fold_blocks", parts(work.weights, FOLDED), 1, THREADS, 1);
        }
        return target;
    }

    /** Biases learn from the sums of dz over positions and the batch. */
    void learnBias(Window window, Parameter bias, CudaTensor dz, Update update, int batch) {
        int filters = bias.value().rows();
        Arguments arguments = kernels.arguments();
        UpdateKernels.writeParameter(arguments, bias);
        arguments.pointer(dz.memory()).pointer(state.memory());
        UpdateKernels.write(arguments, update);
        arguments
                .integer(filters)
                .integer(window.positions())
                .integer(window.stripe() * window.outWidth())
                .integer(dz.stride())
                .integer(batch)
                .integer(0);
        kernels.launch("update_filter_bias", filters, 1, BIAS_THREADS, 1);
    }

    private static int pieces(Window window, int batch) {
        return Math.multiplyExact(parts(window.outHeight(), window.stripe()), parts(batch, GROUP));
    }

    private static int parts(int length, int part) {
        return (length + part - 1) / part;
    }
}

package coppice.backend.cuda;

import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Window;

/** Convolutions with dense filters. Twin of kernels/convolution.cu and backend/cpu/ConvolutionKernels. */
final class ConvolutionKernels implements ConvolutionProducts {
    private static final int GROUP = 32; // columns
    private static final int MOST_GROUPS = 4; // that a warp takes
    private static final int TILE_ROWS = 16; // images, that a warp has
    private static final int WARPS = 4;
    private static final int TURNING_THREADS = 256;

    private final Kernels kernels;
    private final NeuronKernels neurons;
    private final FilterKernels filters;
    private final Scratch turned;

    ConvolutionKernels(Device device, Kernels kernels, NeuronKernels neurons, FilterKernels filters) {
        this.kernels = kernels;
        this.neurons = neurons;
        this.filters = filters;
        this.turned = new Scratch(device, "the filters of a convolution");
    }

    @Override
    public void forward(Window window, CudaTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass) {
        DeviceMemory weights = turn(window, w, true);
        Arguments arguments =
                kernels.arguments().pointer(weights).pointer(bias.memory()).pointer(x.memory());
        neurons.write(arguments, outputs, pass);
        arguments.window(window);
        launch("convolve_forward", arguments, x, new Size(w.rows(), window.positions(), window.terms()), pass.batch());
    }

    @Override
    public void backward(Window window, CudaTensor w, CudaTensor dz, Neurons below, Pass pass) {
        DeviceMemory weights = turn(window, w, false);
        Arguments arguments = kernels.arguments().pointer(weights).pointer(null).pointer(dz.memory());
        neurons.write(arguments, below, pass);
        arguments.window(window);
        int terms = window.kernel() * window.kernel() * w.rows();
        Size size = new Size(window.channels(), window.height() * window.width(), terms);
        launch("convolve_backward", arguments, dz, size, pass.batch());
        neurons.deriveSummed(below, pass);
    }

    @Override
    public DeviceMemory gradient(Window window, CudaTensor w, CudaTensor dz, CudaTensor x, int batch) {
        return filters.gradient(window, w, dz, x, batch);
    }

    /** Weights as a product takes them, (terms, filters), or backward (terms, channels). */
    private DeviceMemory turn(Window window, CudaTensor w, boolean forward) {
        int count = Math.multiplyExact(w.rows(), w.columns());
        int square = window.kernel() * window.kernel();
        DeviceMemory target = turned.of((long) count * Float.BYTES);
        kernels.arguments()
                .pointer(w.memory())
                .pointer(target)
                .integer(forward ? w.rows() : window.channels())
                .integer(forward ? window.channels() : w.rows())
                .integer(forward ? w.columns() : square)
                .integer(forward ? square : w.columns())
                .integer(window.kernel())
                .integer(0);
        kernels.launch("turn_filters", parts(count, TURNING_THREADS), 1, TURNING_THREADS, 1);
        return target;
    }

    /**
     * Of a product.
     *
     * @param rows images made
     * @param places pixels or positions of each
     * @param terms of each sum
     */
    private record Size(int rows, int places, int terms) {}

    private void launch(String kernel, Arguments arguments, CudaTensor source, Size size, int batch) {
        int each = groupsEach(size, batch);
        int rowTiles = size.rows > TILE_ROWS ? 2 : 1;
        arguments
                .integer(size.rows)
                .integer(size.terms)
                .integer(source.stride())
                .integer(each)
                .integer(rowTiles);
        int slices = parts(parts(batch, GROUP), each);
        int blocks = Math.multiplyExact(parts(size.places, WARPS / rowTiles), slices);
        kernels.launch(kernel, blocks, parts(size.rows, rowTiles * TILE_ROWS), WARPS * GROUP, 1);
    }

    /**
     * Groups of 32 columns that a warp takes: as many as leave the GPU with half the usual warps, which have much to do
     * between two loads, and the same number in each slice of the batch as far as can be.
     */
    private int groupsEach(Size size, int batch) {
        int groups = parts(batch, GROUP);
        int each = even(groups, MOST_GROUPS);
        while (each > 1) {
            long warps = (long) parts(size.rows, TILE_ROWS) * size.places * parts(groups, each);
            if (2 * warps >= kernels.wantedWarps()) {
                break;
            }
            each = even(groups, each - 1);
        }
        return each;
    }

    /** Groups in each of as few slices as have {@code most} groups at most. */
    private static int even(int groups, int most) {
        return parts(groups, parts(groups, most));
    }

    private static int parts(int length, int part) {
        return (length + part - 1) / part;
    }
}

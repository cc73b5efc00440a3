package coppice.backend.cpu;

import coppice.backend.Backend.Updates;
import coppice.backend.Joined;

/**
 * How sparse layers learn, shared out over the threads of a pool.
 *
 * <p>Of two batches side by side, each thread joins the rows of its own range of outputs. Short inputs are joined by
 * every thread for itself: that takes less time than fetching what others have joined.
 */
final class SparseLearning {
    /** Floats of an input that every thread joins for itself. */
    private static final int SHORT = 1 << 16;

    private final KernelSet kernels;
    private final RowTasks rows;
    private CpuTensor[] copies = {}; // of an input, one a thread

    SparseLearning(KernelSet kernels, RowTasks rows) {
        this.kernels = kernels;
        this.rows = rows;
    }

    /** A layer, and how it learns. */
    static final class Layer {
        private final CpuSparseTensor weights;
        private final CpuTensor bias;
        private final float[][] biasState;
        private final Updates updates;
        private final int batch;

        Layer(CpuSparseTensor weights, CpuTensor bias, float[][] biasState, Updates updates, int batch) {
            this.weights = weights;
            this.bias = bias;
            this.biasState = biasState;
            this.updates = updates;
            this.batch = batch;
        }
    }

    /** Learns from a gradient of the outputs and the input. */
    void learn(Layer layer, CpuTensor dz, CpuTensor x) {
        rows.runByConnections(
                layer.weights.pattern().rowOffsets(), layer.batch, (from, to) -> learn(layer, dz, x, from, to));
    }

    private void learn(Layer layer, CpuTensor dz, CpuTensor x, int from, int to) {
        kernels.sparse().sddmmUpdate(layer.weights, dz, x, layer.updates.weights(), layer.batch, from, to);
        kernels.neurons().updateBias(layer.bias, layer.biasState, dz, layer.updates.bias(), layer.batch, from, to);
    }

    /** Learns from two gradients and inputs side by side. */
    void learn(Layer layer, Joined dz, Joined x) {
        int[] offsets = layer.weights.pattern().rowOffsets();
        CpuTensor gradient = (CpuTensor) dz.out();
        CpuTensor input = (CpuTensor) x.out();
        StochasticKernels units = kernels.stochastic();
        if (rows.oneRangeEach(offsets, layer.batch) && input.rows() * input.stride() <= SHORT) {
            CpuTensor[] inputs = copies(input);
            rows.runOneRangeEach(offsets, layer.batch, (thread, from, to) -> {
                units.join(dz, gradient, from, to);
                units.join(x, inputs[thread], 0, input.rows());
                learn(layer, gradient, inputs[thread], from, to);
            });
            return;
        }
        rows.run(input.rows(), layer.batch, (from, to) -> units.join(x, input, from, to));
        rows.runByConnections(offsets, layer.batch, (from, to) -> {
            units.join(dz, gradient, from, to);
            learn(layer, gradient, input, from, to);
        });
    }

    /** A tensor for each thread: the input itself and others of its shape. */
    private CpuTensor[] copies(CpuTensor input) {
        CpuTensor[] of = copies;
        if (of.length == 0 || of[0] != input) {
            of = new CpuTensor[rows.threads()];
            for (int thread = 1; thread < of.length; thread++) {
                of[thread] = CpuTensor.activations(input.rows(), input.columns());
            }
            of[0] = input;
            copies = of;
        }
        return of;
    }
}

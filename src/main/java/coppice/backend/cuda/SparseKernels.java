package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;

/** Products with sparse weights. Twin of kernels/sparse.cu and backend/cpu/SparseKernels. */
final class SparseKernels implements SparseProducts {
    private static final int PART = 8; // connections, whose products a warp sums at once

    private final Kernels kernels;
    private final StepState state;
    private final NeuronKernels neurons;

    SparseKernels(Kernels kernels, StepState state, NeuronKernels neurons) {
        this.kernels = kernels;
        this.state = state;
        this.neurons = neurons;
    }

    @Override
    public void forward(CudaSparseTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass) {
        int rows = w.pattern().rows();
        int groups = groupsEach(rows, pass.batch());
        Arguments arguments = kernels.arguments()
                .pointer(w.rowOrder())
                .pointer(w.rowOffsets())
                .pointer(w.columnIndices())
                .pointer(w.values())
                .pointer(bias.memory())
                .pointer(x.memory());
        neurons.write(arguments, outputs, pass);
        arguments.integer(rows).integer(x.stride()).integer(groups).integer(0);
        kernels.launchByRows("sparse_forward", rows, slices(pass.batch(), groups));
    }

    @Override
    public void backward(CudaSparseTensor w, CudaTensor dz, Neurons below, Pass pass) {
        int columns = w.pattern().columns();
        CudaSparseTensor.Transpose transpose = w.transpose();
        boolean summed = below.slopeGradient() != null; // over the batch, which is then not shared out
        int groups = summed ? groups(pass.batch()) : groupsEach(columns, pass.batch());
        Arguments arguments = kernels.arguments()
                .pointer(transpose.columnOrder())
                .pointer(transpose.columnOffsets())
                .pointer(transpose.rowIndices())
                .pointer(transpose.valueIndices())
                .pointer(w.values())
                .pointer(dz.memory());
        neurons.write(arguments, below, pass);
        arguments.integer(columns).integer(dz.stride()).integer(groups).integer(0);
        kernels.launchByRows("sparse_backward", columns, slices(pass.batch(), groups));
    }

    @Override
    public void sddmm(CudaSparseTensor w, CudaTensor dz, CudaTensor x, CudaTensor out, int batch) {
        int rows = w.pattern().rows();
        kernels.arguments()
                .pointer(w.rowOrder())
                .pointer(w.rowOffsets())
                .pointer(w.columnIndices())
                .pointer(dz.memory())
                .pointer(x.memory())
                .pointer(out.memory())
                .integer(rows)
                .integer(dz.stride())
                .integer(x.stride())
                .integer(batch);
        kernels.launchByRows("sddmm", rows, parts(w));
    }

    @Override
    public void update(
            CudaSparseTensor w, Parameter bias, CudaTensor dz, CudaTensor x, Backend.Updates steps, int batch) {
        int rows = w.pattern().rows();
        Arguments arguments = kernels.arguments()
                .pointer(w.rowOrder())
                .pointer(w.rowOffsets())
                .pointer(w.columnIndices())
                .pointer(w.values())
                .pointer(w.state(0))
                .pointer(w.state(1));
        UpdateKernels.writeParameter(arguments, bias);
        arguments.pointer(dz.memory()).pointer(x.memory()).pointer(state.memory());
        UpdateKernels.write(arguments, steps.weights());
        UpdateKernels.write(arguments, steps.bias());
        arguments.integer(rows).integer(dz.stride()).integer(x.stride()).integer(batch);
        kernels.launchByRows("sparse_update", rows, parts(w));
    }

    /** Groups of 32 batch columns. */
    private static int groups(int batch) {
        return (batch + 31) / 32;
    }

    private static int slices(int batch, int groupsEach) {
        return (groups(batch) + groupsEach - 1) / groupsEach;
    }

    /** Groups that a warp takes: as many as leave the GPU with warps enough, since each reads the indices again. */
    private int groupsEach(int rows, int batch) {
        int each = Math.max(1, groups(batch));
        while (each > 1 && (long) rows * slices(batch, each) < kernels.wantedWarps()) {
            each = Integer.highestOneBit(each - 1); // the next lower power of two
        }
        return each;
    }

    /** Into how many parts rows are cut for the gradients: for warps enough, but with eight connections each. */
    private int parts(CudaSparseTensor w) {
        int rows = Math.max(1, w.pattern().rows());
        int wanted = (kernels.wantedWarps() + rows - 1) / rows;
        int worthwhile = w.pattern().connections() / rows / PART;
        return Math.max(1, Math.min(wanted, worthwhile));
    }
}

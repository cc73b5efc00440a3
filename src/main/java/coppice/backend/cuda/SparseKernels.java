package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;

/** Products with sparse weights. Twin of kernels/sparse.cu and backend/cpu/SparseKernels. */
final class SparseKernels {
    private final Kernels kernels;
    private final StepState state;
    private final NeuronKernels neurons;

    SparseKernels(Kernels kernels, StepState state, NeuronKernels neurons) {
        this.kernels = kernels;
        this.state = state;
        this.neurons = neurons;
    }

    void forward(CudaSparseTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass) {
        int rows = w.pattern().rows();
        Arguments arguments = kernels.arguments()
                .pointer(w.rowOffsets())
                .pointer(w.columnIndices())
                .pointer(w.values())
                .pointer(bias.memory())
                .pointer(x.memory());
        neurons.write(arguments, outputs, pass);
        arguments.integer(rows).integer(x.stride());
        kernels.launchByRows("sparse_forward", rows);
    }

    void backward(CudaSparseTensor w, CudaTensor dz, Neurons below, Pass pass) {
        int columns = w.pattern().columns();
        CudaSparseTensor.Transpose transpose = w.transpose();
        Arguments arguments = kernels.arguments()
                .pointer(transpose.columnOffsets())
                .pointer(transpose.rowIndices())
                .pointer(transpose.valueIndices())
                .pointer(w.values())
                .pointer(dz.memory());
        neurons.write(arguments, below, pass);
        arguments.integer(columns).integer(dz.stride());
        kernels.launchByRows("sparse_backward", columns);
    }

    void sddmm(CudaSparseTensor w, CudaTensor dz, CudaTensor x, CudaTensor out, int batch) {
        int rows = w.pattern().rows();
        kernels.arguments()
                .pointer(w.rowOffsets())
                .pointer(w.columnIndices())
                .pointer(dz.memory())
                .pointer(x.memory())
                .pointer(out.memory())
                .integer(rows)
                .integer(dz.stride())
                .integer(x.stride())
                .integer(batch);
        kernels.launchByRows("sddmm", rows);
    }

    void update(CudaSparseTensor w, Parameter bias, CudaTensor dz, CudaTensor x, Backend.Updates steps, int batch) {
        int rows = w.pattern().rows();
        Arguments arguments = kernels.arguments()
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
        kernels.launchByRows("sparse_update", rows);
    }
}

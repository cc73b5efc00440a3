package coppice.backend.cuda;

import coppice.backend.Activation;
import coppice.backend.Dropout;
import coppice.backend.Neurons;
import coppice.backend.Pass;

/** Activation, dropout and their derivatives. Twin of kernels/elementwise.cu and backend/cpu/NeuronKernels. */
final class NeuronKernels {
    private final Kernels kernels;
    private final StepState state;

    NeuronKernels(Kernels kernels, StepState state) {
        this.kernels = kernels;
        this.state = state;
    }

    /** a = dropout(f(z)), and which outputs were dropped. */
    void activate(Neurons neurons, Pass pass) {
        if (isPlain(neurons)) {
            return;
        }
        write(kernels.arguments(), neurons, pass);
        kernels.launchByRows("activate", neurons.output().rows());
    }

    /** Turns the gradient by the outputs into the gradient by z. */
    void derive(Neurons neurons, Pass pass) {
        if (isPlain(neurons)) {
            return;
        }
        write(kernels.arguments(), neurons, pass);
        kernels.launchByRows("derive", neurons.output().rows());
    }

    /** The same for neurons whose parameters' gradient is a sum over the batch; products derive for all others. */
    void deriveSummed(Neurons neurons, Pass pass) {
        if (neurons.slopeGradient() != null) {
            derive(neurons, pass);
        }
    }

    /** Whether a = z, always. */
    private static boolean isPlain(Neurons neurons) {
        return neurons.activation().kind() == Activation.Kind.IDENTITY && neurons.dropout() == null;
    }

    /** Writes the struct NeuronsArguments. */
    @SuppressWarnings("EnumOrdinal") // the order is that of kernels/arguments.cuh
    void write(Arguments arguments, Neurons neurons, Pass pass) {
        CudaTensor a = (CudaTensor) neurons.output();
        CudaBits positive = (CudaBits) neurons.positive();
        CudaBits dropped = (CudaBits) neurons.dropped();
        Dropout dropout = neurons.dropout();
        CudaTensor slopes =
                neurons.slopes() == null ? null : (CudaTensor) neurons.slopes().value();
        CudaTensor slopeGradient = (CudaTensor) neurons.slopeGradient();
        arguments
                .pointer(((CudaTensor) neurons.preActivation()).memory())
                .pointer(a.memory())
                .pointer(((CudaTensor) neurons.gradient()).memory())
                .pointer(positive == null ? null : positive.memory())
                .pointer(dropped == null ? null : dropped.memory())
                .pointer(slopes == null ? null : slopes.memory())
                .pointer(slopeGradient == null ? null : slopeGradient.memory())
                .pointer(state.memory())
                .wide(dropout == null ? 0 : dropout.seed())
                .integer(neurons.activation().kind().ordinal())
                .number(neurons.activation().slope())
                .integer(a.rows())
                .integer(a.stride())
                .integer(positive != null ? positive.words() : dropped != null ? dropped.words() : 0)
                .integer(dropout == null ? 0 : dropout.purposeWord())
                .integer(dropout == null ? 0 : dropout.threshold())
                .number(dropout == null ? 1 : dropout.scale())
                .integer(pass.batch())
                .integer(pass.training());
    }
}

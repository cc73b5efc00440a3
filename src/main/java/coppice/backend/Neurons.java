package coppice.backend;

import org.jspecify.annotations.Nullable;

/**
 * The neurons of one layer: their activation and the tensors a step passes through them.
 *
 * @param activation the function
 * @param preActivation z = W x + b, (neurons, batch); the same tensor as {@code output} for a function that works in
 *     place
 * @param output a = dropout(f(z)), (neurons, batch)
 * @param gradient dz, the loss's derivative by z, (neurons, batch)
 * @param positive which z were above zero in the last training step (that is, their bits, read as an integer), for a
 *     function that notes signs; else null
 * @param slopes the learned parameters of SReLU, (4, neurons); null for other functions
 * @param slopeGradient their gradient, (4, neurons); null for other functions
 * @param dropout null for none
 * @param dropped which outputs this step dropped; null for no dropout
 */
public record Neurons(
        Activation activation,
        Tensor preActivation,
        Tensor output,
        Tensor gradient,
        @Nullable Bits positive,
        @Nullable Parameter slopes,
        @Nullable Tensor slopeGradient,
        @Nullable Dropout dropout,
        @Nullable Bits dropped) {

    /** A bit for each (neuron, batch column) that a backend holds. */
    public interface Bits {
        /** Number of neurons. */
        int rows();
    }

    /**
     * Neurons with tensors of their own.
     *
     * @param output receives the outputs, (neurons, batch)
     * @param gradient receives dz, (neurons, batch)
     * @param slopes the learned parameters of SReLU, (4, neurons); null for other functions
     * @param dropout null for none
     */
    public static Neurons of(
            Backend backend,
            Activation activation,
            Tensor output,
            Tensor gradient,
            @Nullable Parameter slopes,
            @Nullable Dropout dropout) {
        int neurons = output.rows();
        int batch = output.columns();
        return new Neurons(
                activation,
                activation.inPlace() ? output : backend.activations(neurons, batch),
                output,
                gradient,
                activation.notesSigns() ? backend.bits(neurons, batch) : null,
                slopes,
                slopes == null ? null : backend.tensor(4, neurons),
                dropout,
                dropout == null ? null : backend.bits(neurons, batch));
    }
}

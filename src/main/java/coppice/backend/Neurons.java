package coppice.backend;

import org.jspecify.annotations.Nullable;

/**
 * The neurons of one layer: their activation and the tensors a step passes through them.
 *
 * @param activation the function
 * @param preActivation z = W x + b, (neurons, batch)
 * @param output a = dropout(f(z)), (neurons, batch); the same tensor as {@code preActivation} for a bare linear layer
 * @param gradient dz, the loss's derivative by z, (neurons, batch)
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
        @Nullable Parameter slopes,
        @Nullable Tensor slopeGradient,
        @Nullable Dropout dropout,
        @Nullable Bits dropped) {

    /** A bit for each (neuron, batch column) that a backend holds. */
    public interface Bits {
        /** Number of neurons. */
        int rows();
    }
}

package coppice.backend.cpu;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * The kernels of one of the two CPU implementations.
 *
 * @param name for the command line
 * @param sparse products with sparse weights
 * @param dense products of dense matrices
 * @param neurons activations, dropout and biases
 * @param updates optimizer steps
 * @param samples batches out of a data set
 * @param stochastic units with two states
 * @param convolution convolutions
 * @param pooling pooling
 */
public record KernelSet(
        String name,
        SparseKernels sparse,
        DenseKernels dense,
        NeuronKernels neurons,
        UpdateKernels updates,
        SampleKernels samples,
        StochasticKernels stochastic,
        ConvolutionKernels convolution,
        PoolingKernels pooling) {
    private static final String VECTOR_KERNELS = "coppice.backend.cpu.vector.VectorKernels";

    /** The plain-Java kernels. */
    public static KernelSet plain() {
        UpdateKernels updates = new UpdateKernels();
        return new KernelSet(
                "plain Java",
                new SparseKernels(updates),
                new DenseKernels(),
                new NeuronKernels(updates),
                updates,
                new SampleKernels(),
                new StochasticKernels(),
                new ConvolutionKernels(updates),
                new PoolingKernels());
    }

    /** The Vector API kernels; empty where the module or a vector unit they are made for is absent. */
    public static Optional<KernelSet> vector() {
        if (!VectorModule.load()) {
            return Optional.empty();
        }
        try {
            Object supplier =
                    Class.forName(VECTOR_KERNELS).getDeclaredConstructor().newInstance();
            return Optional.ofNullable((KernelSet) ((Supplier<?>) supplier).get());
        } catch (ReflectiveOperationException | LinkageError e) {
            return Optional.empty();
        }
    }
}

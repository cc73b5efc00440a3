package coppice.backend.cpu.vector;

import coppice.backend.cpu.KernelSet;
import coppice.backend.cpu.PoolingKernels;
import coppice.backend.cpu.UpdateKernels;
import java.util.function.Supplier;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Makes the Vector API kernels; they need vectors of 8 or 16 floats (AVX2, AVX-512).
 *
 * <p>The kernels have no helper methods that take or return vectors. The compiler inlines the API's own methods however
 * large a kernel grows, but a helper of ours only up to a limit; past it every vector is put into an object, which
 * makes the kernel ten times as slow.
 */
public final class VectorKernels implements Supplier<@Nullable KernelSet> {
    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final int LENGTH = FLOATS.length();

    /** For the loader. */
    public VectorKernels() {}

    @Override
    public @Nullable KernelSet get() {
        if (LENGTH != 8 && LENGTH != 16) {
            return null;
        }
        UpdateKernels updates = new VectorUpdateKernels();
        return new KernelSet(
                "Vector API (" + LENGTH * 32 + " bits)",
                new VectorSparseKernels(updates),
                new VectorDenseKernels(),
                new VectorNeuronKernels(updates),
                updates,
                new VectorSampleKernels(),
                new VectorStochasticKernels(),
                new VectorConvolutionKernels(updates),
                new PoolingKernels());
    }
}

package coppice.model;

import coppice.backend.Loss;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.topology.Density;
import coppice.topology.SparsityDistribution;
import java.util.List;
import java.util.Objects;

/** Small networks for tests. */
final class Networks {
    private Networks() {}

    static ModelSpec.Sparsity sparsity(double epsilon, String initializer) {
        return new ModelSpec.Sparsity(
                false,
                Density.epsilon(epsilon),
                SparsityDistribution.ERDOS_RENYI,
                false,
                Initializer.parse(initializer));
    }

    static ModelSpec spec(
            List<Integer> sizes, String activation, Loss loss, double dropout, ModelSpec.Sparsity sparsity) {
        List<LayerSpec> layers = LayerSpec.multilayer(
                sizes.subList(1, sizes.size() - 1), ActivationSpec.parse(activation), dropout, false);
        return ModelSpec.of(layers, sizes.get(0), null, sizes.get(sizes.size() - 1), loss, sparsity);
    }

    static List<LayerState> draw(ModelSpec spec, long seed, int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            return FirstWeights.draw(spec, seed, pool);
        }
    }

    /** The plain kernels on one thread. */
    static CpuBackend backend() {
        return new CpuBackend(KernelSet.plain(), new WorkerPool(1));
    }

    static CsrPattern pattern(LayerState layer) {
        return Objects.requireNonNull(layer.pattern());
    }

    static float[] slopes(LayerState layer) {
        return Objects.requireNonNull(layer.slopes());
    }

    static List<LayerState> copy(List<LayerState> layers) {
        return layers.stream()
                .map(layer -> new LayerState(
                        layer.outputs(),
                        layer.inputs(),
                        layer.pattern(),
                        layer.window(),
                        layer.weights().clone(),
                        copyBuffers(layer.weightState()),
                        layer.bias().clone(),
                        copyBuffers(layer.biasState()),
                        layer.slopes() == null ? null : layer.slopes().clone(),
                        copyBuffers(layer.slopeState()),
                        null))
                .toList();
    }

    private static List<float[]> copyBuffers(List<float[]> buffers) {
        return buffers.stream().map(float[]::clone).toList();
    }
}

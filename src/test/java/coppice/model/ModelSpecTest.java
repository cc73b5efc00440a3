package coppice.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.backend.Loss;
import coppice.topology.Density;
import coppice.topology.SparsityDistribution;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shapes of networks. */
class ModelSpecTest {
    private static final List<Integer> MNIST = List.of(784, 1000, 1000, 1000, 10);

    private static int[] connections(List<Integer> sizes, ModelSpec.Sparsity sparsity) {
        return Networks.spec(sizes, "relu", Loss.CROSS_ENTROPY, 0, sparsity).connections();
    }

    private static int[] withSparseOutput(List<Integer> sizes, ModelSpec.Sparsity sparsity) {
        int last = sizes.size() - 1;
        List<LayerSpec> layers = LayerSpec.multilayer(sizes.subList(1, last), ActivationSpec.parse("relu"), 0, true);
        return ModelSpec.of(layers, sizes.get(0), null, sizes.get(last), Loss.CROSS_ENTROPY, sparsity)
                .connections();
    }

    @Test
    void sizesOfLayers() {
        ModelSpec spec = Networks.spec(List.of(7, 5, 3, 2), "relu", Loss.MSE, 0.5, Networks.sparsity(1, "he"));
        assertEquals(
                List.of(7, 5, 5, 3, 3, 2),
                spec.learned().stream()
                        .flatMap(stage -> Stream.of(stage.inputs(), stage.outputs()))
                        .toList());
        assertEquals(spec.stages(), spec.learned());
        assertEquals(7, spec.inputs());
        assertEquals(2, spec.outputs());
        assertNull(spec.image());
    }

    @Test
    void aDenseLayerHasNoMoreConnectionsThanAnArrayHolds() {
        IllegalArgumentException fault = assertThrows(
                IllegalArgumentException.class,
                () -> connections(List.of(9, 2, 2_000_000_000), Networks.sparsity(20, "he")));
        assertEquals(
                "a layer of 2 x 2000000000 neurons would have 4000000000 connections; the limit is 2^31 - 9",
                fault.getMessage());
    }

    @Test
    void epsilonCountsConnectionsOfEachHiddenLayer() {
        assertArrayEquals(new int[] {35_680, 40_000, 40_000, -1}, connections(MNIST, Networks.sparsity(20, "he")));
    }

    @Test
    void theOutputLayerIsSparseOnRequestUnlessItWouldBeFull() {
        assertArrayEquals(new int[] {1784, 2000, 2000, 1010}, withSparseOutput(MNIST, Networks.sparsity(1, "he")));
        assertArrayEquals(new int[] {35_680, 40_000, 40_000, -1}, withSparseOutput(MNIST, Networks.sparsity(20, "he")));
    }

    @Test
    void fullLayersAreDense() {
        // 20 * (4 + 100) = 2080 of 400; 20 * (100 + 100) = 4000 of 10,000; 20 * 140 = 2800 of 4000
        assertArrayEquals(
                new int[] {-1, 4000, 2800, -1}, connections(List.of(4, 100, 100, 40, 3), Networks.sparsity(20, "he")));
    }

    @Test
    void aDenseNetworkHasNoSparseLayers() {
        ModelSpec.Sparsity dense = new ModelSpec.Sparsity(
                true, Density.share(0.1), SparsityDistribution.UNIFORM, false, Initializer.parse("he"));
        assertArrayEquals(new int[] {-1, -1, -1, -1}, withSparseOutput(MNIST, dense));
    }

    @Test
    void aShareIsASharePerLayerIfUniform() {
        ModelSpec.Sparsity tenth = new ModelSpec.Sparsity(
                false, Density.share(0.1), SparsityDistribution.UNIFORM, false, Initializer.parse("he"));
        assertArrayEquals(new int[] {78_400, 100_000, 100_000, 1000}, withSparseOutput(MNIST, tenth));
    }

    @Test
    void aNetworkWithoutHiddenLayersIsOneDenseLayer() {
        assertArrayEquals(new int[] {-1}, connections(List.of(784, 10), Networks.sparsity(1, "he")));
        assertArrayEquals(new int[] {794}, withSparseOutput(List.of(784, 10), Networks.sparsity(1, "he")));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 3, 2, 0, a network needs at least 1 feature and 1 output but got 0 and 2",
        "4, 3, 0, 0, a network needs at least 1 feature and 1 output but got 4 and 0",
        "4, 0, 2, 0, a hidden layer needs at least 1 neuron but got 0",
        "4, 3, 2, 1, 'dropout must be in [0, 1) but was 1.0'",
        "4, 3, 2, -0.5, 'dropout must be in [0, 1) but was -0.5'",
        "4, 3, 2, NaN, 'dropout must be in [0, 1) but was NaN'"
    })
    void refuses(int inputs, int hidden, int classes, double dropout, String message) {
        ModelSpec.Sparsity sparsity = Networks.sparsity(1, "he");
        List<Integer> sizes = List.of(inputs, hidden, classes);
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Networks.spec(sizes, "relu", Loss.MSE, dropout, sparsity))
                        .getMessage());
    }
}

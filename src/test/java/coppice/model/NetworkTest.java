package coppice.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Backend;
import coppice.backend.Loss;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Totals;
import coppice.backend.Update.Kind;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;
import coppice.topology.Evolution;
import coppice.topology.SetPrune;
import coppice.topology.UniformGrow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole networks on the plain kernels. */
class NetworkTest {
    private static final int BATCH = 7;
    private static final int FEATURES = 5;
    private static final int CLASSES = 3;

    private final Backend backend = Networks.backend();
    private final Samples samples = backend.samples(new DenseMatrix(BATCH, FEATURES, inputs()), labels());

    NetworkTest() {
        backend.order(samples, new int[] {0, 1, 2, 3, 4, 5, 6});
    }

    /** Numbers in [-1, 1), a row a sample. */
    private static float[] inputs() {
        RandomStream random = new RandomStream(3, Stream.SHUFFLE, 0, 0);
        float[] inputs = new float[BATCH * FEATURES];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = 2 * random.nextFloat() - 1;
        }
        return inputs;
    }

    private static int[] labels() {
        return new int[] {0, 1, 2, 2, 1, 0, 1};
    }

    private static ModelSpec spec(String activation, Loss loss, String initializer) {
        return Networks.spec(
                List.of(FEATURES, 6, 4, CLASSES), activation, loss, 0, Networks.sparsity(1.4, initializer));
    }

    private Network network(ModelSpec spec, List<LayerState> states, int stateBuffers) {
        return new Network(backend, spec, Networks.copy(states), stateBuffers, BATCH, 1);
    }

    /** Mean loss, with the gradients of the outputs made. */
    private double forward(Network network, Loss loss, Pass pass) {
        float[] columns = new float[FEATURES * BATCH];
        float[] rows = inputs();
        for (int i = 0; i < columns.length; i++) {
            columns[i] = rows[i % BATCH * FEATURES + i / BATCH];
        }
        backend.upload(network.input(), columns);
        network.forward(pass);
        backend.setTotals(Totals.ZERO);
        backend.loss(loss, samples, 0, network.outputs(), pass);
        return backend.totals().meanLoss();
    }

    private void step(Network network, Loss loss, Optimizer optimizer, double rate, int step) {
        Pass pass = new Pass(BATCH, true, step);
        forward(network, loss, pass);
        LayerUpdates updates = LayerUpdates.of(optimizer.update(rate, step));
        for (int layer = network.layers() - 1; layer >= 0; layer--) {
            network.backward(layer, pass);
            network.update(layer, updates, pass);
        }
    }

    /** Moves every sum away from the kinks at 0 (leaky) or -2.5 and 2.5 (SReLU). */
    private static List<LayerState> awayFromKinks(String activation, ModelSpec spec) {
        List<LayerState> states = Networks.draw(spec, 4, 1);
        for (LayerState state : states.subList(0, 2)) {
            int n = state.outputs();
            if (activation.equals("leaky:0.3")) {
                for (int neuron = 0; neuron < n; neuron++) {
                    state.bias()[neuron] = neuron % 2 == 0 ? 3 : -3;
                }
            } else if (activation.equals("srelu")) {
                for (int neuron = 0; neuron < n; neuron++) {
                    state.bias()[neuron] = (neuron % 3 - 1) * 4;
                }
                float[] slopes = Networks.slopes(state);
                Arrays.fill(slopes, 0, n, -2.5f);
                Arrays.fill(slopes, n, 2 * n, 0.3f);
                Arrays.fill(slopes, 2 * n, 3 * n, 5);
                Arrays.fill(slopes, 3 * n, 4 * n, 0.7f);
            }
        }
        return states;
    }

    /** The arrays of everything learned. */
    private static List<float[]> parameters(List<LayerState> states) {
        List<float[]> arrays = new ArrayList<>();
        for (LayerState state : states) {
            arrays.add(state.weights());
            arrays.add(state.bias());
            if (state.slopes() != null) {
                arrays.add(state.slopes());
            }
        }
        return arrays;
    }

    private double lossAt(ModelSpec spec, List<LayerState> states, float[] values, int index, float shift) {
        float before = values[index];
        values[index] = before + shift;
        double loss = forward(network(spec, states, 0), spec.loss(), new Pass(BATCH, false, 0));
        values[index] = before;
        return loss;
    }

    @ParameterizedTest
    @CsvSource({
        "tanh, CROSS_ENTROPY, he",
        "tanh, MSE, he",
        "sigmoid, CROSS_ENTROPY, uniform:2",
        "sigmoid, MSE, uniform:2",
        "leaky:0.3, CROSS_ENTROPY, uniform:0.1",
        "leaky:0.3, MSE, uniform:0.1",
        "srelu, CROSS_ENTROPY, uniform:0.05",
        "srelu, MSE, uniform:0.05"
    })
    void aStepFollowsTheNumericGradientOfTheLoss(String activation, Loss loss, String initializer) {
        ModelSpec spec = spec(activation, loss, initializer);
        List<LayerState> states = awayFromKinks(activation, spec);
        Network network = network(spec, states, 1);
        step(network, loss, new Optimizer(Kind.SGD, 0, 0, false, 0, 1), 1, 0);
        List<float[]> after = parameters(network.state());
        List<float[]> before = parameters(states);
        double greatest = 0;
        for (int array = 0; array < before.size(); array++) {
            float[] values = before.get(array);
            for (int i = 0; i < values.length; i++) {
                float h = 0.03125f;
                double near = lossAt(spec, states, values, i, h) - lossAt(spec, states, values, i, -h);
                double far = lossAt(spec, states, values, i, 2 * h) - lossAt(spec, states, values, i, -2 * h);
                double derivative = (8 * near - far) / (12 * h);
                assertEquals(
                        derivative,
                        (double) values[i] - after.get(array)[i],
                        2e-5 + 1e-3 * Math.abs(derivative),
                        "array " + array + " element " + i);
                greatest = Math.max(greatest, Math.abs(derivative));
            }
        }
        assertTrue(greatest > 0.01, "there must be a gradient to compare");
    }

    @ParameterizedTest
    @ValueSource(strings = {"srelu", "allrelu"})
    void stateMakesTheSameNetworkAgain(String activation) {
        ModelSpec spec = spec(activation, Loss.CROSS_ENTROPY, "he");
        Optimizer adam = new Optimizer(Kind.ADAM, 0.9, 0.01, false, 0.99, 1e-8);
        Network network = network(spec, Networks.draw(spec, 2, 1), 2);
        for (int step = 0; step < 3; step++) {
            step(network, spec.loss(), adam, 0.05, step);
        }
        Network again = network(spec, network.state(), 2);
        Pass pass = new Pass(BATCH, false, 3);
        assertEquals(forward(network, spec.loss(), pass), forward(again, spec.loss(), pass));
        assertArrayEquals(
                backend.download(network.outputs().output()),
                backend.download(again.outputs().output()));
        step(network, spec.loss(), adam, 0.05, 3);
        step(again, spec.loss(), adam, 0.05, 3);
        List<float[]> expected = parameters(network.state());
        List<float[]> actual = parameters(again.state());
        for (int array = 0; array < expected.size(); array++) {
            assertArrayEquals(expected.get(array), actual.get(array));
        }
    }

    @Test
    void aSparseLayerMayHaveMoreCellsThanAnInt() {
        ModelSpec spec =
                Networks.spec(List.of(70_000, 70_000, 2), "relu", Loss.CROSS_ENTROPY, 0, Networks.sparsity(0.1, "he"));
        List<LayerState> states = Networks.draw(spec, 1, 1);
        Network network = new Network(backend, spec, states, 0, 1, 1);
        assertEquals(List.of(14_000, 140_000), network.connections());
    }

    private record Cell(int row, int column) {}

    /** Weight and velocity at each cell. */
    private static Map<Cell, List<Float>> cells(LayerState state) {
        CsrPattern pattern = Networks.pattern(state);
        Map<Cell, List<Float>> cells = new HashMap<>();
        for (int row = 0; row < pattern.rows(); row++) {
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                cells.put(
                        new Cell(row, pattern.columnIndices()[k]),
                        List.of(state.weights()[k], state.weightState().get(0)[k]));
            }
        }
        return cells;
    }

    private Network trained(ModelSpec spec) {
        Network network = network(spec, Networks.draw(spec, 2, 1), 1);
        Optimizer sgd = new Optimizer(Kind.SGD, 0.9, 0, false, 0, 1);
        for (int step = 0; step < 3; step++) {
            step(network, spec.loss(), sgd, 0.1, step);
        }
        return network;
    }

    private static long evolve(Network network, boolean resetVelocity, boolean growBack) {
        EvolutionRules rules = new EvolutionRules(
                new Evolution(new SetPrune(0.4, SetPrune.Counting.NEAREST), new UniformGrow()),
                Initializer.parse("uniform:50"),
                resetVelocity);
        try (WorkerPool pool = new WorkerPool(1)) {
            return network.evolve(rules, growBack, 2, 1, pool);
        }
    }

    @Test
    void evolutionConservesConnectionsAndCarriesWeightsAndVelocity() {
        ModelSpec spec = spec("tanh", Loss.CROSS_ENTROPY, "uniform:1");
        Network network = trained(spec);
        List<Integer> connections = network.connections();
        assertEquals(List.of(15, 14, 12), connections);
        List<LayerState> before = Networks.copy(network.state());
        long grown = evolve(network, false, true);
        assertEquals(connections, network.connections());
        List<LayerState> after = network.state();
        int fresh = 0;
        int moving = 0;
        for (int layer = 0; layer < 2; layer++) {
            Map<Cell, List<Float>> old = cells(before.get(layer));
            for (Map.Entry<Cell, List<Float>> cell : cells(after.get(layer)).entrySet()) {
                if (!cell.getValue().equals(old.get(cell.getKey()))) {
                    fresh++;
                    assertEquals(0, cell.getValue().get(1));
                } else if (cell.getValue().get(1) != 0) {
                    moving++;
                }
            }
        }
        assertEquals(grown, fresh);
        assertTrue(grown >= 10 && moving >= 10, grown + " grown, " + moving + " with a velocity");
        assertArrayEquals(before.get(2).weights(), after.get(2).weights());
        assertArrayEquals(
                before.get(0).biasState().get(0), after.get(0).biasState().get(0));
    }

    @Test
    void theLastEvolutionOnlyCuts() {
        Network network = trained(spec("tanh", Loss.CROSS_ENTROPY, "uniform:1"));
        assertEquals(0, evolve(network, false, false));
        assertTrue(network.connections().get(0) < 15 && network.connections().get(1) < 14);
        assertEquals(12, network.connections().get(2));
    }

    @Test
    void theOptimizerForgetsEverythingOnRequest() {
        Network network = trained(spec("srelu", Loss.CROSS_ENTROPY, "uniform:1"));
        evolve(network, true, true);
        for (LayerState layer : network.state()) {
            for (List<float[]> buffers : List.of(layer.weightState(), layer.biasState(), layer.slopeState())) {
                for (float[] buffer : buffers) {
                    assertArrayEquals(new float[buffer.length], buffer);
                }
            }
        }
    }
}

package coppice.model;

import coppice.backend.Activation;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.random.Philox;
import coppice.random.Stream;
import coppice.topology.ErdosRenyi;
import coppice.topology.RandomKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Draws the network that training starts from; a function of the shape and the seed alone. */
public final class FirstWeights {
    private FirstWeights() {}

    /**
     * The layers of a new network, biases zero, without optimizer state.
     *
     * @param pool threads to use; the result does not depend on their number
     */
    public static List<LayerState> draw(ModelSpec spec, long seed, WorkerPool pool) {
        int[] connections = spec.connections();
        List<LayerState> layers = new ArrayList<>();
        for (ModelSpec.Stage stage : spec.learned()) {
            int layer = layers.size();
            layers.add(drawLayer(spec.sparsity(), stage, layer, connections[layer], seed, pool));
        }
        return layers;
    }

    /** The last layer as {@link #draw} draws it. */
    public static LayerState drawOutput(ModelSpec spec, long seed, WorkerPool pool) {
        int[] connections = spec.connections();
        int last = connections.length - 1;
        return drawLayer(spec.sparsity(), spec.learned().get(last), last, connections[last], seed, pool);
    }

    private static LayerState drawLayer(
            ModelSpec.Sparsity sparsity,
            ModelSpec.Stage stage,
            int layer,
            int connections,
            long seed,
            WorkerPool pool) {
        int outputs = stage.outputs();
        int inputs = stage.inputs();
        Window window = stage.window();
        CsrPattern pattern = null;
        int count;
        if (connections < 0) {
            count = Math.multiplyExact(outputs, inputs);
        } else {
            RandomKey key = new RandomKey(seed, layer, 0);
            pattern = sparsity.withReplacement()
                    ? ErdosRenyi.withReplacement(outputs, inputs, connections, key, pool)
                    : ErdosRenyi.exact(outputs, inputs, connections, key, pool);
            count = pattern.connections();
        }
        float[] weights = new float[count];
        Initializer.Draw draw = Initializer.Draw.of(seed, Stream.INIT, layer, 0);
        Initializer.Fan fan = window == null
                ? Initializer.Fan.of(inputs, outputs, count)
                : Initializer.Fan.of(window, outputs, count);
        sparsity.initializer().fill(weights, null, fan, draw, pool);
        return new LayerState(
                outputs,
                inputs,
                pattern,
                window,
                weights,
                List.of(),
                new float[outputs],
                List.of(),
                slopes(stage.activation(), stage.output().neurons(), seed, layer),
                List.of(),
                null);
    }

    /** SReLU's first parameters as in Keras: left knee 0, left slope in [0, 1), distance in [0, 5), right slope 1. */
    private static float @Nullable [] slopes(Activation activation, int neurons, long seed, int layer) {
        if (activation.parameters() == 0) {
            return null;
        }
        float[] slopes = new float[4 * neurons];
        int purpose = Philox.purposeWord(Stream.INIT, layer);
        int[] block = new int[4];
        for (int neuron = 0; neuron < neurons; neuron++) {
            Philox.block(seed, neuron, 1, 0, purpose, block, 0); // weights have 0 in the second counter word
            slopes[neurons + neuron] = Philox.uniform(block[0]);
            slopes[2 * neurons + neuron] = 5 * Philox.uniform(block[1]);
            slopes[3 * neurons + neuron] = 1;
        }
        return slopes;
    }
}

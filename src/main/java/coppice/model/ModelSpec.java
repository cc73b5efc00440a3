package coppice.model;

import coppice.backend.Loss;
import coppice.topology.Density;
import coppice.topology.SparsityDistribution;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of a multilayer perceptron, or of the one layer of weights of a restricted Boltzmann machine.
 *
 * @param inputs number of features, at least 1
 * @param hidden neurons of each hidden layer, each at least 1
 * @param outputs number of outputs: classes or, of a machine, hidden units; at least 1
 * @param activation of the hidden layers
 * @param loss what the outputs are trained for
 * @param dropout share of each hidden layer's outputs dropped in training, in [0, 1)
 * @param sparsity how its layers are connected
 */
public record ModelSpec(
        int inputs,
        List<Integer> hidden,
        int outputs,
        ActivationSpec activation,
        Loss loss,
        double dropout,
        Sparsity sparsity) {

    /**
     * How layers are connected.
     *
     * @param dense whether all layers are fully connected
     * @param density how many connections
     * @param distribution how they are shared out among layers
     * @param sparseOutput whether the output layer is sparse too
     * @param withReplacement whether the first topology is drawn as in the published SciPy programs
     * @param initializer of the first weights
     */
    public record Sparsity(
            boolean dense,
            Density density,
            SparsityDistribution distribution,
            boolean sparseOutput,
            boolean withReplacement,
            Initializer initializer) {}

    /** Checks the ranges. */
    public ModelSpec {
        hidden = List.copyOf(hidden);
        if (inputs < 1 || outputs < 1) {
            throw new IllegalArgumentException(
                    "a network needs at least 1 feature and 1 output but got " + inputs + " and " + outputs);
        }
        for (int neurons : hidden) {
            if (neurons < 1) {
                throw new IllegalArgumentException("a hidden layer needs at least 1 neuron but got " + neurons);
            }
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must be in [0, 1) but was " + dropout);
        }
    }

    /** Number of layers of weights. */
    public int layers() {
        return hidden.size() + 1;
    }

    /** Neurons that feed a layer of weights. */
    public int layerInputs(int layer) {
        return layer == 0 ? inputs : hidden.get(layer - 1);
    }

    /** Neurons that a layer of weights feeds. */
    public int layerOutputs(int layer) {
        return layer == hidden.size() ? outputs : hidden.get(layer);
    }

    /**
     * The connections of each layer; a layer that would be full, or that is not to be sparse, gets -1: it is dense.
     *
     * @throws IllegalArgumentException if a layer would have too many connections
     */
    public int[] connections() {
        int[] connections = new int[layers()];
        java.util.Arrays.fill(connections, -1);
        if (sparsity.dense) {
            return connections;
        }
        List<SparsityDistribution.LayerShape> shapes = new ArrayList<>();
        int sparseLayers = sparsity.sparseOutput ? layers() : layers() - 1;
        for (int layer = 0; layer < sparseLayers; layer++) {
            shapes.add(new SparsityDistribution.LayerShape(layerInputs(layer), layerOutputs(layer)));
        }
        int[] counts = sparsity.distribution.connections(sparsity.density, shapes);
        for (int layer = 0; layer < sparseLayers; layer++) {
            boolean full = counts[layer] == (long) layerInputs(layer) * layerOutputs(layer);
            connections[layer] = full ? -1 : counts[layer];
        }
        return connections;
    }
}

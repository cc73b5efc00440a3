package coppice.cli;

import coppice.MalformedDataException;
import coppice.model.LayerState;
import coppice.run.Checkpoint;
import coppice.run.Json;
import coppice.topology.Degrees;
import coppice.topology.PowerLaw;
import coppice.topology.TopologyMetrics;
import coppice.topology.WeightSummary;
import coppice.train.Setting.Scope;
import coppice.train.Settings;
import coppice.train.TrainState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code inspect} finds out about a model, in the order of its JSON.
 *
 * @param file the checkpoint
 * @param epoch epochs completed
 * @param step updates made
 * @param connections stored weights
 * @param parameters learned numbers
 * @param density share of the possible connections of all layers
 * @param connectionsExplored connections that have existed so far
 * @param classes the class names
 * @param layers one a layer of weights
 * @param hidden one a layer of hidden neurons
 * @param allHidden the hidden neurons together, null if there are none
 * @param settings the training's settings that differ from the defaults
 */
record Inspection(
        String file,
        int epoch,
        int step,
        long connections,
        long parameters,
        double density,
        long connectionsExplored,
        List<String> classes,
        List<Layer> layers,
        List<Hidden> hidden,
        @Nullable Hidden allHidden,
        Map<String, String> settings) {

    /**
     * A layer of weights.
     *
     * @param layer its number from 0, as in the names of the checkpoint's tensors
     * @param inDegree connections that lead to each output neuron
     * @param outDegree connections that come from each input neuron
     */
    record Layer(
            int layer,
            int inputs,
            int outputs,
            boolean sparse,
            long connections,
            double density,
            long parameters,
            Degrees inDegree,
            Degrees outDegree,
            WeightSummary weights) {
        static Layer of(int number, LayerState state) {
            TopologyMetrics topology = TopologyMetrics.of(state.outputs(), state.inputs(), state.pattern());
            return new Layer(
                    number,
                    topology.inputs(),
                    topology.outputs(),
                    topology.sparse(),
                    topology.connections(),
                    topology.density(),
                    state.parameters(),
                    topology.inDegree(),
                    topology.outDegree(),
                    WeightSummary.of(state.weights()));
        }
    }

    /**
     * Hidden neurons.
     *
     * @param layer the layer of weights that leads to them; null for the hidden neurons of all layers
     * @param degree connections of each neuron to both sides in sparse layers
     * @param powerLaw fitted to the degrees, null where there is none to fit
     */
    record Hidden(
            @Nullable Integer layer,
            Degrees degree,
            @Nullable PowerLaw powerLaw) {
        static Hidden of(@Nullable Integer layer, int[] degrees) {
            return new Hidden(layer, Degrees.of(degrees), PowerLaw.fit(degrees).orElse(null));
        }
    }

    static Inspection of(ModelFile model) {
        Checkpoint checkpoint = model.checkpoint();
        TrainState state;
        try {
            state = Json.parse(checkpoint.training(), TrainState.class);
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(model.path(), "metadata training: " + e.getMessage());
        }
        List<Layer> layers = new ArrayList<>();
        List<Hidden> hidden = new ArrayList<>();
        List<int[]> hiddenDegrees = new ArrayList<>();
        double cells = 0;
        for (int n = 0; n < checkpoint.layers().size(); n++) {
            LayerState layer = checkpoint.layers().get(n);
            cells += (double) layer.outputs() * layer.inputs();
            layers.add(Layer.of(n, layer));
            if (n + 1 < checkpoint.layers().size()) {
                int[] degrees = TopologyMetrics.hiddenDegrees(
                        layer.outputs(),
                        layer.pattern(),
                        checkpoint.layers().get(n + 1).pattern());
                hiddenDegrees.add(degrees);
                hidden.add(Hidden.of(n, degrees));
            }
        }
        return new Inspection(
                model.path().toString(),
                state.epochsDone,
                state.step,
                checkpoint.connections(),
                checkpoint.parameters(),
                checkpoint.connections() / cells,
                state.connectionsExplored,
                checkpoint.classes(),
                layers,
                hidden,
                hidden.isEmpty() ? null : Hidden.of(null, TopologyMetrics.joined(hiddenDegrees)),
                changedSettings(model.settings()));
    }

    private static Map<String, String> changedSettings(Settings settings) {
        Map<String, String> defaults = Settings.of(Map.of()).values(Scope.RESULT);
        Map<String, String> changed = new LinkedHashMap<>();
        settings.values(Scope.RESULT).forEach((name, value) -> {
            if (!value.equals(defaults.get(name))) {
                changed.put(name, value);
            }
        });
        return changed;
    }
}

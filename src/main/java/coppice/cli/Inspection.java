package coppice.cli;

import coppice.MalformedDataException;
import coppice.model.LayerSpec;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.model.Shape;
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
 * @param input shape of a sample: channels, height and width, or features
 * @param network its layers as {@code --layers} names them, those without weights too
 * @param layers one a layer of weights
 * @param hidden one a layer of hidden neurons that no convolution touches
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
        List<Integer> input,
        List<Stage> network,
        List<Layer> layers,
        List<Hidden> hidden,
        @Nullable Hidden allHidden,
        Map<String, String> settings) {

    /**
     * A layer of the network.
     *
     * @param layer its number among the layers of weights; null if it has none
     * @param words what {@code --layers} calls it
     * @param output shape of its outputs: channels, height and width, or neurons
     * @param connections stored weights
     * @param density share of the possible connections; null without weights
     */
    record Stage(
            @Nullable Integer layer,
            String words,
            List<Integer> output,
            long parameters,
            long connections,
            @Nullable Double density) {

        static List<Stage> of(ModelSpec spec, List<LayerState> states) {
            List<Stage> stages = new ArrayList<>();
            int layer = 0;
            for (ModelSpec.Stage stage : spec.stages()) {
                String words = LayerSpec.format(List.of(stage.spec()));
                List<Integer> output = sizes(stage.output());
                if (stage.spec().learns()) {
                    LayerState state = states.get(layer);
                    double cells = (double) state.outputs() * state.inputs();
                    stages.add(new Stage(
                            layer,
                            words,
                            output,
                            state.parameters(),
                            state.connections(),
                            state.connections() / cells));
                    layer++;
                } else {
                    stages.add(new Stage(null, words, output, 0, 0, null));
                }
            }
            return stages;
        }

        private static List<Integer> sizes(Shape shape) {
            return shape.height() == 1 && shape.width() == 1
                    ? List.of(shape.channels())
                    : List.of(shape.channels(), shape.height(), shape.width());
        }
    }

    /**
     * A layer of weights.
     *
     * @param layer its number from 0, as in the names of the checkpoint's tensors
     * @param inputs number of input neurons, or of the channels' pixels in a convolution's window
     * @param outputs number of output neurons, or filters
     * @param inDegree connections that lead to each output neuron or filter
     * @param outDegree connections that come from each input neuron or pixel of the window
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
            LayerState next =
                    n + 1 < checkpoint.layers().size() ? checkpoint.layers().get(n + 1) : null;
            if (next != null && layer.window() == null) {
                int[] degrees = TopologyMetrics.hiddenDegrees(layer.outputs(), layer.pattern(), next.pattern());
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
                Stage.sizes(model.spec().input()),
                Stage.of(model.spec(), checkpoint.layers()),
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

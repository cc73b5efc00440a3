package coppice.cli;

import coppice.MalformedDataException;
import coppice.matrix.CsrPattern;
import coppice.model.LayerSpec;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.model.Shape;
import coppice.parallel.WorkerPool;
import coppice.run.Checkpoint;
import coppice.run.Inputs;
import coppice.run.Json;
import coppice.topology.Clustering;
import coppice.topology.DeadNeurons;
import coppice.topology.Degrees;
import coppice.topology.LayerTopology;
import coppice.topology.Overlap;
import coppice.topology.PathLengths;
import coppice.topology.PowerLaw;
import coppice.topology.TopologyMetrics;
import coppice.topology.WeightSummary;
import coppice.train.InitialTopology;
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
 * @param fromSaved whether training began with the weights of a saved network, so that there is no first topology
 * @param chainStart the layer of weights that begins the chain of fully connected layers at the end; what follows
 *     tells of that chain, whose input neurons are those of the network if this is 0
 * @param hidden one a layer of hidden neurons
 * @param allHidden the hidden neurons together, null if there are none
 * @param neurons one a group of neurons, the inputs first and the outputs last
 * @param paths distances between neurons; null without a sparse layer, or if they were not asked for
 * @param firstPaths the same in the topology that training began with; null where that is not known
 * @param features the strongest input neurons, if they were asked for
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
        boolean fromSaved,
        int chainStart,
        List<Hidden> hidden,
        @Nullable Hidden allHidden,
        List<DeadNeurons> neurons,
        @Nullable PathLengths paths,
        @Nullable PathLengths firstPaths,
        @Nullable List<RankedFeature> features,
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
     * @param inPowerLaw fitted to the in-degrees; like what follows null for a dense layer and a convolution
     * @param outPowerLaw fitted to the out-degrees
     * @param clustering how often paths of three connections close
     * @param firstClustering the same in the topology that training began with
     * @param firstOverlap what is left of that topology; null for a dense layer only
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
            WeightSummary weights,
            @Nullable PowerLaw inPowerLaw,
            @Nullable PowerLaw outPowerLaw,
            @Nullable Clustering clustering,
            @Nullable Clustering firstClustering,
            @Nullable Overlap firstOverlap) {}

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
            @Nullable PowerLaw powerLaw) {}

    /**
     * How hard to look.
     *
     * @param bootstraps samples behind each p-value, 0 for none
     * @param sources neurons to measure distances from, 0 for none
     * @param features input neurons to rank, 0 for none
     */
    record Effort(int bootstraps, int sources, int features) {}

    /** Inspects a model; what is drawn at random is drawn by the seed of its run. */
    static Inspection of(ModelFile model, Effort effort, WorkerPool pool) {
        return new Inspector(model, effort, pool).inspect();
    }

    /** The work behind an inspection. */
    private static final class Inspector {
        private final ModelFile model;
        private final Checkpoint checkpoint;
        private final int chainStart;
        private final Effort effort;
        private final WorkerPool pool;
        private final long seed;
        private final TrainState state;
        private final @Nullable List<LayerState> first;

        Inspector(ModelFile model, Effort effort, WorkerPool pool) {
            this.model = model;
            this.checkpoint = model.checkpoint();
            this.chainStart = model.spec().chainStart();
            this.effort = effort;
            this.pool = pool;
            this.seed = model.config().loop().seed();
            try {
                this.state = Json.parse(checkpoint.training(), TrainState.class);
                this.first = InitialTopology.of(checkpoint, model.spec(), pool).orElse(null);
            } catch (IllegalArgumentException e) {
                throw MalformedDataException.inFile(model.path(), "metadata: " + e.getMessage());
            }
        }

        Inspection inspect() {
            List<Layer> layers = new ArrayList<>();
            double cells = 0;
            for (int n = 0; n < checkpoint.layers().size(); n++) {
                LayerState layer = checkpoint.layers().get(n);
                cells += (double) layer.outputs() * layer.inputs();
                layers.add(layer(n, layer));
            }
            List<int[]> degrees = hiddenDegrees();
            List<Hidden> hidden = new ArrayList<>();
            for (int n = 0; n < degrees.size(); n++) {
                hidden.add(hidden(chainStart + n, degrees.get(n)));
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
                    first == null,
                    chainStart,
                    hidden,
                    hidden.isEmpty() ? null : hidden(null, TopologyMetrics.joined(degrees)),
                    DeadNeurons.of(topologies(checkpoint.layers())),
                    paths(checkpoint.layers()),
                    first == null ? null : paths(first),
                    effort.features == 0 ? null : features(),
                    changedSettings(model.settings()));
        }

        private Layer layer(int number, LayerState state) {
            CsrPattern pattern = state.pattern();
            CsrPattern before = first == null ? null : first.get(number).pattern();
            CsrPattern graph = state.window() == null ? pattern : null; // one node a row and a column
            TopologyMetrics topology = TopologyMetrics.of(state.outputs(), state.inputs(), pattern);
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
                    WeightSummary.of(state.weights()),
                    graph == null ? null : law(TopologyMetrics.inDegrees(state.outputs(), state.inputs(), graph)),
                    graph == null ? null : law(TopologyMetrics.outDegrees(state.outputs(), state.inputs(), graph)),
                    clustering(graph),
                    graph == null ? null : clustering(before),
                    pattern == null || before == null ? null : Overlap.of(before, pattern));
        }

        private @Nullable PowerLaw law(int[] degrees) {
            return PowerLaw.fit(degrees, effort.bootstraps, seed, pool).orElse(null);
        }

        private @Nullable Clustering clustering(@Nullable CsrPattern pattern) {
            return pattern == null ? null : Clustering.of(pattern, seed, pool).orElse(null);
        }

        private Hidden hidden(@Nullable Integer layer, int[] degrees) {
            return new Hidden(layer, Degrees.of(degrees), law(degrees));
        }

        private List<int[]> hiddenDegrees() {
            List<int[]> degrees = new ArrayList<>();
            for (int n = chainStart; n + 1 < checkpoint.layers().size(); n++) {
                LayerState layer = checkpoint.layers().get(n);
                CsrPattern next = checkpoint.layers().get(n + 1).pattern();
                degrees.add(TopologyMetrics.hiddenDegrees(layer.outputs(), layer.pattern(), next));
            }
            return degrees;
        }

        /** The chain of fully connected layers. */
        private List<LayerTopology> topologies(List<LayerState> layers) {
            return layers.stream()
                    .skip(chainStart)
                    .map(layer -> new LayerTopology(layer.outputs(), layer.inputs(), layer.pattern()))
                    .toList();
        }

        private @Nullable PathLengths paths(List<LayerState> layers) {
            return PathLengths.of(topologies(layers), effort.sources, seed, pool)
                    .orElse(null);
        }

        /** The chain's input neurons: features of the data, or what convolutions made of them. */
        private List<RankedFeature> features() {
            Inputs inputs = chainStart == 0
                    ? checkpoint.inputs()
                    : new Inputs(
                            List.of(), model.spec().learned().get(chainStart).input());
            return RankedFeature.strongest(checkpoint.layers().get(chainStart), inputs, effort.features);
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
}

package coppice.model;

import coppice.backend.Activation;
import coppice.backend.Loss;
import coppice.backend.Window;
import coppice.model.LayerSpec.Convolution;
import coppice.model.LayerSpec.Full;
import coppice.model.LayerSpec.Pool;
import coppice.topology.Density;
import coppice.topology.SparsityDistribution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a network, or of the one layer of weights of a restricted Boltzmann machine.
 *
 * @param input a sample: an image if a layer takes images, else its features
 * @param stages the layers with their sizes, from the input on
 * @param loss what the outputs are trained for
 * @param sparsity how its layers are connected
 */
public record ModelSpec(Shape input, List<Stage> stages, Loss loss, Sparsity sparsity) {

    /**
     * How layers are connected.
     *
     * @param dense whether all layers are fully connected, whatever their words say
     * @param density how many connections
     * @param distribution how they are shared out among layers
     * @param withReplacement whether the first topology is drawn as in the published SciPy programs
     * @param initializer of the first weights
     */
    public record Sparsity(
            boolean dense,
            Density density,
            SparsityDistribution distribution,
            boolean withReplacement,
            Initializer initializer) {}

    /**
     * A layer with its sizes.
     *
     * @param spec what it was made from
     * @param input shape of what it takes
     * @param output shape of its neurons
     * @param window of a convolution or of pooling; null for fully connected neurons
     * @param activation of its neurons
     */
    public record Stage(
            LayerSpec spec,
            Shape input,
            Shape output,
            @Nullable Window window,
            Activation activation) {
        /** Rows of the weights: filters or neurons. */
        public int outputs() {
            return window == null ? output.neurons() : output.channels();
        }

        /** Columns of the weights: what a filter or neuron may be connected to. */
        public int inputs() {
            return window == null ? input.neurons() : window.terms();
        }

        private SparsityDistribution.LayerShape shape() {
            return new SparsityDistribution.LayerShape(inputs(), outputs());
        }
    }

    /** Checks that there are layers. */
    public ModelSpec {
        stages = List.copyOf(stages);
        if (stages.isEmpty()) {
            throw new IllegalArgumentException("a network needs at least 1 layer");
        }
    }

    /**
     * Gives layers their sizes.
     *
     * @param features of a sample
     * @param image how they form an image; null if that is unknown
     * @param classes neurons of the layer that says {@code classes}
     * @throws IllegalArgumentException naming the word of {@code --layers} that does not fit
     */
    public static ModelSpec of(
            List<LayerSpec> layers, int features, @Nullable Shape image, int classes, Loss loss, Sparsity sparsity) {
        if (features < 1 || classes < 1) {
            throw new IllegalArgumentException(
                    "a network needs at least 1 feature and 1 output but got " + features + " and " + classes);
        }
        boolean takesImages = layers.stream().anyMatch(layer -> !(layer.operation() instanceof Full));
        Shape input = takesImages ? image(layers, features, image) : Shape.flat(features);
        List<Stage> stages = new ArrayList<>();
        Shape shape = input;
        int number = 0; // of the layer's first word
        int learned = 0;
        for (LayerSpec layer : layers) {
            Stage stage;
            try {
                stage = stage(layer, shape, classes, learned);
            } catch (IllegalArgumentException | ArithmeticException e) {
                String reason = e instanceof ArithmeticException ? "more than 2^31 - 1 values" : e.getMessage();
                throw LayerGrammar.wrong(number, layer.words().get(0), "does not fit: " + reason);
            }
            stages.add(stage);
            shape = stage.output();
            number += layer.words().size();
            learned += layer.learns() ? 1 : 0;
        }
        return new ModelSpec(input, stages, loss, sparsity);
    }

    private static Shape image(List<LayerSpec> layers, int features, @Nullable Shape image) {
        if (image == null) {
            int number = 0;
            for (LayerSpec layer : layers) {
                if (!(layer.operation() instanceof Full)) {
                    throw LayerGrammar.wrong(
                            number,
                            layer.words().get(0),
                            "takes images, but the data do not say how their " + features
                                    + " features form one: give --image CHANNELSxHEIGHTxWIDTH");
                }
                number += layer.words().size();
            }
        } else if (image.neurons() == features) {
            return image;
        }
        throw new IllegalArgumentException(
                "an image of " + image + " has other than the " + features + " features of a sample");
    }

    private static Stage stage(LayerSpec layer, Shape input, int classes, int learned) {
        ActivationSpec named = layer.activation();
        Activation activation = named == null ? Activation.IDENTITY : named.forLayer(learned);
        if (layer.operation() instanceof Full full) {
            Shape output = Shape.flat(full.neurons() == Full.CLASSES ? classes : full.neurons());
            return new Stage(layer, input, output, null, activation);
        }
        Window window;
        int channels;
        if (layer.operation() instanceof Convolution c) {
            window = c.valid()
                    ? Window.valid(input.channels(), input.height(), input.width(), c.kernel(), c.stride())
                    : Window.same(input.channels(), input.height(), input.width(), c.kernel(), c.stride());
            channels = c.filters();
        } else {
            Pool p = (Pool) layer.operation();
            window = Window.valid(input.channels(), input.height(), input.width(), p.kernel(), p.stride());
            channels = input.channels();
        }
        Math.multiplyExact(channels, window.terms()); // dense weights of a filter can be counted
        return new Stage(layer, input, new Shape(channels, window.outHeight(), window.outWidth()), window, activation);
    }

    /** Number of features of a sample. */
    public int inputs() {
        return input.neurons();
    }

    /** Number of output neurons. */
    public int outputs() {
        return stages.get(stages.size() - 1).output().neurons();
    }

    /** How a sample forms an image; null for a network that does not care. */
    public @Nullable Shape image() {
        return stages.stream().anyMatch(stage -> stage.window() != null) ? input : null;
    }

    /** The layers of weights, which are numbered from 0 on. */
    public List<Stage> learned() {
        return stages.stream().filter(stage -> stage.spec().learns()).toList();
    }

    /** Number of the layer of weights that begins the chain of fully connected layers at the end; 0 if all are. */
    public int chainStart() {
        int start = learned().size();
        for (int n = stages.size() - 1; n >= 0 && stages.get(n).window() == null; n--) {
            start--;
        }
        return start;
    }

    /**
     * The connections of each layer of weights; one that would be full, or that is not to be sparse, gets -1: it is
     * dense.
     *
     * @throws IllegalArgumentException if a layer would have too many connections
     */
    public int[] connections() {
        List<Stage> learned = learned();
        int[] connections = new int[learned.size()];
        Arrays.fill(connections, -1);
        if (!sparsity.dense) {
            shareOut(connections, learned);
        }
        for (int layer = 0; layer < connections.length; layer++) {
            if (connections[layer] < 0) {
                SparsityDistribution.LayerShape dense = learned.get(layer).shape();
                dense.count(dense.cells());
            }
        }
        return connections;
    }

    private void shareOut(int[] connections, List<Stage> learned) {
        List<Integer> sharing = new ArrayList<>();
        for (int layer = 0; layer < connections.length; layer++) {
            LayerSpec.Fill fill = learned.get(layer).spec().fill();
            Density own = fill.own();
            if (own != null) {
                shareOut(connections, List.of(layer), own, SparsityDistribution.ERDOS_RENYI);
            } else if (fill.sparse()) {
                sharing.add(layer);
            }
        }
        shareOut(connections, sharing, sparsity.density, sparsity.distribution);
    }

    private void shareOut(int[] connections, List<Integer> layers, Density density, SparsityDistribution distribution) {
        List<Stage> learned = learned();
        int[] counts = distribution.connections(
                density, layers.stream().map(learned::get).map(Stage::shape).toList());
        for (int i = 0; i < counts.length; i++) {
            Stage stage = learned.get(layers.get(i));
            boolean full = counts[i] == (long) stage.inputs() * stage.outputs();
            connections[layers.get(i)] = full ? -1 : counts[i];
        }
    }

    /**
     * Checks that layers that come from a file are those of this network.
     *
     * @throws IllegalArgumentException naming the layer that is not
     */
    public void require(List<LayerState> states) {
        List<Stage> learned = learned();
        if (states.size() != learned.size()) {
            throw new IllegalArgumentException(
                    "there are " + states.size() + " layers of weights; " + learned.size() + " were expected");
        }
        for (int layer = 0; layer < states.size(); layer++) {
            Stage stage = learned.get(layer);
            LayerState state = states.get(layer);
            if (state.inputs() != stage.inputs()
                    || state.outputs() != stage.outputs()
                    || !Objects.equals(state.window(), stage.window())) {
                throw new IllegalArgumentException("layer " + layer + " does not have the sizes of '"
                        + stage.spec().words().get(0) + "' on " + stage.input());
            }
            if ((state.slopes() != null) != (stage.activation().parameters() > 0)) {
                throw new IllegalArgumentException("layer " + layer + " does not fit the activation");
            }
        }
    }
}

package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Dropout;
import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.parallel.WorkerPool;
import coppice.random.Philox;
import coppice.random.Stream;
import coppice.topology.RandomKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A network on a backend, with the tensors that one batch passes through. */
public final class Network implements Model {
    private final Backend backend;
    private final Loss loss;
    private final Tensor input; // (features, batch)
    private final List<Layer> layers = new ArrayList<>();
    private final List<Weights> weights = new ArrayList<>(); // of those layers that have some
    private int firstLearned = -1; // layers below have no use for a gradient

    /**
     * Puts a network on a backend.
     *
     * @param spec its shape
     * @param states what its layers have learned; sparse arrays are adopted
     * @param stateBuffers optimizer buffers a parameter needs; 0 if it will not be trained
     * @param batch largest batch
     * @param seed the run's seed, for dropout
     */
    public Network(Backend backend, ModelSpec spec, List<LayerState> states, int stateBuffers, int batch, long seed) {
        this.backend = backend;
        this.loss = spec.loss();
        this.input = backend.activations(spec.inputs(), batch);
        for (ModelSpec.Stage stage : spec.stages()) {
            if (stage.spec().operation() instanceof LayerSpec.Pool pool) {
                Neurons neurons = neurons(stage, null, batch, seed);
                layers.add(new Pool(pool.pooling(), Objects.requireNonNull(stage.window()), neurons));
            } else {
                add(stage, states.get(weights.size()), stateBuffers, batch, seed);
            }
        }
    }

    private void add(ModelSpec.Stage stage, LayerState state, int stateBuffers, int batch, long seed) {
        Parameter slopes = state.slopes() == null
                ? null
                : Weights.parameter(backend, 4, state.neurons(), state.slopes(), state.slopeState(), stateBuffers);
        Neurons neurons = neurons(stage, slopes, batch, seed);
        Weights learned = new Weights(backend, state, neurons, stateBuffers);
        Window window = stage.window();
        if (firstLearned < 0) {
            firstLearned = layers.size();
        }
        layers.add(window == null ? new FullyConnected(learned, neurons) : new Convolution(window, learned, neurons));
        weights.add(learned);
    }

    /** Neurons of the next layer. */
    private Neurons neurons(ModelSpec.Stage stage, @Nullable Parameter slopes, int batch, long seed) {
        int count = stage.output().neurons();
        double share = stage.spec().dropout();
        Dropout dropout =
                share == 0 ? null : Dropout.of(share, seed, Philox.purposeWord(Stream.DROPOUT, layers.size()));
        return Neurons.of(
                backend,
                stage.activation(),
                backend.activations(count, batch),
                gradient(layers.size(), count, batch),
                slopes,
                dropout);
    }

    /** Gradients pass through two layers at a time, so a layer shares its tensor with the second one below. */
    private Tensor gradient(int layer, int count, int batch) {
        if (layer >= 2) {
            Tensor below = layers.get(layer - 2).neurons().gradient();
            if (below.rows() == count) {
                return below;
            }
        }
        return backend.activations(count, batch);
    }

    @Override
    public Tensor input() {
        return input;
    }

    /** The output neurons: logits, and the gradient that {@link #backward} starts from. */
    public Neurons outputs() {
        return layers.get(layers.size() - 1).neurons();
    }

    private Tensor inputOf(int layer) {
        return layer == 0 ? input : layers.get(layer - 1).neurons().output();
    }

    /** Computes the outputs of the batch in {@link #input}. */
    public void forward(Pass pass) {
        for (int layer = 0; layer < layers.size(); layer++) {
            layers.get(layer).forward(backend, inputOf(layer), pass);
        }
    }

    @Override
    public void learn(Samples samples, int start, Pass pass, Update update, Consumer<Phase> enter) {
        enter.accept(Phase.FORWARD);
        measure(samples, start, pass);
        LayerUpdates updates = LayerUpdates.of(update);
        for (int layer = layers.size() - 1; layer >= 0; layer--) { // weights and gradients are still in the cache
            enter.accept(Phase.BACKWARD);
            backward(layer, pass);
            enter.accept(Phase.UPDATE);
            update(layer, updates, pass);
        }
    }

    @Override
    public void measure(Samples samples, int start, Pass pass) {
        forward(pass);
        backend.loss(loss, samples, start, outputs(), pass);
    }

    /** Number of layers. */
    public int layers() {
        return layers.size();
    }

    /** Passes the gradient of a layer's neurons on to those below, if something is to be learned there. */
    public void backward(int layer, Pass pass) {
        if (layer > firstLearned) {
            layers.get(layer).backward(backend, layers.get(layer - 1).neurons(), pass);
        }
    }

    /** Learns a layer from the gradient of its neurons, which must have been passed on already. */
    public void update(int layer, LayerUpdates updates, Pass pass) {
        layers.get(layer).update(backend, inputOf(layer), updates, pass);
    }

    @Override
    public Tensor logits(Pass pass) {
        forward(pass);
        return outputs().output();
    }

    @Override
    public Tensor output(Pass pass) {
        forward(pass);
        backend.probabilities(loss, outputs(), pass);
        return outputs().gradient();
    }

    @Override
    public long evolve(EvolutionRules rules, boolean growBack, long seed, int evolution, WorkerPool pool) {
        long grown = 0;
        for (int layer = 0; layer < weights.size(); layer++) {
            if (rules.resetVelocity()) {
                weights.get(layer).forget(backend);
            }
            RandomKey key = new RandomKey(seed, layer, evolution);
            Weights next = layer + 1 < weights.size() ? weights.get(layer + 1) : null;
            grown += weights.get(layer).evolve(backend, rules, growBack, key, pool, next);
        }
        return grown;
    }

    @Override
    public List<Integer> connections() {
        return weights.stream().map(Weights::connections).toList();
    }

    @Override
    public List<LayerState> state() {
        return weights.stream().map(layer -> layer.state(backend)).toList();
    }
}

package coppice.model;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Bernoulli;
import coppice.backend.Joined;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Sums;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.parallel.WorkerPool;
import coppice.random.Philox;
import coppice.random.Stream;
import coppice.topology.RandomKey;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A restricted Boltzmann machine of Bernoulli units: one layer of weights (hidden, visible), used in both directions.
 *
 * <p>Trained by contrastive divergence: the gradient of a weight is its product of hidden and visible unit averaged
 * over samples of the machine itself, less the same over the data (Hinton 2002). Both averages are one SDDMM over a
 * batch that holds the machine's samples and the data side by side.
 */
public final class Rbm implements Model {
    private static final int EVALUATION = 1 << 22; // keeps its random numbers apart from those of training
    private static final int DATA = 1 << 21;
    private static final int GIBBS = 1 << 20;

    private final Backend backend;
    private final ContrastiveDivergence divergence;
    private final long seed;
    private final int batch;
    private final FullyConnected layer;
    private final Parameter visibleBias;
    private final float[] baseBias;
    private final Tensor input; // (visible, batch)
    private final Tensor data; // (visible, batch): the input, or states drawn of it
    private final Neurons visible; // whose gradient holds the chain's probabilities, (visible, batch)
    private final Tensor visibleStates; // the chain's states: that, or states drawn of it
    private final Neurons positive; // hidden units given the data
    private final Neurons negative; // hidden units given the chain
    private final Tensor hiddenStates; // (hidden, batch); what persistent chains go on from
    private final Tensor bothVisible; // (visible, 2 batch): chain and data
    private final Tensor bothHidden; // (hidden, 2 batch)

    /**
     * Puts a machine on a backend.
     *
     * @param state what it has learned; sparse arrays are adopted
     * @param stateBuffers optimizer buffers a parameter needs; 0 if it will not be trained
     * @param batch largest batch, and number of persistent chains
     * @param seed the run's seed
     */
    public Rbm(
            Backend backend,
            ContrastiveDivergence divergence,
            LayerState state,
            int stateBuffers,
            int batch,
            long seed) {
        VisibleUnits units = Objects.requireNonNull(state.visible());
        this.backend = backend;
        this.divergence = divergence;
        this.seed = seed;
        this.batch = batch;
        this.baseBias = units.baseBias();
        this.visibleBias = Weights.parameter(backend, state.inputs(), 1, units.bias(), units.biasState(), stateBuffers);
        this.input = backend.activations(state.inputs(), batch);
        this.data = divergence.resample() ? backend.activations(state.inputs(), batch) : input;
        this.visible = linear(backend, backend.activations(state.inputs(), batch));
        this.visibleStates =
                divergence.sampleVisible() ? backend.activations(state.inputs(), batch) : visible.gradient();
        this.hiddenStates = backend.activations(state.outputs(), batch);
        this.positive = linear(backend, backend.activations(state.outputs(), batch));
        this.negative = linear(backend, backend.activations(state.outputs(), batch));
        this.layer = new FullyConnected(new Weights(backend, state, positive, stateBuffers), positive);
        this.bothVisible = backend.activations(state.inputs(), 2 * batch);
        this.bothHidden = backend.activations(state.outputs(), 2 * batch);
        if (units.chains() != null) {
            if (units.chains().length != state.outputs() * batch) {
                throw new IllegalArgumentException(batch + " chains of " + state.outputs()
                        + " hidden units were expected but there are " + units.chains().length + " states");
            }
            backend.upload(hiddenStates, units.chains());
        }
    }

    /** Neurons that show their weighted sums, from either side. */
    static Neurons linear(Backend backend, Tensor sums) {
        return Neurons.of(backend, Activation.IDENTITY, sums, sums, null, null);
    }

    @Override
    public Tensor input() {
        return input;
    }

    @Override
    public void learn(Samples samples, int start, Pass pass, Update update, Consumer<Phase> enter) {
        enter.accept(Phase.FORWARD);
        if (divergence.resample()) {
            backend.sample(states(DATA, pass), input, data, pass);
        }
        layer.forward(backend, data, positive, pass);
        backend.sample(hidden(0, pass), positive.output(), divergence.persistent() ? null : hiddenStates, pass);
        if (divergence.persistent()) {
            reconstruct(positive.output(), pass);
        }
        Pass chain = divergence.persistent() ? new Pass(batch, pass.training(), pass.step()) : pass;
        for (int step = 1; step <= divergence.steps(); step++) {
            chainStep(step, chain, pass, enter);
        }
        enter.accept(Phase.UPDATE);
        learn(chain.batch(), pass.batch(), LayerUpdates.of(update).weightsAndBias(), pass);
    }

    /** Draws the visible units given the hidden ones, and the hidden ones given those. */
    private void chainStep(int step, Pass chain, Pass pass, Consumer<Phase> enter) {
        enter.accept(Phase.BACKWARD);
        layer.backward(backend, hiddenStates, visible, chain);
        Tensor drawn = divergence.sampleVisible() ? visibleStates : null;
        backend.sample(visible(2 * step - 1, chain), visible.gradient(), drawn, chain);
        if (step == 1 && !divergence.persistent()) {
            backend.squaredError(data, visible.gradient(), pass);
        }
        enter.accept(Phase.FORWARD);
        layer.forward(backend, visibleStates, negative, chain);
        boolean goesOn = step < divergence.steps() || divergence.persistent();
        backend.sample(hidden(2 * step, chain), negative.output(), goesOn ? hiddenStates : null, chain);
    }

    private void learn(int chains, int samples, Backend.Updates updates, Pass pass) {
        Pass both = new Pass(chains + samples, true, pass.step());
        float forChains = 1f / chains;
        float forSamples = -1f / samples;
        Joined inputs = new Joined(visibleStates, chains, 1, data, samples, 1, bothVisible);
        layer.update(
                backend,
                new Joined(negative.output(), chains, forChains, positive.output(), samples, forSamples, bothHidden),
                inputs,
                updates,
                both);
        Joined visibleGradients = new Joined(visibleStates, chains, forChains, data, samples, forSamples, bothVisible);
        backend.updateBias(visibleBias, visibleGradients, updates.bias(), both);
    }

    /** Adds the squared error of the visible units' probabilities given hidden units. */
    private void reconstruct(Tensor hidden, Pass pass) {
        layer.backward(backend, hidden, visible, pass);
        backend.sample(visible(1, pass), visible.gradient(), null, pass);
        backend.squaredError(data, visible.gradient(), pass);
    }

    /** Adds the squared error of the reconstruction from states of the hidden units. */
    @Override
    public void measure(Samples samples, int start, Pass pass) {
        layer.forward(backend, input, negative, pass);
        backend.sample(hidden(0, pass), negative.output(), positive.output(), pass);
        layer.backward(backend, positive.output(), visible, pass);
        backend.sample(visible(1, pass), visible.gradient(), null, pass);
        backend.squaredError(input, visible.gradient(), pass);
    }

    @Override
    public Tensor output(Pass pass) {
        layer.forward(backend, input, positive, pass);
        backend.sample(hidden(0, pass), positive.output(), null, pass);
        return positive.output();
    }

    /** Number of hidden units. */
    public int hiddenUnits() {
        return hiddenStates.rows();
    }

    /** Adds to each column the input's log-probability, less log Z and log 2 for each hidden unit. */
    public void addLogPotential(Sums sums, Pass pass) {
        layer.forward(backend, input, positive, pass);
        backend.anneal(positive.output(), input, visibleBias.value(), 0, 1, sums, pass);
    }

    /**
     * Draws samples of the machine itself by block Gibbs sampling.
     *
     * @param base biases that the visible units' first states are drawn with, (visible, 1)
     * @param count how many, at most the batch
     * @param steps of each chain, at least 1
     * @return probabilities of the visible units in the last step, (visible, at least batch)
     */
    public Tensor sample(Tensor base, int count, int steps) {
        Pass first = new Pass(count, false, 0);
        Tensor states = bothVisible; // wide enough
        Tensor zeros = backend.activations(input.rows(), input.columns());
        backend.sample(new Bernoulli(true, base, null, 1, seed, purpose(GIBBS, first)), zeros, states, first);
        for (int step = 1; step <= steps; step++) {
            Pass pass = new Pass(count, false, step);
            layer.forward(backend, states, negative, pass);
            backend.sample(hidden(GIBBS | 1, pass), negative.output(), positive.output(), pass);
            layer.backward(backend, positive.output(), visible, pass);
            backend.sample(visible(GIBBS | 2, pass), visible.gradient(), states, pass);
        }
        return visible.gradient();
    }

    private Bernoulli hidden(int draw, Pass pass) {
        return new Bernoulli(true, null, null, 1, seed, purpose(draw, pass)); // the sums have their bias
    }

    private Bernoulli visible(int draw, Pass pass) {
        return new Bernoulli(true, visibleBias.value(), null, 1, seed, purpose(draw, pass));
    }

    private Bernoulli states(int draw, Pass pass) {
        return new Bernoulli(false, null, null, 1, seed, purpose(draw, pass));
    }

    private static int purpose(int draw, Pass pass) {
        return Philox.purposeWord(Stream.SAMPLE, pass.training() ? draw : EVALUATION | draw);
    }

    /** The weights, for sampling by other rules. */
    FullyConnected layer() {
        return layer;
    }

    /** Biases of the visible units, (visible, 1). */
    Parameter visibleBias() {
        return visibleBias;
    }

    /** Biases of the base-rate model. */
    public float[] baseBias() {
        return baseBias;
    }

    @Override
    public long evolve(EvolutionRules rules, boolean growBack, long key, int evolution, WorkerPool pool) {
        if (rules.resetVelocity()) {
            layer.weights().forget(backend);
            Weights.forget(backend, visibleBias);
        }
        return layer.weights().evolve(backend, rules, growBack, new RandomKey(key, 0, evolution), pool, null);
    }

    @Override
    public List<Integer> connections() {
        return List.of(layer.weights().connections());
    }

    @Override
    public List<LayerState> state() {
        VisibleUnits units = new VisibleUnits(
                backend.download(visibleBias.value()),
                Weights.buffers(backend, visibleBias),
                baseBias,
                divergence.persistent() ? backend.download(hiddenStates) : null);
        return List.of(layer.weights().state(backend).withVisible(units));
    }
}

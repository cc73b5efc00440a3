package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.topology.Evolution;
import coppice.topology.RandomKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A layer of weights, sparse or dense, with a bias and an activation. */
final class FullyConnected implements Layer {
    private final int inputs;
    private final int outputs;
    private final @Nullable SparseTensor sparse; // exactly one of the two is there
    private final @Nullable Parameter dense;
    private final Parameter bias;
    private final Neurons neurons;
    private final int stateBuffers;

    FullyConnected(Backend backend, LayerState state, Neurons neurons, int stateBuffers) {
        this.inputs = state.inputs();
        this.outputs = state.outputs();
        this.neurons = neurons;
        this.stateBuffers = stateBuffers;
        this.bias = parameter(backend, outputs, 1, state.bias(), state.biasState(), stateBuffers);
        CsrPattern pattern = state.pattern();
        if (pattern == null) {
            this.sparse = null;
            this.dense = parameter(backend, outputs, inputs, state.weights(), state.weightState(), stateBuffers);
        } else {
            this.dense = null;
            this.sparse = backend.sparse(pattern, state.weights(), stateBuffers);
            for (int buffer = 0;
                    buffer < Math.min(stateBuffers, state.weightState().size());
                    buffer++) {
                backend.setState(sparse, buffer, state.weightState().get(buffer));
            }
        }
    }

    /** A dense parameter with its state; buffers that {@code state} lacks start at zero. */
    static Parameter parameter(
            Backend backend, int rows, int columns, float[] values, List<float[]> state, int stateBuffers) {
        Tensor value = backend.tensor(rows, columns);
        backend.upload(value, values);
        List<Tensor> buffers = new ArrayList<>();
        for (int buffer = 0; buffer < stateBuffers; buffer++) {
            Tensor tensor = backend.tensor(rows, columns);
            if (buffer < state.size()) {
                backend.upload(tensor, state.get(buffer));
            }
            buffers.add(tensor);
        }
        return new Parameter(value, buffers);
    }

    @Override
    public Neurons neurons() {
        return neurons;
    }

    /** The topology; null for a dense layer. */
    @Nullable
    CsrPattern pattern() {
        return sparse == null ? null : sparse.pattern();
    }

    /** Number of stored weights. */
    int connections() {
        return sparse == null
                ? Math.multiplyExact(inputs, outputs)
                : sparse.pattern().connections();
    }

    private Parameter denseWeights() {
        return Objects.requireNonNull(dense);
    }

    @Override
    public void forward(Backend backend, Tensor input, Pass pass) {
        forward(backend, input, neurons, pass);
    }

    /** Computes the outputs of any neurons of the layer's number. */
    void forward(Backend backend, Tensor input, Neurons to, Pass pass) {
        if (sparse != null) {
            backend.forward(sparse, bias.value(), input, to, pass);
        } else {
            backend.forward(denseWeights().value(), bias.value(), input, to, pass);
        }
    }

    @Override
    public void backward(Backend backend, Neurons below, Pass pass) {
        backward(backend, neurons.gradient(), below, pass);
    }

    /** Passes anything of the outputs' shape on to the neurons below. */
    void backward(Backend backend, Tensor dz, Neurons below, Pass pass) {
        if (sparse != null) {
            backend.backward(sparse, dz, below, pass);
        } else {
            backend.backward(denseWeights().value(), dz, below, pass);
        }
    }

    /** Learns weights and biases from any gradient of the outputs' number of rows. */
    void update(Backend backend, Tensor dz, Tensor input, Backend.Updates updates, Pass pass) {
        if (sparse != null) {
            backend.update(sparse, bias, dz, input, updates, pass);
        } else {
            backend.update(denseWeights(), bias, dz, input, updates, pass);
        }
    }

    @Override
    public void update(Backend backend, Tensor input, LayerUpdates updates, Pass pass) {
        update(backend, neurons.gradient(), input, updates.weightsAndBias(), pass);
        Parameter slopes = neurons.slopes();
        if (slopes != null) {
            backend.update(slopes, Objects.requireNonNull(neurons.slopeGradient()), updates.slopes());
        }
    }

    /** Sets the optimizer's state of everything learned to zero. */
    void forget(Backend backend) {
        if (sparse != null) {
            for (int buffer = 0; buffer < stateBuffers; buffer++) {
                backend.setState(sparse, buffer, new float[sparse.pattern().connections()]);
            }
        } else {
            forget(backend, denseWeights());
        }
        forget(backend, bias);
        Parameter slopes = neurons.slopes();
        if (slopes != null) {
            forget(backend, slopes);
        }
    }

    static void forget(Backend backend, Parameter parameter) {
        for (Tensor buffer : parameter.state()) {
            backend.upload(buffer, new float[buffer.rows() * buffer.columns()]);
        }
    }

    /**
     * Evolves the topology of a sparse layer; returns what happened, or null for a dense one.
     *
     * @param next the layer to evolve next, whose weights come to the host meanwhile
     */
    @Nullable
    Evolved evolve(
            Backend backend,
            EvolutionRules rules,
            boolean growBack,
            RandomKey key,
            WorkerPool pool,
            @Nullable FullyConnected next) {
        if (sparse == null) {
            return null;
        }
        float[] old = backend.weights(sparse);
        if (next != null && next.sparse != null) {
            backend.expectWeights(next.sparse);
        }
        Evolution.Evolved evolved = rules.evolution().evolve(sparse.pattern(), old, growBack, key, pool);
        int[] origin = evolved.origin();
        float[] weights = new float[origin.length];
        for (int k = 0; k < origin.length; k++) {
            weights[k] = origin[k] < 0 ? 0 : old[origin[k]];
        }
        rules.fillNew(weights, origin, new Initializer.Fan(inputs, outputs, weights.length), key, pool);
        backend.rewire(sparse, evolved.pattern(), weights, origin);
        return new Evolved(evolved.pruned(), evolved.grown());
    }

    /**
     * What an evolution did to a layer.
     *
     * @param pruned connections cut
     * @param grown connections grown
     */
    record Evolved(int pruned, int grown) {}

    @Override
    public LayerState state(Backend backend) {
        Parameter slopes = neurons.slopes();
        List<float[]> weightState = new ArrayList<>();
        float[] weights;
        if (sparse != null) {
            weights = backend.weights(sparse);
            for (int buffer = 0; buffer < stateBuffers; buffer++) {
                weightState.add(backend.state(sparse, buffer));
            }
        } else {
            weights = backend.download(denseWeights().value());
            weightState.addAll(buffers(backend, denseWeights()));
        }
        return new LayerState(
                outputs,
                inputs,
                pattern(),
                weights,
                weightState,
                backend.download(bias.value()),
                buffers(backend, bias),
                slopes == null ? null : backend.download(slopes.value()),
                slopes == null ? List.of() : buffers(backend, slopes),
                null);
    }

    static List<float[]> buffers(Backend backend, Parameter parameter) {
        return parameter.state().stream().map(backend::download).toList();
    }
}

package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import coppice.topology.Evolution;
import coppice.topology.RandomKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a layer learns: weights, sparse or dense, biases, and the slopes of its neurons where they have some. */
final class Weights {
    private final int outputs; // rows: neurons, or filters
    private final int inputs; // columns
    private final @Nullable Window window;
    private final @Nullable SparseTensor sparse; // exactly one of the two is there
    private final @Nullable Parameter dense;
    private final Parameter bias;
    private final Neurons neurons;
    private final int stateBuffers;

    /**
     * Puts weights on a backend.
     *
     * @param state what has been learned; sparse arrays are adopted
     * @param neurons those that the weights lead to
     * @param stateBuffers optimizer buffers a parameter needs
     */
    Weights(Backend backend, LayerState state, Neurons neurons, int stateBuffers) {
        this.outputs = state.outputs();
        this.inputs = state.inputs();
        this.window = state.window();
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

    /** The weights of a sparse layer; null for a dense one. */
    @Nullable
    SparseTensor sparse() {
        return sparse;
    }

    /** The weights of a dense layer. */
    Parameter dense() {
        return Objects.requireNonNull(dense);
    }

    Parameter bias() {
        return bias;
    }

    /** Number of stored weights. */
    int connections() {
        return sparse == null
                ? Math.multiplyExact(inputs, outputs)
                : sparse.pattern().connections();
    }

    /** Learns the neurons' slopes from their gradient. */
    void updateSlopes(Backend backend, Update update) {
        Parameter slopes = neurons.slopes();
        if (slopes != null) {
            backend.update(slopes, Objects.requireNonNull(neurons.slopeGradient()), update);
        }
    }

    /** Sets the optimizer's state of everything learned to zero. */
    void forget(Backend backend) {
        if (sparse != null) {
            for (int buffer = 0; buffer < stateBuffers; buffer++) {
                backend.setState(sparse, buffer, new float[sparse.pattern().connections()]);
            }
        } else {
            forget(backend, dense());
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
     * Evolves the topology of a sparse layer.
     *
     * @param next the weights to evolve next, which come to the host meanwhile
     * @return number of connections grown; 0 for a dense layer
     */
    int evolve(
            Backend backend,
            EvolutionRules rules,
            boolean growBack,
            RandomKey key,
            WorkerPool pool,
            @Nullable Weights next) {
        if (sparse == null) {
            return 0;
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
        Initializer.Fan fan = window == null
                ? Initializer.Fan.of(inputs, outputs, weights.length)
                : Initializer.Fan.of(window, outputs, weights.length);
        rules.fillNew(weights, origin, fan, key, pool);
        backend.rewire(sparse, evolved.pattern(), weights, origin);
        return evolved.grown();
    }

    /** Everything learned. */
    LayerState state(Backend backend) {
        Parameter slopes = neurons.slopes();
        List<float[]> weightState = new ArrayList<>();
        float[] weights;
        if (sparse != null) {
            weights = backend.weights(sparse);
            for (int buffer = 0; buffer < stateBuffers; buffer++) {
                weightState.add(backend.state(sparse, buffer));
            }
        } else {
            weights = backend.download(dense().value());
            weightState.addAll(buffers(backend, dense()));
        }
        return new LayerState(
                outputs,
                inputs,
                sparse == null ? null : sparse.pattern(),
                window,
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

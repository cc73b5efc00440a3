package coppice.backend;

import coppice.matrix.CsrPattern;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes a {@link ConvolutionCase} through the operations of convolutions and pooling on a backend, and keeps all
 * results by name, activations without the columns past the batch.
 */
final class ConvolutionRun {
    static final int STEP = 77;
    static final Dropout BELOW = Dropout.of(0.3, 5, Philox.purposeWord(Stream.DROPOUT, 1));
    static final Dropout ABOVE = Dropout.of(0.5, 6, Philox.purposeWord(Stream.DROPOUT, 2));
    static final Activation LEAKY = new Activation(Activation.Kind.LEAKY, 0.25f);
    private static final Update BARE = new Update(Update.Kind.SGD, 1, 0, 0, false, 0, 0, 0);

    private final Backend backend;
    private final ConvolutionCase shape;
    private final Window window;
    private final Pass pass;
    private final Map<String, float[]> results = new LinkedHashMap<>();

    private ConvolutionRun(Backend backend, ConvolutionCase shape) {
        this.backend = backend;
        this.shape = shape;
        this.window = shape.window();
        this.pass = new Pass(shape.batch(), true, STEP);
    }

    static Map<String, float[]> of(Backend backend, ConvolutionCase shape) {
        ConvolutionRun run = new ConvolutionRun(backend, shape);
        run.convolve();
        Window pool = shape.pool();
        if (pool != null) {
            run.pool(pool, Pooling.MAX);
            run.pool(pool, Pooling.AVERAGE);
        }
        return run.results;
    }

    private void convolve() {
        int rows = shape.filters() * window.positions();
        Tensor x = activations(window.inputs(), shape.images());
        Tensor dz = activations(rows, shape.gradient(rows));
        Tensor bias = upload(backend.tensor(shape.filters(), 1), shape.bias());
        Neurons bare = neurons(rows, Activation.IDENTITY, null);
        Neurons active = neurons(rows, LEAKY, ABOVE);
        Filters filters = filters(BARE);
        filters.forward(bias, x, bare);
        filters.forward(bias, x, active);
        keep("z", bare.output());
        keep("a", active.output());
        Neurons below = neurons(window.inputs(), Activation.IDENTITY, null);
        filters.backward(dz, below);
        keep("dx", below.gradient());
        Neurons activeBelow = below();
        filters.backward(dz, activeBelow);
        keep("dBelow", activeBelow.gradient());
        filters.update("gradient", dz, x, BARE);
        Update other = NetworkCases.update((int) (shape.seed() % 6));
        filters(other).update("weights", dz, x, other);
    }

    /** Dense or sparse filters. */
    private record Filters(
            ConvolutionRun run,
            @Nullable SparseTensor sparse,
            @Nullable Parameter dense,
            Parameter bias) {
        void forward(Tensor biases, Tensor x, Neurons to) {
            if (sparse != null) {
                run.backend.forward(run.window, sparse, biases, x, to, run.pass);
            } else if (dense != null) {
                run.backend.forward(run.window, dense.value(), biases, x, to, run.pass);
            }
        }

        void backward(Tensor dz, Neurons below) {
            if (sparse != null) {
                run.backend.backward(run.window, sparse, dz, below, run.pass);
            } else if (dense != null) {
                run.backend.backward(run.window, dense.value(), dz, below, run.pass);
            }
        }

        /** Keeps the weights after a step and its state, which for the bare step is minus the gradient. */
        void update(String name, Tensor dz, Tensor x, Update update) {
            Backend.Updates updates = new Backend.Updates(update, update.withoutDecay());
            if (sparse != null) {
                run.backend.update(run.window, sparse, bias, dz, x, updates, run.pass);
                run.results.put(name, run.backend.weights(sparse).clone());
                run.results.put(name + "State", run.backend.state(sparse, 0).clone());
            } else if (dense != null) {
                run.backend.update(run.window, dense, bias, dz, x, updates, run.pass);
                run.results.put(name, run.backend.download(dense.value()));
                run.results.put(
                        name + "State", run.backend.download(dense.state().get(0)));
            }
            run.results.put(name + "Bias", run.backend.download(bias.value()));
            run.results.put(
                    name + "BiasState", run.backend.download(bias.state().get(0)));
        }
    }

    private Filters filters(Update update) {
        int buffers = update.kind().stateBuffers();
        Parameter bias = parameter(shape.filters(), 1, shape.bias(), buffers);
        if (shape.dense()) {
            return new Filters(this, null, parameter(shape.filters(), window.terms(), shape.weights(), buffers), bias);
        }
        CsrPattern pattern = shape.pattern();
        return new Filters(this, backend.sparse(pattern, shape.weights(), buffers), null, bias);
    }

    private Parameter parameter(int rows, int columns, float[] values, int buffers) {
        Tensor[] state = new Tensor[buffers];
        Arrays.setAll(state, i -> backend.tensor(rows, columns));
        return new Parameter(upload(backend.tensor(rows, columns), values), List.of(state));
    }

    /** Leaky neurons with dropout below whose z are the images. */
    private Neurons below() {
        Neurons below = neurons(window.inputs(), LEAKY, BELOW);
        Window copy = Window.valid(window.channels(), window.height(), window.width(), 1, 1);
        Tensor x = activations(window.inputs(), shape.images());
        backend.pool(Pooling.AVERAGE, copy, x, below, pass);
        keep("below", below.output());
        return below;
    }

    private void pool(Window pool, Pooling pooling) {
        int rows = pool.channels() * pool.positions();
        Neurons below = below();
        Neurons bare = neurons(rows, Activation.IDENTITY, null);
        Neurons active = neurons(rows, LEAKY, ABOVE);
        backend.pool(pooling, pool, below.output(), bare, pass);
        backend.pool(pooling, pool, below.output(), active, pass);
        keep(pooling + " z", bare.output());
        keep(pooling + " a", active.output());
        Tensor dz = activations(rows, shape.gradient(rows));
        Neurons same = Neurons.of(
                backend,
                Activation.IDENTITY,
                below.output(),
                stale(below.gradient().rows()),
                null,
                null);
        backend.unpool(pooling, pool, dz, same, pass);
        keep(pooling + " dx", same.gradient());
        backend.unpool(pooling, pool, dz, below, pass);
        keep(pooling + " dBelow", below.gradient());
    }

    private Neurons neurons(int rows, Activation activation, @Nullable Dropout dropout) {
        return Neurons.of(backend, activation, stale(rows), stale(rows), null, dropout);
    }

    private Tensor stale(int rows) {
        return activations(rows, new float[0]);
    }

    /** An activation tensor that holds values in its first columns and garbage elsewhere. */
    private Tensor activations(int rows, float[] values) {
        int capacity = shape.capacity();
        float[] all = new float[rows * capacity];
        for (int i = 0; i < all.length; i++) {
            all[i] = i % 7 == 0 ? Float.NaN : i % 5 == 0 ? Float.NEGATIVE_INFINITY : 1e30f;
        }
        for (int row = 0; row < values.length / shape.batch(); row++) {
            System.arraycopy(values, row * shape.batch(), all, row * capacity, shape.batch());
        }
        return upload(backend.activations(rows, capacity), all);
    }

    private Tensor upload(Tensor tensor, float[] values) {
        backend.upload(tensor, values);
        return tensor;
    }

    private void keep(String name, Tensor activations) {
        results.put(name, StochasticRun.columns(backend, activations, shape.batch()));
    }
}

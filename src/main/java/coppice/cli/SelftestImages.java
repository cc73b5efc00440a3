package coppice.cli;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Dropout;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Pooling;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Takes a {@link SelftestCase} through a backend's convolutions and pooling, each on operands of its own. */
final class SelftestImages {
    private static final int STEP = 5;
    private static final Window[] WINDOWS = {
        Window.same(3, 7, 6, 3, 1), Window.valid(2, 8, 9, 3, 2), Window.same(5, 4, 9, 2, 1), Window.valid(1, 6, 6, 5, 1)
    };
    private static final int[] FILTERS = {5, 18, 33};

    private final Backend backend;
    private final SelftestCase shape;
    private final Window window;
    private final int filters;
    private final Pass pass;
    private final Tensor x;
    private final Tensor dz;
    private final Parameter bias;
    private final @Nullable SparseTensor sparse;
    private final @Nullable Parameter dense;
    private final List<SelftestRun.Result> results = new ArrayList<>();

    private SelftestImages(Backend backend, SelftestCase shape) {
        this.backend = backend;
        this.shape = shape;
        this.window = WINDOWS[shape.seed() % WINDOWS.length];
        this.filters = FILTERS[shape.seed() % FILTERS.length];
        this.pass = new Pass(shape.batch(), true, STEP);
        this.x = activations(window.inputs(), 61);
        this.dz = activations(filters * window.positions(), 62);
        this.bias = parameter(filters, 1, 63);
        if (shape.dense()) {
            this.sparse = null;
            this.dense = parameter(filters, window.terms(), 64);
        } else {
            CsrPattern pattern = shape.pattern(filters, window.terms(), 65);
            float[] weights = shape.weights(pattern.connections(), window.terms(), 64);
            this.sparse = backend.sparse(pattern, weights, shape.update().kind().stateBuffers());
            this.dense = null;
        }
    }

    /** All results, in the order of the operations. */
    static List<SelftestRun.Result> of(Backend backend, SelftestCase shape) {
        SelftestImages images = new SelftestImages(backend, shape);
        images.convolve();
        for (Pooling pooling : Pooling.values()) {
            images.pool(pooling);
        }
        return images.results;
    }

    private void convolve() {
        String kind = shape.dense() ? "convolution " : "sparse convolution ";
        Neurons above = neurons(filters * window.positions(), shape.activation());
        Neurons below = below();
        for (int step = 0; step < 3; step++) {
            backend.step(new Backend.Step(this, pass, 0, shape.update()), () -> {
                forward(above);
                backward(below);
                update();
            });
            keep(kind + "forward", "outputs", above.output());
            keep(kind + "backward", "gradient of pixels", below.gradient());
            keepSlopes(kind + "backward", below);
            String update = kind + "update";
            if (sparse != null) {
                results.add(new SelftestRun.Result(
                        update, "weights", backend.weights(sparse).clone()));
            } else if (dense != null) {
                results.add(new SelftestRun.Result(update, "weights", backend.download(dense.value())));
            }
            results.add(new SelftestRun.Result(update, "biases", backend.download(bias.value())));
        }
    }

    private void forward(Neurons above) {
        if (sparse != null) {
            backend.forward(window, sparse, bias.value(), x, above, pass);
        } else if (dense != null) {
            backend.forward(window, dense.value(), bias.value(), x, above, pass);
        }
    }

    private void backward(Neurons below) {
        if (sparse != null) {
            backend.backward(window, sparse, dz, below, pass);
        } else if (dense != null) {
            backend.backward(window, dense.value(), dz, below, pass);
        }
    }

    private void update() {
        Update update = shape.update();
        Backend.Updates updates = new Backend.Updates(update, update.withoutDecay());
        if (sparse != null) {
            backend.update(window, sparse, bias, dz, x, updates, pass);
        } else if (dense != null) {
            backend.update(window, dense, bias, dz, x, updates, pass);
        }
    }

    private void pool(Pooling pooling) {
        int kernel = Math.min(window.kernel(), 3);
        Window pool = Window.valid(window.channels(), window.height(), window.width(), kernel, window.stride());
        String operation = pooling.name().toLowerCase(Locale.ROOT) + " pooling";
        int outputs = pool.channels() * pool.positions();
        Neurons below = below();
        Neurons above = neurons(outputs, shape.activation());
        backend.pool(pooling, pool, below.output(), above, pass);
        keep(operation, "outputs", above.output());
        backend.unpool(pooling, pool, activations(outputs, 66), below, pass);
        keep(operation, "gradient of pixels", below.gradient());
        keepSlopes(operation, below);
    }

    /** Neurons whose z are the images. */
    private Neurons below() {
        Neurons below = neurons(window.inputs(), shape.activation());
        Window pixels = Window.valid(window.channels(), window.height(), window.width(), 1, 1);
        backend.pool(Pooling.AVERAGE, pixels, x, below, pass);
        return below;
    }

    private Neurons neurons(int count, Activation activation) {
        boolean srelu = activation.kind() == Activation.Kind.SRELU;
        Dropout dropout = shape.dropout() == 0 ? null : shape.dropoutRule();
        Parameter slopes = srelu ? parameter(4, count, 67) : null;
        return Neurons.of(backend, activation, stale(count), stale(count), slopes, dropout);
    }

    private Parameter parameter(int rows, int columns, int what) {
        Tensor value = backend.tensor(rows, columns);
        backend.upload(value, shape.weights(rows * columns, columns, what));
        List<Tensor> state = new ArrayList<>();
        for (int buffer = 0; buffer < shape.update().kind().stateBuffers(); buffer++) {
            state.add(backend.tensor(rows, columns));
        }
        return new Parameter(value, state);
    }

    /** Activations full of what an earlier step might have left. */
    private Tensor stale(int rows) {
        Tensor tensor = backend.activations(rows, shape.capacity());
        float[] left = new float[rows * shape.capacity()];
        Arrays.fill(left, Float.NaN);
        backend.upload(tensor, left);
        return tensor;
    }

    /** Numbers in [-1, 1) in the batch, NaN past it. */
    private Tensor activations(int rows, int what) {
        float[] values = shape.vector(rows * shape.capacity(), what);
        for (int i = 0; i < values.length; i++) {
            values[i] = i % shape.capacity() < shape.batch() ? values[i] : Float.NaN;
        }
        Tensor tensor = backend.activations(rows, shape.capacity());
        backend.upload(tensor, values);
        return tensor;
    }

    private void keepSlopes(String operation, Neurons neurons) {
        Tensor gradient = neurons.slopeGradient();
        if (gradient != null) {
            results.add(
                    new SelftestRun.Result(operation, "gradient of SReLU's parameters", backend.download(gradient)));
        }
    }

    private void keep(String operation, String what, Tensor activations) {
        float[] all = backend.download(activations);
        float[] used = new float[activations.rows() * shape.batch()];
        for (int row = 0; row < activations.rows(); row++) {
            System.arraycopy(all, row * activations.columns(), used, row * shape.batch(), shape.batch());
        }
        results.add(new SelftestRun.Result(operation, what, used));
    }
}

package coppice.cli;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes a {@link SelftestCase} through all operations of a backend, and keeps what each of them leaves. */
final class SelftestRun {
    private static final int STEP = 77;
    private static final String[] STORAGES = {"bytes", "floats", "csr"};
    private static final int SPARSE = 2; // the storage that images do not have

    private final Backend backend;
    private final SelftestCase shape;
    private final List<Result> results = new ArrayList<>();
    private final Layer first;
    private final Layer second;
    private final Tensor x;
    private final Neurons hidden;
    private final Neurons outputs;
    private final Tensor offset;
    private final Tensor scale;

    private SelftestRun(Backend backend, SelftestCase shape) {
        this.backend = backend;
        this.shape = shape;
        this.first = layer(shape.hidden(), shape.inputs(), 1);
        this.second = layer(shape.outputs(), shape.hidden(), 2);
        this.x = stale(shape.inputs());
        this.hidden = hidden();
        this.outputs =
                Neurons.of(backend, Activation.IDENTITY, stale(shape.outputs()), stale(shape.outputs()), null, null);
        this.offset = tensor(1, shape.inputs(), shape.vector(shape.inputs(), 20));
        float[] factors = shape.vector(shape.inputs(), 21);
        for (int i = 0; i < factors.length; i++) {
            factors[i] *= 0.01f;
        }
        this.scale = tensor(1, shape.inputs(), factors);
    }

    /** What an operation left. */
    static final class Result {
        /** Its name in the table. */
        final String operation;

        /** Which of the things it writes. */
        final String what;

        /** Row-major, without columns past the batch. */
        final float[] values;

        Result(String operation, String what, float[] values) {
            this.operation = operation;
            this.what = what;
            this.values = values;
        }
    }

    /** One layer's learned tensors: weights of one of the two kinds, and biases. */
    private record Layer(
            @Nullable SparseTensor sparse, @Nullable Parameter dense, Parameter bias) {}

    /** All results, in the order of the operations. */
    static List<Result> of(Backend backend, SelftestCase shape) {
        SelftestRun run = new SelftestRun(backend, shape);
        run.gathers();
        run.oneStep();
        run.evaluation();
        run.replayedSteps();
        run.results.addAll(SelftestUnits.of(backend, shape));
        run.results.addAll(SelftestImages.of(backend, shape));
        return run.results;
    }

    private String layerKind(String operation) {
        return (shape.dense() ? "dense " : "sparse ") + operation;
    }

    // ---- operations one by one ----

    private void gathers() {
        Pass pass = new Pass(shape.batch(), true, STEP);
        for (int storage = STORAGES.length - 1; storage >= 0; storage--) {
            spoil(x);
            backend.gather(samples(storage), 1, offset, scale, x, pass);
            keep("gather from " + STORAGES[storage], "x", x);
        }
        for (int storage = 0; storage < SPARSE; storage++) {
            spoil(x);
            Samples images = samples(storage);
            backend.order(images, shape.order(), shape.images(1));
            backend.gather(images, 1, offset, scale, x, pass);
            keep("gather images of " + STORAGES[storage], "x", x);
        }
    }

    private void oneStep() {
        Pass pass = new Pass(shape.batch(), true, STEP);
        Samples samples = samples(0);
        forward(pass);
        keep(layerKind("forward"), "hidden outputs", hidden.output());
        keep(layerKind("forward"), "outputs", outputs.output());
        backend.setTotals(Totals.ZERO);
        backend.loss(shape.loss(), samples, 1, outputs, pass);
        keep("loss", "gradient", outputs.gradient());
        keepTotals("loss");
        backward(pass);
        keep(layerKind("backward"), "hidden gradient", hidden.gradient());
        Parameter slopes = hidden.slopes();
        Tensor slopeGradient = hidden.slopeGradient();
        if (slopes != null && slopeGradient != null) {
            keep(layerKind("backward"), "gradient of SReLU's parameters", backend.download(slopeGradient));
        }
        sddmm(second, outputs.gradient(), hidden.output(), pass);
        sddmm(first, hidden.gradient(), x, pass);
        learn(shape.update(), pass);
        keepLayers(layerKind("update"));
        if (slopes != null) {
            keep("update of SReLU", "parameters", slopes);
        }
    }

    private void evaluation() {
        Pass pass = new Pass(shape.batch(), false, STEP);
        backend.setTotals(new Totals(2, 100, 1000));
        forward(pass);
        keep(layerKind("forward"), "outputs in evaluation", outputs.output());
        backend.loss(shape.loss(), samples(1), 1, outputs, pass);
        keepTotals("loss");
        backend.probabilities(shape.loss(), outputs, pass);
        keep("probabilities", "probabilities", outputs.gradient());
    }

    private void sddmm(Layer layer, Tensor dz, Tensor from, Pass pass) {
        SparseTensor sparse = layer.sparse();
        if (sparse != null) {
            Tensor gradient = backend.tensor(1, sparse.pattern().connections());
            backend.sddmm(sparse, dz, from, gradient, pass);
            keep("sddmm", "gradient", backend.download(gradient));
        }
    }

    // ---- whole steps, which a backend may record and replay ----

    private void replayedSteps() {
        Samples samples = samples(shape.seed());
        backend.setTotals(Totals.ZERO);
        for (int step = 0; step < SelftestCase.MORE_SAMPLES; step++) {
            if (shape.seed() % STORAGES.length != SPARSE) {
                backend.order(samples, shape.order(), shape.images(step + 1));
            }
            step(samples, step);
            keepLayers("step, replayed");
            keepTotals("step, replayed");
        }
        if (shape.dense()) {
            return;
        }
        rewire(first, 50);
        rewire(second, 51);
        for (int step = 0; step < 3; step++) {
            step(samples, step);
        }
        keepLayers("step after rewire");
    }

    private void step(Samples samples, int step) {
        Update update = shape.update();
        Update now = new Update(
                update.kind(),
                update.rate() / (step + 1),
                update.momentum(),
                update.decay(),
                update.unscaledDecay(),
                update.beta2(),
                update.secondCorrection() / (step + 1),
                update.epsilon());
        Pass pass = new Pass(shape.batch(), true, STEP + step);
        backend.step(new Backend.Step(this, pass, step, now), () -> {
            backend.gather(samples, step, offset, scale, x, pass);
            forward(pass);
            backend.loss(shape.loss(), samples, step, outputs, pass);
            backward(pass);
            learn(now, pass);
        });
    }

    private void rewire(Layer layer, int what) {
        SparseTensor sparse = layer.sparse();
        if (sparse == null) {
            return;
        }
        CsrPattern old = sparse.pattern();
        CsrPattern next = shape.pattern(old.rows(), old.columns(), what);
        int[] origin = new int[next.connections()];
        for (int row = 0; row < next.rows(); row++) {
            int from = old.rowOffsets()[row];
            int to = old.rowOffsets()[row + 1];
            for (int k = next.rowOffsets()[row]; k < next.rowOffsets()[row + 1]; k++) {
                int place = Arrays.binarySearch(old.columnIndices(), from, to, next.columnIndices()[k]);
                origin[k] = Math.max(place, -1);
            }
        }
        backend.rewire(sparse, next, shape.weights(next.connections(), next.columns(), what), origin);
        keep("rewire", sparse);
    }

    // ---- layers ----

    private void forward(Pass pass) {
        forward(first, x, hidden, pass);
        forward(second, hidden.output(), outputs, pass);
    }

    private void forward(Layer layer, Tensor from, Neurons to, Pass pass) {
        if (layer.sparse() != null) {
            backend.forward(layer.sparse(), layer.bias().value(), from, to, pass);
        } else if (layer.dense() != null) {
            backend.forward(layer.dense().value(), layer.bias().value(), from, to, pass);
        }
    }

    private void backward(Pass pass) {
        if (second.sparse() != null) {
            backend.backward(second.sparse(), outputs.gradient(), hidden, pass);
        } else if (second.dense() != null) {
            backend.backward(second.dense().value(), outputs.gradient(), hidden, pass);
        }
    }

    private void learn(Update update, Pass pass) {
        learn(second, outputs.gradient(), hidden.output(), update, pass);
        learn(first, hidden.gradient(), x, update, pass);
        Parameter slopes = hidden.slopes();
        Tensor slopeGradient = hidden.slopeGradient();
        if (slopes != null && slopeGradient != null) {
            backend.update(slopes, slopeGradient, update.withoutDecay());
        }
    }

    private void learn(Layer layer, Tensor dz, Tensor from, Update update, Pass pass) {
        Backend.Updates updates = new Backend.Updates(update, update.withoutDecay());
        if (layer.sparse() != null) {
            backend.update(layer.sparse(), layer.bias(), dz, from, updates, pass);
        } else if (layer.dense() != null) {
            backend.update(layer.dense(), layer.bias(), dz, from, updates, pass);
        }
    }

    // ---- tensors ----

    private Samples samples(int storage) {
        Samples samples = backend.samples(shape.features(storage), shape.labels(), shape.classWeights());
        backend.order(samples, shape.order());
        return samples;
    }

    private Layer layer(int rows, int columns, int what) {
        Parameter bias = parameter(rows, 1, shape.vector(rows, 10 + what), what);
        if (shape.dense()) {
            float[] weights = shape.weights(rows * columns, columns, what);
            return new Layer(null, parameter(rows, columns, weights, 2 + what), bias);
        }
        CsrPattern pattern = shape.pattern(rows, columns, what);
        int buffers = shape.update().kind().stateBuffers();
        SparseTensor sparse = backend.sparse(pattern, shape.weights(pattern.connections(), columns, what), buffers);
        for (int buffer = 0; buffer < buffers; buffer++) {
            backend.setState(sparse, buffer, state(pattern.connections(), 2 + what));
        }
        return new Layer(sparse, null, bias);
    }

    private Neurons hidden() {
        int size = shape.hidden();
        boolean srelu = shape.activation().kind() == Activation.Kind.SRELU;
        Neurons neurons = Neurons.of(
                backend,
                shape.activation(),
                stale(size),
                stale(size),
                srelu ? parameter(4, size, shape.vector(4 * size, 22), 5) : null,
                shape.dropout() == 0 ? null : shape.dropoutRule());
        spoil(neurons.preActivation());
        return neurons;
    }

    private Parameter parameter(int rows, int columns, float[] values, int what) {
        List<Tensor> states = new ArrayList<>();
        for (int buffer = 0; buffer < shape.update().kind().stateBuffers(); buffer++) {
            states.add(tensor(rows, columns, state(rows * columns, what)));
        }
        return new Parameter(tensor(rows, columns, values), states);
    }

    /** Velocity or moments before the step; not negative, as Adam's second moment never is. */
    private float[] state(int length, int what) {
        float[] state = shape.vector(length, 30 + what);
        for (int i = 0; i < length; i++) {
            state[i] = Math.abs(state[i]) * 0.1f;
        }
        return state;
    }

    private Tensor tensor(int rows, int columns, float[] values) {
        Tensor tensor = backend.tensor(rows, columns);
        backend.upload(tensor, values);
        return tensor;
    }

    /** Activations full of what an earlier step might have left. */
    private Tensor stale(int rows) {
        Tensor tensor = backend.activations(rows, shape.capacity());
        spoil(tensor);
        return tensor;
    }

    private void spoil(Tensor tensor) {
        float[] left = new float[tensor.rows() * tensor.columns()];
        for (int i = 0; i < left.length; i++) {
            left[i] = i % 7 == 0 ? Float.NaN : i % 5 == 0 ? Float.POSITIVE_INFINITY : 1e30f;
        }
        backend.upload(tensor, left);
    }

    // ---- results ----

    private void keep(String operation, String what, float[] values) {
        results.add(new Result(operation, what, values));
    }

    private void keep(String operation, String what, Tensor activations) {
        float[] all = backend.download(activations);
        float[] batch = new float[activations.rows() * shape.batch()];
        for (int row = 0; row < activations.rows(); row++) {
            System.arraycopy(all, row * activations.columns(), batch, row * shape.batch(), shape.batch());
        }
        keep(operation, what, batch);
    }

    private void keep(String operation, String what, Parameter parameter) {
        keep(operation, what, backend.download(parameter.value()));
        for (Tensor state : parameter.state()) {
            keep(operation, "optimizer's state of " + what, backend.download(state));
        }
    }

    private void keep(String operation, SparseTensor sparse) {
        keep(operation, "weights", backend.weights(sparse).clone());
        for (int buffer = 0; buffer < shape.update().kind().stateBuffers(); buffer++) {
            keep(
                    operation,
                    "optimizer's state of weights",
                    backend.state(sparse, buffer).clone());
        }
    }

    private void keepLayers(String operation) {
        for (Layer layer : List.of(first, second)) {
            SparseTensor sparse = layer.sparse();
            Parameter dense = layer.dense();
            if (sparse != null) {
                keep(operation, sparse);
            } else if (dense != null) {
                keep(operation, "weights", dense);
            }
            keep(operation, "biases", layer.bias());
        }
    }

    /** The sum of the losses is a double: its float and what that leaves. */
    private void keepTotals(String operation) {
        Totals totals = backend.totals();
        float loss = (float) totals.loss();
        float rest = (float) (totals.loss() - loss);
        keep(operation, "totals", new float[] {loss, rest, totals.correct(), totals.samples()});
    }
}

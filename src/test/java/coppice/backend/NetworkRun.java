package coppice.backend;

import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Takes a {@link NetworkCase} through one training step and an evaluation on a backend, and keeps all results. */
final class NetworkRun {
    private final Backend backend;
    private final NetworkCase shape;
    private final Random stale;
    private final Map<String, float[]> results = new LinkedHashMap<>();

    private NetworkRun(Backend backend, NetworkCase shape) {
        this.backend = backend;
        this.shape = shape;
        this.stale = new Random(shape.capacity());
    }

    /** One layer's learned tensors. */
    private record Layer(
            @Nullable SparseTensor sparse, @Nullable Parameter dense, Parameter bias) {}

    /** All results by name, activations without the columns past the batch. */
    static Map<String, float[]> of(Backend backend, NetworkCase shape) {
        NetworkRun run = new NetworkRun(backend, shape);
        run.step();
        return run.results;
    }

    private void step() {
        Layer first = layer(shape.hidden(), shape.inputs(), 1);
        Layer second = layer(shape.outputs(), shape.hidden(), 2);
        Tensor x = staleActivations(shape.inputs());
        Neurons hidden = hidden();
        Tensor logits = staleActivations(shape.outputs());
        Neurons outputs =
                Neurons.of(backend, Activation.IDENTITY, logits, staleActivations(shape.outputs()), null, null);
        Samples samples = backend.samples(shape.features(), shape.labels(), shape.classWeights());
        backend.order(samples, shape.order());
        Pass pass = new Pass(shape.batch(), true, NetworkCase.STEP);

        backend.gather(samples, 1, tensor(1, shape.inputs(), 20), tensor(1, shape.inputs(), 21), x, pass);
        keep("x", x);
        Tensor z = staleActivations(shape.hidden());
        forward(first, x, Neurons.of(backend, Activation.IDENTITY, z, z, null, null), pass);
        keep("hiddenZ", z);
        forward(first, x, hidden, pass);
        forward(second, hidden.output(), outputs, pass);
        keep("hidden", hidden.output());
        keep("logits", logits);
        backend.loss(shape.loss(), samples, 1, outputs, pass);
        keepTotals("training");
        keep("dLogits", outputs.gradient());
        backward(second, outputs.gradient(), hidden, pass);
        keep("dHiddenZ", hidden.gradient());
        Parameter slopes = hidden.slopes();
        Tensor slopeGradient = hidden.slopeGradient();
        if (slopes != null && slopeGradient != null) {
            results.put("dSlopes", backend.download(slopeGradient));
            backend.update(slopes, slopeGradient, shape.update().withoutDecay());
            keep("slopes", slopes);
        }
        update("second", second, outputs.gradient(), hidden.output(), pass);
        update("first", first, hidden.gradient(), x, pass);
        evaluate(first, second, x, hidden, outputs, samples);
    }

    private void evaluate(Layer first, Layer second, Tensor x, Neurons hidden, Neurons outputs, Samples samples) {
        Pass pass = new Pass(shape.batch(), false, NetworkCase.STEP);
        backend.setTotals(Totals.ZERO);
        forward(first, x, hidden, pass);
        forward(second, hidden.output(), outputs, pass);
        backend.loss(shape.loss(), samples, 1, outputs, pass);
        keepTotals("evaluation");
        backend.probabilities(shape.loss(), outputs, pass);
        keep("probabilities", outputs.gradient());
    }

    private Layer layer(int rows, int columns, int what) {
        int buffers = shape.update().kind().stateBuffers();
        Parameter bias = parameter(rows, 1, shape.vector(rows, 10 + what), what);
        if (shape.dense()) {
            return new Layer(
                    null, parameter(rows, columns, shape.weights(rows * columns, columns, what), 2 + what), bias);
        }
        CsrPattern pattern = shape.pattern(rows, columns, what);
        int connections = pattern.connections();
        SparseTensor sparse = backend.sparse(pattern, shape.weights(connections, columns, what), buffers);
        for (int buffer = 0; buffer < buffers; buffer++) {
            backend.setState(sparse, buffer, state(connections, 2 + what));
        }
        return new Layer(sparse, null, bias);
    }

    /** Velocity or moments before the step, not negative, as Adam's second moment must be. */
    private float[] state(int length, int what) {
        float[] state = shape.vector(length, 30 + what);
        for (int i = 0; i < length; i++) {
            state[i] = Math.abs(state[i]) * 0.1f;
        }
        return state;
    }

    private Parameter parameter(int rows, int columns, float[] values, int what) {
        List<Tensor> states = new ArrayList<>();
        for (int buffer = 0; buffer < shape.update().kind().stateBuffers(); buffer++) {
            states.add(upload(rows, columns, state(rows * columns, what)));
        }
        return new Parameter(upload(rows, columns, values), states);
    }

    private Tensor upload(int rows, int columns, float[] values) {
        Tensor tensor = backend.tensor(rows, columns);
        backend.upload(tensor, values);
        return tensor;
    }

    private Tensor tensor(int rows, int columns, int what) {
        return upload(rows, columns, shape.vector(rows * columns, what));
    }

    /** Activations full of what an earlier step might have left. */
    private Tensor staleActivations(int rows) {
        Tensor tensor = backend.activations(rows, shape.capacity());
        spoil(tensor);
        return tensor;
    }

    private void spoil(Tensor tensor) {
        float[] left = new float[tensor.rows() * shape.capacity()];
        for (int i = 0; i < left.length; i++) {
            left[i] = i % 7 == 0 ? Float.NaN : i % 5 == 0 ? Float.POSITIVE_INFINITY : stale.nextFloat() * 1e30f;
        }
        backend.upload(tensor, left);
    }

    private Neurons hidden() {
        int size = shape.hidden();
        boolean srelu = shape.activation().kind() == Activation.Kind.SRELU;
        Neurons neurons = Neurons.of(
                backend,
                shape.activation(),
                staleActivations(size),
                staleActivations(size),
                srelu ? parameter(4, size, shape.vector(4 * size, 22), 5) : null,
                shape.dropout() == 0 ? null : shape.dropoutRule());
        spoil(neurons.preActivation());
        return neurons;
    }

    private void forward(Layer layer, Tensor x, Neurons to, Pass pass) {
        if (layer.sparse() != null) {
            backend.forward(layer.sparse(), layer.bias().value(), x, to, pass);
        } else if (layer.dense() != null) {
            backend.forward(layer.dense().value(), layer.bias().value(), x, to, pass);
        }
    }

    private void backward(Layer layer, Tensor dz, Neurons below, Pass pass) {
        if (layer.sparse() != null) {
            backend.backward(layer.sparse(), dz, below, pass);
        } else if (layer.dense() != null) {
            backend.backward(layer.dense().value(), dz, below, pass);
        }
    }

    private void update(String name, Layer layer, Tensor dz, Tensor x, Pass pass) {
        Backend.Updates updates =
                new Backend.Updates(shape.update(), shape.update().withoutDecay());
        SparseTensor sparse = layer.sparse();
        Parameter dense = layer.dense();
        if (sparse != null) {
            Tensor gradient = backend.tensor(1, sparse.pattern().connections());
            backend.sddmm(sparse, dz, x, gradient, pass);
            results.put(name + "Gradient", backend.download(gradient));
            backend.update(sparse, layer.bias(), dz, x, updates, pass);
            results.put(name + "Weights", backend.weights(sparse).clone());
            for (int buffer = 0; buffer < shape.update().kind().stateBuffers(); buffer++) {
                results.put(
                        name + "State" + buffer, backend.state(sparse, buffer).clone());
            }
        } else if (dense != null) {
            backend.update(dense, layer.bias(), dz, x, updates, pass);
            keep(name + "Weights", dense);
        }
        keep(name + "Bias", layer.bias());
    }

    private void keep(String name, Parameter parameter) {
        results.put(name, backend.download(parameter.value()));
        for (int buffer = 0; buffer < parameter.state().size(); buffer++) {
            results.put(
                    name + "State" + buffer, backend.download(parameter.state().get(buffer)));
        }
    }

    private void keep(String name, Tensor activations) {
        float[] all = backend.download(activations);
        float[] batch = new float[activations.rows() * shape.batch()];
        for (int row = 0; row < activations.rows(); row++) {
            System.arraycopy(all, row * shape.capacity(), batch, row * shape.batch(), shape.batch());
        }
        results.put(name, batch);
    }

    private void keepTotals(String name) {
        Totals totals = backend.totals();
        results.put(
                name + "Totals",
                new float[] {(float) totals.loss(), (float) totals.correct(), (float) totals.samples()});
    }

    /** Names of the results in which two runs differ in a bit; empty for equal runs. */
    static List<String> differences(Map<String, float[]> expected, Map<String, float[]> actual) {
        List<String> names = new ArrayList<>();
        expected.forEach((name, values) -> {
            float[] other = actual.getOrDefault(name, new float[0]);
            if (!Arrays.equals(values, other)) { // Arrays.equals tells -0 from 0 and takes all NaNs for one
                int at = Arrays.mismatch(values, other);
                names.add(name + "[" + at + "]: " + values[at] + " and "
                        + (at < other.length ? Float.toString(other[at]) : "nothing"));
            }
        });
        return names;
    }
}

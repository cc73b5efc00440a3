package coppice.backend.cuda;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.matrix.CsrPattern;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * One layer without an activation, and the operands of its products.
 *
 * @param capacity columns of the activation tensors, at least the batch
 * @param density of the layer; {@link #DENSE} for a dense one, {@link #PERMUTATION} for one connection a row and column
 */
record ProductsCase(int outputs, int inputs, int batch, int capacity, double density, int seed) {
    static final double DENSE = -1;
    static final double PERMUTATION = -2;

    /** Names of the results that products of matrices leave. */
    static final Set<String> PRODUCTS = Set.of(
            "sparse forward",
            "sparse backward",
            "sddmm",
            "sparse update",
            "dense forward",
            "dense backward",
            "dense update");

    /** Adds the gradient to the weight, so that the sum of magnitudes is that of one run on magnitudes. */
    private static final Update ADD = new Update(Update.Kind.SGD, -1, 0, 0, false, 0, 0, 0);

    static ProductsCase permutation(int size, int batch) {
        return new ProductsCase(size, size, batch, batch, PERMUTATION, 7);
    }

    /** What each operation leaves in the batch; with {@code magnitudes} for operands without their signs. */
    Map<String, float[]> results(Backend backend, boolean magnitudes) {
        Map<String, float[]> results = new LinkedHashMap<>();
        Tensor x = activations(backend, inputs, 1, magnitudes);
        Tensor dz = activations(backend, outputs, 2, magnitudes);
        Neurons above = neurons(backend, outputs);
        Neurons below = neurons(backend, inputs);
        Parameter bias = new Parameter(
                tensor(
                        backend,
                        outputs,
                        1,
                        density == PERMUTATION ? new float[outputs] : values(outputs, 3, magnitudes)),
                List.of(backend.tensor(outputs, 1)));
        Pass pass = new Pass(batch, true, 0);
        Backend.Updates updates = new Backend.Updates(ADD, ADD);
        if (density == DENSE) {
            Parameter w = new Parameter(
                    tensor(backend, outputs, inputs, values(outputs * inputs, 4, magnitudes)),
                    List.of(backend.tensor(outputs, inputs)));
            backend.forward(w.value(), bias.value(), x, above, pass);
            results.put("dense forward", inBatch(backend, above.output()));
            backend.backward(w.value(), dz, below, pass);
            results.put("dense backward", inBatch(backend, below.gradient()));
            backend.update(w, bias, dz, x, updates, pass);
            results.put("dense update", backend.download(w.value()));
        } else {
            CsrPattern pattern = pattern();
            SparseTensor w = backend.sparse(pattern, values(pattern.connections(), 4, magnitudes), 1);
            backend.forward(w, bias.value(), x, above, pass);
            results.put("sparse forward", inBatch(backend, above.output()));
            backend.backward(w, dz, below, pass);
            results.put("sparse backward", inBatch(backend, below.gradient()));
            if (pattern.connections() > 0) {
                Tensor gradient = backend.tensor(1, pattern.connections());
                backend.sddmm(w, dz, x, gradient, pass);
                results.put("sddmm", backend.download(gradient));
            }
            backend.update(w, bias, dz, x, updates, pass);
            results.put("sparse update", backend.weights(w).clone());
        }
        results.put("bias", backend.download(bias.value()));
        return results;
    }

    /** Rows 3, 8, ... and columns 2, 6, ... are empty where there are more. */
    private CsrPattern pattern() {
        Random random = new Random(seed);
        int[] offsets = new int[outputs + 1];
        int[] indices = new int[outputs * inputs];
        int connections = 0;
        for (int row = 0; row < outputs; row++) {
            for (int column = 0; column < inputs; column++) {
                boolean there = density == PERMUTATION
                        ? column == row * 7 % inputs
                        : random.nextDouble() < density && row % 5 != 3 && (column % 4 != 2 || density == 1);
                if (there) {
                    indices[connections++] = column;
                }
            }
            offsets[row + 1] = connections;
        }
        return new CsrPattern(outputs, inputs, offsets, Arrays.copyOf(indices, connections));
    }

    private float[] values(int count, int what, boolean magnitudes) {
        Random random = new Random(seed * 31L + what);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            float value = random.nextFloat() * 2 - 1;
            values[i] = magnitudes ? Math.abs(value) : value;
        }
        return values;
    }

    private static Tensor tensor(Backend backend, int rows, int columns, float[] values) {
        Tensor tensor = backend.tensor(rows, columns);
        backend.upload(tensor, values);
        return tensor;
    }

    /** Operands in the batch, and past it what must not count. */
    private Tensor activations(Backend backend, int rows, int what, boolean magnitudes) {
        float[] values = values(rows * capacity, what, magnitudes);
        for (int i = 0; i < values.length; i++) {
            values[i] = i % capacity < batch ? values[i] : Float.NaN;
        }
        Tensor tensor = backend.activations(rows, capacity);
        backend.upload(tensor, values);
        return tensor;
    }

    /** Neurons whose tensors are full of what an earlier step might have left. */
    private Neurons neurons(Backend backend, int count) {
        float[] left = new float[count * capacity];
        Arrays.fill(left, Float.NaN);
        Tensor output = backend.activations(count, capacity);
        Tensor gradient = backend.activations(count, capacity);
        backend.upload(output, left);
        backend.upload(gradient, left);
        return Neurons.of(backend, Activation.IDENTITY, output, gradient, null, null);
    }

    private float[] inBatch(Backend backend, Tensor activations) {
        float[] all = backend.download(activations);
        float[] values = new float[activations.rows() * batch];
        for (int row = 0; row < activations.rows(); row++) {
            System.arraycopy(all, row * capacity, values, row * batch, batch);
        }
        return values;
    }
}

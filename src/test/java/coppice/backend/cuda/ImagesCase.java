package coppice.backend.cuda;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.backend.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import jcuda.Pointer;

/**
 * A convolution with dense filters without an activation, and the operands of its products.
 *
 * @param capacity columns of the activation tensors, at least the batch
 */
record ImagesCase(Window window, int filters, int batch, int capacity, int seed) {
    /** Adds the gradient to the weight, so that the sum of magnitudes is that of one run on magnitudes. */
    private static final Update ADD = new Update(Update.Kind.SGD, -1, 0, 0, false, 0, 0, 0);

    /** What each operation leaves in the batch; with {@code magnitudes} for operands without their signs. */
    Map<String, float[]> results(Backend backend, boolean magnitudes) {
        Map<String, float[]> results = new LinkedHashMap<>();
        Tensor x =
                upload(backend, backend.activations(window.inputs(), capacity), spread(window.inputs(), 1, magnitudes));
        Tensor dz = upload(backend, backend.activations(outputs(), capacity), spread(outputs(), 2, magnitudes));
        Tensor bias = upload(backend, backend.tensor(filters, 1), values(filters, 3, magnitudes));
        Tensor w = upload(backend, backend.tensor(filters, window.terms()), weights(magnitudes));
        Pass pass = new Pass(batch, true, 0);
        Neurons above = neurons(backend.activations(outputs(), capacity), dz);
        upload(backend, above.output(), spread(outputs(), 0, magnitudes));
        backend.forward(window, w, bias, x, above, pass);
        results.put("forward", inBatch(backend.download(above.output())));
        Neurons below = neurons(x, backend.activations(window.inputs(), capacity));
        upload(backend, below.gradient(), spread(window.inputs(), 0, magnitudes));
        backend.backward(window, w, dz, below, pass);
        results.put("backward", inBatch(backend.download(below.gradient())));
        Parameter weights = new Parameter(w, List.of(backend.tensor(filters, window.terms())));
        Parameter biases = new Parameter(bias, List.of(backend.tensor(filters, 1)));
        backend.update(window, weights, biases, dz, x, new Backend.Updates(ADD, ADD), pass);
        results.put("update", backend.download(w));
        return results;
    }

    /** The same by cuBLAS with patches that take so many bytes at once. */
    Map<String, float[]> results(long patchesBytes) {
        Map<String, float[]> results = new LinkedHashMap<>();
        try (Device device = Device.open(0);
                Kernels kernels = new Kernels(device)) {
            NeuronKernels neurons = new NeuronKernels(kernels, new StepState(device));
            Cublas cublas = new Cublas(device, false);
            CublasConvolutions convolutions = new CublasConvolutions(device, kernels, cublas, neurons, patchesBytes);
            CudaTensor x = activations(device, window.inputs(), 1);
            CudaTensor dz = activations(device, outputs(), 2);
            CudaTensor bias = CudaTensor.packed(device, filters, 1);
            bias.write(values(filters, 3, false));
            CudaTensor w = CudaTensor.packed(device, filters, window.terms());
            w.write(weights(false));
            Pass pass = new Pass(batch, true, 0);
            CudaTensor z = activations(device, outputs(), 0);
            convolutions.forward(window, w, bias, x, neurons(z, dz), pass);
            device.synchronize();
            results.put("forward", inBatch(z.read()));
            CudaTensor dx = activations(device, window.inputs(), 0);
            convolutions.backward(window, w, dz, neurons(x, dx), pass);
            device.synchronize();
            results.put("backward", inBatch(dx.read()));
            DeviceMemory gradient = convolutions.gradient(window, w, dz, x, batch);
            float[] sums = new float[filters * window.terms()];
            device.synchronize();
            device.download(Pointer.to(sums), gradient, 0, (long) sums.length * Float.BYTES);
            float[] updated = weights(false);
            for (int k = 0; k < sums.length; k++) {
                updated[k] += sums[k];
            }
            results.put("update", updated);
        }
        return results;
    }

    private int outputs() {
        return filters * window.positions();
    }

    private float[] weights(boolean magnitudes) {
        return values(filters * window.terms(), 4, magnitudes);
    }

    private CudaTensor activations(Device device, int rows, int what) {
        CudaTensor tensor = CudaTensor.activations(device, rows, capacity);
        tensor.write(spread(rows, what, false));
        return tensor;
    }

    private static Tensor upload(Backend backend, Tensor tensor, float[] values) {
        backend.upload(tensor, values);
        return tensor;
    }

    private static Neurons neurons(Tensor output, Tensor gradient) {
        return new Neurons(Activation.IDENTITY, output, output, gradient, null, null, null, null, null);
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

    /** (rows, capacity): operands in the batch, NaN past it; for {@code what} 0 NaN everywhere. */
    private float[] spread(int rows, int what, boolean magnitudes) {
        float[] values = values(rows * capacity, what, magnitudes);
        for (int i = 0; i < values.length; i++) {
            values[i] = what > 0 && i % capacity < batch ? values[i] : Float.NaN;
        }
        return values;
    }

    private float[] inBatch(float[] all) {
        float[] values = new float[all.length / capacity * batch];
        for (int i = 0; i < values.length; i++) {
            values[i] = all[i / batch * capacity + i % batch];
        }
        return values;
    }
}

package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import coppice.backend.Window;
import coppice.backend.cuda.LibraryKernels.Slice;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import jcuda.Pointer;

/** Bit for bit comparison of the kernels beside NVIDIA's libraries with plain Java. */
final class LibraryParity {
    private static final int[] BATCHES = {1, 4, 31, 33, 70};
    private static final List<Window> WINDOWS = List.of(
            Window.same(3, 5, 4, 3, 1),
            Window.valid(2, 7, 5, 2, 2),
            Window.same(1, 4, 9, 5, 3),
            Window.valid(4, 3, 3, 1, 1));

    private final Device device;
    private final LibraryKernels library;
    private final int batch;
    private final Random random;

    private LibraryParity(Device device, Kernels kernels, int batch) {
        this.device = device;
        this.library = new LibraryKernels(kernels);
        this.batch = batch;
        this.random = new Random(batch);
    }

    static void check() {
        try (Device device = Device.open(0);
                Kernels kernels = new Kernels(device)) {
            for (int batch : BATCHES) {
                LibraryParity parity = new LibraryParity(device, kernels, batch);
                parity.startsWithBias(7, 7);
                parity.startsWithBias(15, 3);
                parity.permutes();
                for (Window window : WINDOWS) {
                    for (int parts = 1; parts <= 3; parts++) {
                        parity.formsPatches(window, parts);
                        parity.addsPatches(window, parts);
                    }
                }
            }
        }
    }

    private float[] uniform(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    /** (rows, batch) with two columns more, which hold NaN. */
    private CudaTensor activations(int rows, float[] values) {
        CudaTensor tensor = CudaTensor.activations(device, rows, batch + 2);
        float[] all = new float[rows * (batch + 2)];
        Arrays.fill(all, Float.NaN);
        for (int row = 0; row < values.length / batch; row++) {
            System.arraycopy(values, row * batch, all, row * (batch + 2), batch);
        }
        tensor.write(all);
        return tensor;
    }

    private float[] inBatch(CudaTensor tensor) {
        float[] all = tensor.read();
        float[] values = new float[tensor.rows() * batch];
        for (int row = 0; row < tensor.rows(); row++) {
            System.arraycopy(all, row * (batch + 2), values, row * batch, batch);
        }
        return values;
    }

    private DeviceMemory upload(float[] values) {
        DeviceMemory memory = device.allocate((long) values.length * Float.BYTES, "a test");
        device.upload(memory, Pointer.to(values), (long) values.length * Float.BYTES);
        return memory;
    }

    private float[] download(DeviceMemory memory, int count) {
        float[] values = new float[count];
        device.synchronize();
        device.download(Pointer.to(values), memory, 0, (long) count * Float.BYTES);
        return values;
    }

    private void startsWithBias(int rows, int biases) {
        float[] bias = uniform(biases);
        CudaTensor tensor = CudaTensor.packed(device, biases, 1);
        tensor.write(bias);
        CudaTensor z = activations(rows, new float[0]);
        library.startWithBias(z, tensor, batch);
        float[] expected = new float[rows * batch];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = bias[i / batch / (rows / biases)];
        }
        device.synchronize();
        assertArrayEquals(expected, inBatch(z), rows + " rows, " + biases + " biases");
    }

    private void permutes() {
        int count = 7 * batch;
        float[] from = uniform(count);
        int[] indices = random.ints(count, 0, count).toArray();
        DeviceMemory places = device.allocate((long) count * Integer.BYTES, "a test");
        device.upload(places, Pointer.to(indices), (long) count * Integer.BYTES);
        DeviceMemory to = device.allocate((long) count * Float.BYTES, "a test");
        library.permute(upload(from), places, to, count);
        float[] expected = new float[count];
        Arrays.setAll(indices, k -> {
            expected[k] = from[indices[k]];
            return indices[k];
        });
        assertArrayEquals(expected, download(to, count), count + " values");
    }

    private static Slice slice(Window window, int part, int parts, int width) {
        int first = window.positions() * part / parts;
        return new Slice(first, window.positions() * (part + 1) / parts - first, width);
    }

    /** Row of the pixel that a term reads at a position; -1 outside the image. */
    private static int pixel(Window window, int term, int position) {
        int area = window.kernel() * window.kernel();
        int y = position / window.outWidth() * window.stride() - window.top() + term % area / window.kernel();
        int x = position % window.outWidth() * window.stride() - window.left() + term % window.kernel();
        boolean inside = y >= 0 && y < window.height() && x >= 0 && x < window.width();
        return inside ? (term / area * window.height() + y) * window.width() + x : -1;
    }

    private void formsPatches(Window window, int parts) {
        float[] images = uniform(window.inputs() * batch);
        CudaTensor x = activations(window.inputs(), images);
        for (int part = 0; part < parts; part++) {
            Slice slice = slice(window, part, parts, part == 0 ? batch : x.stride());
            int count = window.terms() * slice.columns();
            float[] spoiled = new float[count];
            Arrays.fill(spoiled, Float.NaN);
            DeviceMemory patches = upload(spoiled);
            library.formPatches(window, slice, x, patches, batch);
            float[] expected = new float[count];
            for (int i = 0; i < count; i++) {
                int b = i % slice.width();
                int position = slice.first() + i / slice.width() % slice.count();
                int pixel = pixel(window, i / slice.columns(), position);
                expected[i] = pixel >= 0 && b < batch ? images[pixel * batch + b] : 0;
            }
            assertArrayEquals(expected, download(patches, count), window + ", " + slice + ", batch " + batch);
        }
    }

    private void addsPatches(Window window, int parts) {
        CudaTensor dx = activations(window.inputs(), new float[0]);
        float[] expected = new float[window.inputs() * batch];
        for (int part = 0; part < parts; part++) {
            Slice slice = slice(window, part, parts, batch + 2);
            float[] patches = uniform(window.terms() * slice.columns());
            library.addPatches(window, slice, upload(patches), dx, batch);
            for (int term = 0; term < window.terms(); term++) {
                for (int place = 0; place < slice.count(); place++) {
                    int pixel = pixel(window, term, slice.first() + place);
                    for (int b = 0; b < batch && pixel >= 0; b++) {
                        expected[pixel * batch + b] += patches[(term * slice.count() + place) * slice.width() + b];
                    }
                }
            }
        }
        device.synchronize();
        assertArrayEquals(expected, inBatch(dx), window + " in " + parts + " parts, batch " + batch);
    }
}

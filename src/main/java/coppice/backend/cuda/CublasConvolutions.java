package coppice.backend.cuda;

import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Window;
import coppice.backend.cuda.Cublas.Matrix;
import coppice.backend.cuda.Cublas.Shape;
import coppice.backend.cuda.LibraryKernels.Slice;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolutions with dense filters as products of matrices by cuBLAS.
 *
 * <p>CLOSE tier. Patches of the images are formed for some positions at a time, (terms, positions * batch), so that
 * they take little memory.
 */
final class CublasConvolutions implements ConvolutionProducts {
    /** Bytes that patches take at once, if those of one position do not take more. */
    static final long PATCHES_BYTES = 64L << 20;

    private static final String MULTIPLYING = "multiplying with the filters of a convolution";

    private final Cublas cublas;
    private final LibraryKernels library;
    private final NeuronKernels neurons;
    private final long mostBytes;
    private final Scratch patches;
    private final Scratch packed;
    private final Scratch gradients;

    /** Convolutions whose patches take {@code mostBytes} at once. */
    CublasConvolutions(Device device, Kernels kernels, Cublas cublas, NeuronKernels neurons, long mostBytes) {
        this.cublas = cublas;
        this.library = new LibraryKernels(kernels);
        this.neurons = neurons;
        this.mostBytes = mostBytes;
        this.patches = new Scratch(device, "patches of images");
        this.packed = new Scratch(device, "the gradient of images");
        this.gradients = new Scratch(device, "the gradient of filters");
    }

    @Override
    public void forward(Window window, CudaTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass) {
        CudaTensor z = (CudaTensor) outputs.preActivation();
        library.startWithBias(z, bias, pass.batch());
        for (Slice slice : slices(window, z.stride())) {
            Matrix formed = form(window, slice, x, patches, pass.batch());
            Shape shape = new Shape(w.rows(), slice.columns(), window.terms());
            cublas.multiply(Matrix.of(w), formed, images(window, slice, z), shape, true, MULTIPLYING);
        }
        neurons.activate(outputs, pass);
    }

    @Override
    public void backward(Window window, CudaTensor w, CudaTensor dz, Neurons below, Pass pass) {
        CudaTensor dx = (CudaTensor) below.gradient();
        for (Slice slice : slices(window, dz.stride())) {
            DeviceMemory derived = patches.of(bytes(window.terms(), slice));
            Matrix target = new Matrix(derived, 0, slice.columns(), false);
            Shape shape = new Shape(window.terms(), slice.columns(), w.rows());
            Matrix transpose = Matrix.of(w).transpose();
            cublas.multiply(transpose, images(window, slice, dz), target, shape, false, MULTIPLYING);
            library.addPatches(window, slice, derived, dx, pass.batch());
        }
        neurons.derive(below, pass);
    }

    /** Sums over all columns, so that those past the batch must not be there, whatever is in them. */
    @Override
    public DeviceMemory gradient(Window window, CudaTensor w, CudaTensor dz, CudaTensor x, int batch) {
        DeviceMemory gradient = gradients.of((long) w.rows() * w.stride() * Float.BYTES);
        Matrix target = new Matrix(gradient, 0, w.stride(), false);
        // The images that the convolution made, as patches of one pixel.
        Window pixels = Window.valid(w.rows(), window.outHeight(), window.outWidth(), 1, 1);
        for (Slice slice : slices(window, batch)) {
            Matrix left = dz.stride() == batch ? images(window, slice, dz) : form(pixels, slice, dz, packed, batch);
            Matrix right = form(window, slice, x, patches, batch).transpose();
            Shape shape = new Shape(w.rows(), w.columns(), slice.columns());
            cublas.multiply(left, right, target, shape, slice.first() > 0, "computing the gradient of filters");
        }
        return gradient;
    }

    private Matrix form(Window window, Slice slice, CudaTensor x, Scratch scratch, int batch) {
        DeviceMemory target = scratch.of(bytes(window.terms(), slice));
        library.formPatches(window, slice, x, target, batch);
        return new Matrix(target, 0, slice.columns(), false);
    }

    /** The images that a convolution makes, at some positions: a row for each filter. */
    private static Matrix images(Window window, Slice slice, CudaTensor images) {
        int stride = Math.multiplyExact(window.positions(), images.stride());
        return new Matrix(images.memory(), (long) slice.first() * images.stride(), stride, false);
    }

    private static long bytes(int rows, Slice slice) {
        return (long) rows * slice.columns() * Float.BYTES;
    }

    /** All positions, as many at a time as the memory for patches allows, one at least. */
    private List<Slice> slices(Window window, int width) {
        int positions = window.positions();
        int most = (int) Math.max(1, Math.min(positions, mostBytes / Float.BYTES / ((long) window.terms() * width)));
        int parts = (positions - 1) / most + 1;
        List<Slice> slices = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            int first = (int) ((long) positions * part / parts);
            int end = (int) ((long) positions * (part + 1) / parts);
            slices.add(new Slice(first, end - first, width));
        }
        return slices;
    }
}

package coppice.backend.cuda;

import coppice.backend.cuda.Cublas.Matrix;
import coppice.backend.cuda.Cublas.Shape;

/** Products of dense matrices by cuBLAS. CLOSE tier. */
final class CublasProducts implements DenseProducts {
    private final Cublas cublas;
    private final LibraryKernels library;
    private final Scratch scratch;

    CublasProducts(Device device, Kernels kernels, Cublas cublas) {
        this.cublas = cublas;
        this.library = new LibraryKernels(kernels);
        this.scratch = new Scratch(device, "the gradient of a dense layer");
    }

    @Override
    public void forward(CudaTensor w, CudaTensor bias, CudaTensor x, CudaTensor z, int batch) {
        library.startWithBias(z, bias, batch);
        Shape shape = new Shape(w.rows(), batch, w.columns());
        cublas.multiply(Matrix.of(w), Matrix.of(x), Matrix.of(z), shape, true, "multiplying with dense weights");
    }

    @Override
    public void backward(CudaTensor w, CudaTensor dz, CudaTensor dx, int batch) {
        Shape shape = new Shape(w.columns(), batch, w.rows());
        Matrix transpose = Matrix.of(w).transpose();
        cublas.multiply(transpose, Matrix.of(dz), Matrix.of(dx), shape, false, "multiplying with dense weights");
    }

    @Override
    public DeviceMemory gradient(CudaTensor w, CudaTensor dz, CudaTensor x, int batch) {
        DeviceMemory target = scratch.of((long) w.rows() * w.stride() * Float.BYTES);
        Matrix gradient = new Matrix(target, 0, w.stride(), false);
        Shape shape = new Shape(w.rows(), w.columns(), batch);
        cublas.multiply(Matrix.of(dz), Matrix.of(x).transpose(), gradient, shape, false, "computing a weight gradient");
        return target;
    }
}

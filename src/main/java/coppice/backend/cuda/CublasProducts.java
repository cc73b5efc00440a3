package coppice.backend.cuda;

import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * Products of dense matrices by cuBLAS.
 *
 * <p>CLOSE tier. cuBLAS takes matrices column by column, and so sees ours transposed: C = A B is C^T = B^T A^T to it.
 */
final class CublasProducts implements DenseProducts {
    /** What NVIDIA advises for the largest GPUs; given ahead so that cuBLAS takes none while a step is recorded. */
    private static final long WORKSPACE_BYTES = 32L << 20;

    private static final Pointer ZERO = Pointer.to(new float[] {0});
    private static final Pointer ONE = Pointer.to(new float[] {1});

    private final LibraryKernels library;
    private final cublasHandle handle = new cublasHandle();
    private final Scratch scratch;

    /**
     * Starts cuBLAS, which has been loaded, on the device's stream; it ends with the device.
     *
     * @param tf32 whether factors may be rounded to TF32
     * @throws CudaUnavailableException if it does not start here
     */
    CublasProducts(Device device, Kernels kernels, boolean tf32) {
        this.library = new LibraryKernels(kernels);
        this.scratch = new Scratch(device, "the gradient of a dense layer");
        int status = JCublas2.cublasCreate(handle);
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw new CudaUnavailableException("cuBLAS does not start: " + cublasStatus.stringFor(status)
                    + "; its version may be too new for the driver");
        }
        device.atClose(() -> JCublas2.cublasDestroy(handle));
        check(JCublas2.cublasSetStream(handle, new cudaStream_t(device.stream())), "giving cuBLAS its stream");
        DeviceMemory workspace = device.allocate(WORKSPACE_BYTES, "the workspace of cuBLAS");
        // After the stream, which takes the workspace back.
        check(JCublas2.cublasSetWorkspace(handle, workspace.pointer(), WORKSPACE_BYTES), "giving cuBLAS its workspace");
        int mode = tf32 ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH;
        check(JCublas2.cublasSetMathMode(handle, mode), "setting how cuBLAS rounds");
    }

    @Override
    public void forward(CudaTensor w, CudaTensor bias, CudaTensor x, CudaTensor z, int batch) {
        library.startWithBias(z, bias, batch);
        check(
                JCublas2.cublasSgemm(
                        handle,
                        CUBLAS_OP_N,
                        CUBLAS_OP_N,
                        batch,
                        w.rows(),
                        w.columns(),
                        ONE,
                        x.memory().pointer(),
                        x.stride(),
                        w.memory().pointer(),
                        w.stride(),
                        ONE,
                        z.memory().pointer(),
                        z.stride()),
                "multiplying with dense weights");
    }

    @Override
    public void backward(CudaTensor w, CudaTensor dz, CudaTensor dx, int batch) {
        check(
                JCublas2.cublasSgemm(
                        handle,
                        CUBLAS_OP_N,
                        CUBLAS_OP_T,
                        batch,
                        w.columns(),
                        w.rows(),
                        ONE,
                        dz.memory().pointer(),
                        dz.stride(),
                        w.memory().pointer(),
                        w.stride(),
                        ZERO,
                        dx.memory().pointer(),
                        dx.stride()),
                "multiplying with dense weights");
    }

    @Override
    public DeviceMemory gradient(CudaTensor w, CudaTensor dz, CudaTensor x, int batch) {
        DeviceMemory target = scratch.of((long) w.rows() * w.stride() * Float.BYTES);
        check(
                JCublas2.cublasSgemm(
                        handle,
                        CUBLAS_OP_T,
                        CUBLAS_OP_N,
                        w.columns(),
                        w.rows(),
                        batch,
                        ONE,
                        x.memory().pointer(),
                        x.stride(),
                        dz.memory().pointer(),
                        dz.stride(),
                        ZERO,
                        target.pointer(),
                        w.stride()),
                "computing a weight gradient");
        return target;
    }

    private static void check(int status, String action) {
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw new CudaException("cuBLAS failed while " + action + ": " + cublasStatus.stringFor(status));
        }
    }
}

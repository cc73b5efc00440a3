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
 * cuBLAS on a device's stream.
 *
 * <p>cuBLAS takes matrices column by column, and so sees ours transposed: C = A B is C^T = B^T A^T to it.
 */
final class Cublas {
    /** What NVIDIA advises for the largest GPUs; given ahead so that cuBLAS takes none while a step is recorded. */
    private static final long WORKSPACE_BYTES = 32L << 20;

    private static final Pointer ZERO = Pointer.to(new float[] {0});
    private static final Pointer ONE = Pointer.to(new float[] {1});

    private final cublasHandle handle = new cublasHandle();

    /**
     * Starts cuBLAS, which has been loaded; it ends with the device.
     *
     * @param tf32 whether factors may be rounded to TF32
     * @throws CudaUnavailableException if it does not start here
     */
    Cublas(Device device, boolean tf32) {
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

    /**
     * A matrix in device memory, row by row.
     *
     * @param memory where it is
     * @param start index of its first element
     * @param stride distance between rows
     * @param transposed whether its transpose is meant
     */
    record Matrix(DeviceMemory memory, long start, int stride, boolean transposed) {
        /** A whole tensor. */
        static Matrix of(CudaTensor tensor) {
            return new Matrix(tensor.memory(), 0, tensor.stride(), false);
        }

        Matrix transpose() {
            return new Matrix(memory, start, stride, !transposed);
        }

        private Pointer pointer() {
            return memory.pointer().withByteOffset(start * Float.BYTES);
        }

        private int operation() {
            return transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
        }
    }

    /**
     * Of a product (rows, terms) by (terms, columns).
     *
     * @param rows rows of the result
     * @param columns columns of the result
     * @param terms terms of each sum
     */
    record Shape(int rows, int columns, int terms) {}

    /**
     * Queues c = a b, or c += a b.
     *
     * @param action what for, should it fail
     */
    void multiply(Matrix a, Matrix b, Matrix c, Shape shape, boolean add, String action) {
        check(
                JCublas2.cublasSgemm(
                        handle,
                        b.operation(),
                        a.operation(),
                        shape.columns,
                        shape.rows,
                        shape.terms,
                        ONE,
                        b.pointer(),
                        b.stride,
                        a.pointer(),
                        a.stride,
                        add ? ONE : ZERO,
                        c.pointer(),
                        c.stride),
                action);
    }

    private static void check(int status, String action) {
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw new CudaException("cuBLAS failed while " + action + ": " + cublasStatus.stringFor(status));
        }
    }
}

package coppice.backend.cuda;

import static jcuda.cudaDataType.CUDA_R_32F;
import static jcuda.jcusparse.cusparseIndexBase.CUSPARSE_INDEX_BASE_ZERO;
import static jcuda.jcusparse.cusparseIndexType.CUSPARSE_INDEX_32I;
import static jcuda.jcusparse.cusparseOperation.CUSPARSE_OPERATION_NON_TRANSPOSE;
import static jcuda.jcusparse.cusparseOrder.CUSPARSE_ORDER_COL;
import static jcuda.jcusparse.cusparseOrder.CUSPARSE_ORDER_ROW;
import static jcuda.jcusparse.cusparseSDDMMAlg.CUSPARSE_SDDMM_ALG_DEFAULT;
import static jcuda.jcusparse.cusparseSpMMAlg.CUSPARSE_SPMM_CSR_ALG2;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import jcuda.Pointer;
import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseDnMatDescr;
import jcuda.jcusparse.cusparseHandle;
import jcuda.jcusparse.cusparseSpMatDescr;
import jcuda.jcusparse.cusparseStatus;
import org.jspecify.annotations.Nullable;

/**
 * A product of cuSPARSE's made ready for one topology, batch and strides: its descriptors and its workspace.
 *
 * <p>Made once, it runs on any values and any dense matrices of that shape, and takes no memory any more, so that it
 * can be recorded. Sparse matrix times dense matrix takes algorithm 2, which cuSPARSE has for row-major matrices;
 * preparing the workspace ahead does nothing for it, but does for SDDMM.
 */
final class CusparsePlan {
    private static final Pointer ZERO = Pointer.to(new float[] {0});
    private static final Pointer ONE = Pointer.to(new float[] {1});

    private final Device device;
    private final cusparseHandle handle;
    private final cusparseSpMatDescr sparse = new cusparseSpMatDescr();
    private final cusparseDnMatDescr first = new cusparseDnMatDescr(); // factor of SpMM; dz of SDDMM
    private final cusparseDnMatDescr second = new cusparseDnMatDescr(); // result of SpMM; x of SDDMM
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private @Nullable DeviceMemory workspace;

    private CusparsePlan(Device device, cusparseHandle handle) {
        this.device = device;
        this.handle = handle;
    }

    /**
     * A sparse matrix in device memory, in CSR.
     *
     * @param values one float a connection
     */
    record Csr(
            int rows,
            int columns,
            int connections,
            DeviceMemory rowOffsets,
            DeviceMemory columnIndices,
            DeviceMemory values) {}

    /** A plan for {@link #multiply}: {@code w} (rows, columns) times {@code x} (columns, batch). */
    static CusparsePlan spmm(Device device, cusparseHandle handle, Csr w, CudaTensor x, CudaTensor z, int batch) {
        CusparsePlan plan = new CusparsePlan(device, handle);
        return plan.made(() -> {
            plan.describe(w);
            plan.describe(plan.first, w.columns, batch, x, CUSPARSE_ORDER_ROW);
            plan.describe(plan.second, w.rows, batch, z, CUSPARSE_ORDER_ROW);
            long[] bytes = {0};
            check(
                    JCusparse.cusparseSpMM_bufferSize(
                            handle,
                            CUSPARSE_OPERATION_NON_TRANSPOSE,
                            CUSPARSE_OPERATION_NON_TRANSPOSE,
                            ONE,
                            plan.sparse.asConst(),
                            plan.first.asConst(),
                            ZERO,
                            plan.second,
                            CUDA_R_32F,
                            CUSPARSE_SPMM_CSR_ALG2,
                            bytes),
                    "asking for the workspace of a sparse product");
            plan.takeWorkspace(bytes[0]);
        });
    }

    /** A plan for {@link #sample}: {@code dz} (rows, batch) times {@code x} (columns, batch) transposed, where w is. */
    static CusparsePlan sddmm(Device device, cusparseHandle handle, Csr w, CudaTensor dz, CudaTensor x, int batch) {
        CusparsePlan plan = new CusparsePlan(device, handle);
        return plan.made(() -> {
            plan.describe(w);
            plan.describe(plan.first, w.rows, batch, dz, CUSPARSE_ORDER_ROW);
            // x^T, column by column, is x as it lies.
            plan.describe(plan.second, batch, w.columns, x, CUSPARSE_ORDER_COL);
            long[] bytes = {0};
            check(
                    JCusparse.cusparseSDDMM_bufferSize(
                            handle,
                            CUSPARSE_OPERATION_NON_TRANSPOSE,
                            CUSPARSE_OPERATION_NON_TRANSPOSE,
                            ONE,
                            plan.first.asConst(),
                            plan.second.asConst(),
                            ZERO,
                            plan.sparse,
                            CUDA_R_32F,
                            CUSPARSE_SDDMM_ALG_DEFAULT,
                            bytes),
                    "asking for the workspace of a weight gradient");
            plan.takeWorkspace(bytes[0]);
            check(
                    JCusparse.cusparseSDDMM_preprocess(
                            handle,
                            CUSPARSE_OPERATION_NON_TRANSPOSE,
                            CUSPARSE_OPERATION_NON_TRANSPOSE,
                            ONE,
                            plan.first.asConst(),
                            plan.second.asConst(),
                            ZERO,
                            plan.sparse,
                            CUDA_R_32F,
                            CUSPARSE_SDDMM_ALG_DEFAULT,
                            plan.buffer()),
                    "preparing a weight gradient");
        });
    }

    private CusparsePlan made(Runnable steps) {
        try {
            steps.run();
            return this;
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void describe(Csr w) {
        check(
                JCusparse.cusparseCreateCsr(
                        sparse,
                        w.rows,
                        w.columns,
                        w.connections,
                        w.rowOffsets.pointer(),
                        w.columnIndices.pointer(),
                        w.values.pointer(),
                        CUSPARSE_INDEX_32I,
                        CUSPARSE_INDEX_32I,
                        CUSPARSE_INDEX_BASE_ZERO,
                        CUDA_R_32F),
                "describing sparse weights");
        undo.push(() -> JCusparse.cusparseDestroySpMat(sparse.asConst()));
    }

    private void describe(cusparseDnMatDescr matrix, int rows, int columns, CudaTensor tensor, int order) {
        check(
                JCusparse.cusparseCreateDnMat(
                        matrix, rows, columns, tensor.stride(), tensor.memory().pointer(), CUDA_R_32F, order),
                "describing activations");
        undo.push(() -> JCusparse.cusparseDestroyDnMat(matrix.asConst()));
    }

    private void takeWorkspace(long bytes) {
        workspace = device.allocate(bytes, "the workspace of cuSPARSE");
    }

    /**
     * z = w x, or z + w x.
     *
     * @param values of w
     * @param keeps whether the product is added to what z holds
     */
    void multiply(DeviceMemory values, CudaTensor x, CudaTensor z, boolean keeps) {
        aim(values, x, z);
        check(
                JCusparse.cusparseSpMM(
                        handle,
                        CUSPARSE_OPERATION_NON_TRANSPOSE,
                        CUSPARSE_OPERATION_NON_TRANSPOSE,
                        ONE,
                        sparse.asConst(),
                        first.asConst(),
                        keeps ? ONE : ZERO,
                        second,
                        CUDA_R_32F,
                        CUSPARSE_SPMM_CSR_ALG2,
                        buffer()),
                "multiplying with sparse weights");
    }

    /** out[k] = the product of row row(k) of dz and row column(k) of x, for each connection k. */
    void sample(CudaTensor dz, CudaTensor x, DeviceMemory out) {
        aim(out, dz, x);
        check(
                JCusparse.cusparseSDDMM(
                        handle,
                        CUSPARSE_OPERATION_NON_TRANSPOSE,
                        CUSPARSE_OPERATION_NON_TRANSPOSE,
                        ONE,
                        first.asConst(),
                        second.asConst(),
                        ZERO,
                        sparse,
                        CUDA_R_32F,
                        CUSPARSE_SDDMM_ALG_DEFAULT,
                        buffer()),
                "computing a weight gradient");
    }

    private void aim(DeviceMemory values, CudaTensor one, CudaTensor other) {
        check(JCusparse.cusparseSpMatSetValues(sparse, values.pointer()), "describing sparse weights");
        check(JCusparse.cusparseDnMatSetValues(first, one.memory().pointer()), "describing activations");
        check(JCusparse.cusparseDnMatSetValues(second, other.memory().pointer()), "describing activations");
    }

    private Pointer buffer() {
        return Objects.requireNonNull(workspace).pointer();
    }

    /** Gives back the descriptors; the workspace goes with the device. */
    void close() {
        while (!undo.isEmpty()) {
            undo.pop().run();
        }
    }

    /** Gives back the descriptors and, once it is idle, the workspace. */
    void discard() {
        close();
        if (workspace != null) {
            device.free(workspace);
            workspace = null;
        }
    }

    /** Turns a status other than success into an exception. */
    static void check(int status, String action) {
        if (status != cusparseStatus.CUSPARSE_STATUS_SUCCESS) {
            throw new CudaException("cuSPARSE failed while " + action + ": " + cusparseStatus.stringFor(status));
        }
    }
}

package coppice.backend.cpu;

import coppice.backend.Neurons;
import coppice.backend.Pass;

/**
 * The products of sparse layers, shared out over the threads of a pool.
 *
 * <p>Activations that outgrow a core's cache are taken by slices of batch columns, all rows of a slice before the next
 * one: then what connections read at random stays in the cache. Sums take their terms in the same order either way.
 */
final class SparseProducts {
    private final KernelSet kernels;
    private final RowTasks rows;
    private float[] gathered = new float[0]; // weights by columns

    SparseProducts(KernelSet kernels, RowTasks rows) {
        this.kernels = kernels;
        this.rows = rows;
    }

    /** z = bias + W x, and what neurons make of it. */
    void forward(CpuSparseTensor w, CpuTensor bias, CpuTensor x, Neurons outputs, Pass pass) {
        CpuTensor z = (CpuTensor) outputs.preActivation();
        int batch = pass.batch();
        int[] offsets = w.pattern().rowOffsets();
        int slices = kernels.sparse().slices(x, z, batch);
        if (slices == 1) {
            rows.runByConnections(offsets, batch, (from, to) -> {
                kernels.sparse().spmm(w, bias, x, z, batch, from, to);
                kernels.neurons().activate(outputs, pass, from, to);
            });
            return;
        }
        rows.runByConnections(
                offsets,
                batch,
                slices,
                (slice, from, to) -> kernels.sparse().spmmSlice(w, bias, x, z, batch, slice, from, to));
        rows.run(z.rows(), batch, (from, to) -> kernels.neurons().activate(outputs, pass, from, to));
    }

    /** dx = W^T dz, and the gradients by the sums of the neurons below. */
    void backward(CpuSparseTensor w, CpuTensor dz, Neurons below, Pass pass) {
        CpuTensor dx = (CpuTensor) below.gradient();
        int batch = pass.batch();
        int[] offsets = w.pattern().transpose().columnOffsets();
        int slices = kernels.sparse().slices(dz, dx, batch);
        if (slices == 1) {
            rows.runByConnections(offsets, batch, (from, to) -> {
                kernels.sparse().spmmTransposed(w, dz, dx, batch, from, to);
                kernels.neurons().derive(below, pass, from, to);
            });
            return;
        }
        if (gathered.length < w.values().length) {
            gathered = new float[w.values().length];
        }
        float[] values = gathered;
        rows.runByConnections(offsets, batch, (from, to) -> kernels.sparse().gatherValues(w, values, from, to));
        rows.runByConnections(
                offsets,
                batch,
                slices,
                (slice, from, to) -> kernels.sparse().spmmTransposedSlice(w, values, dz, dx, batch, slice, from, to));
        rows.run(dx.rows(), batch, (from, to) -> kernels.neurons().derive(below, pass, from, to));
    }
}

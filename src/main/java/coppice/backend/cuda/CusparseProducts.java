package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import java.util.HashMap;
import java.util.Map;
import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseHandle;
import jcuda.jcusparse.cusparseStatus;
import jcuda.runtime.cudaStream_t;

/**
 * Products with sparse weights by cuSPARSE; what is done element by element follows in our own kernels.
 *
 * <p>CLOSE tier. The products with the transpose take it as a CSR matrix of its own, whose values are put in order
 * before each: that is faster than letting cuSPARSE transpose.
 */
final class CusparseProducts implements SparseProducts {
    private final Device device;
    private final LibraryKernels library;
    private final NeuronKernels neurons;
    private final UpdateKernels updates;
    private final cusparseHandle handle = new cusparseHandle();
    private final Map<CudaSparseTensor, Map<Shape, CusparsePlan>> plans = new HashMap<>();
    private final Scratch scratch; // transposed values, then a gradient: a float a connection

    /**
     * Starts cuSPARSE, which has been loaded, on the device's stream; it ends with the device.
     *
     * @throws CudaUnavailableException if it does not start here
     */
    CusparseProducts(Device device, Kernels kernels, NeuronKernels neurons, UpdateKernels updates) {
        this.device = device;
        this.library = new LibraryKernels(kernels);
        this.neurons = neurons;
        this.updates = updates;
        this.scratch = new Scratch(device, "the gradient of a sparse layer");
        int status = JCusparse.cusparseCreate(handle);
        if (status != cusparseStatus.CUSPARSE_STATUS_SUCCESS) {
            throw new CudaUnavailableException("cuSPARSE does not start: " + cusparseStatus.stringFor(status)
                    + "; its version may be too new for the driver");
        }
        device.atClose(this::close);
        CusparsePlan.check(
                JCusparse.cusparseSetStream(handle, new cudaStream_t(device.stream())), "giving cuSPARSE its stream");
    }

    private enum Product {
        FORWARD,
        BACKWARD,
        GRADIENT
    }

    /** What a plan holds fixed beside the topology. */
    private record Shape(Product product, int batch, int firstStride, int secondStride) {}

    @Override
    public void forward(CudaSparseTensor w, CudaTensor bias, CudaTensor x, Neurons outputs, Pass pass) {
        CudaTensor z = (CudaTensor) outputs.preActivation();
        int batch = pass.batch();
        library.startWithBias(z, bias, batch);
        if (w.pattern().connections() > 0) {
            plansOf(w)
                    .computeIfAbsent(
                            new Shape(Product.FORWARD, batch, x.stride(), z.stride()),
                            shape -> CusparsePlan.spmm(device, handle, csr(w, w.values()), x, z, batch))
                    .multiply(w.values(), x, z, true);
        }
        neurons.activate(outputs, pass);
    }

    @Override
    public void backward(CudaSparseTensor w, CudaTensor dz, Neurons below, Pass pass) {
        CudaTensor dx = (CudaTensor) below.gradient();
        int batch = pass.batch();
        int connections = w.pattern().connections();
        if (connections > 0) {
            CudaSparseTensor.Transpose transpose = w.transpose();
            DeviceMemory values = scratch.zeros((long) connections * Float.BYTES);
            library.permute(w.values(), transpose.valueIndices(), values, connections);
            plansOf(w)
                    .computeIfAbsent(
                            new Shape(Product.BACKWARD, batch, dz.stride(), dx.stride()),
                            shape -> CusparsePlan.spmm(device, handle, transposed(w, transpose, values), dz, dx, batch))
                    .multiply(values, dz, dx, false);
        } else {
            device.clear(dx.memory(), "a gradient");
        }
        neurons.derive(below, pass);
    }

    @Override
    public void sddmm(CudaSparseTensor w, CudaTensor dz, CudaTensor x, CudaTensor out, int batch) {
        if (w.pattern().connections() > 0) {
            gradient(w, dz, x, out.memory(), batch);
        }
    }

    @Override
    public void update(
            CudaSparseTensor w, Parameter bias, CudaTensor dz, CudaTensor x, Backend.Updates steps, int batch) {
        int connections = w.pattern().connections();
        if (connections > 0) {
            DeviceMemory gradient = scratch.zeros((long) connections * Float.BYTES);
            gradient(w, dz, x, gradient, batch);
            updates.learn(w, gradient, steps.weights());
        }
        updates.learnBias(bias, dz, steps.bias(), batch);
    }

    private void gradient(CudaSparseTensor w, CudaTensor dz, CudaTensor x, DeviceMemory out, int batch) {
        plansOf(w)
                .computeIfAbsent(
                        new Shape(Product.GRADIENT, batch, dz.stride(), x.stride()),
                        shape -> CusparsePlan.sddmm(device, handle, csr(w, out), dz, x, batch))
                .sample(dz, x, out);
    }

    private Map<Shape, CusparsePlan> plansOf(CudaSparseTensor w) {
        return plans.computeIfAbsent(w, matrix -> new HashMap<>());
    }

    private static CusparsePlan.Csr csr(CudaSparseTensor w, DeviceMemory values) {
        return new CusparsePlan.Csr(
                w.pattern().rows(),
                w.pattern().columns(),
                w.pattern().connections(),
                w.rowOffsets(),
                w.columnIndices(),
                values);
    }

    private static CusparsePlan.Csr transposed(
            CudaSparseTensor w, CudaSparseTensor.Transpose transpose, DeviceMemory values) {
        return new CusparsePlan.Csr(
                w.pattern().columns(),
                w.pattern().rows(),
                w.pattern().connections(),
                transpose.columnOffsets(),
                transpose.rowIndices(),
                values);
    }

    @Override
    public void forget(CudaSparseTensor w) {
        Map<Shape, CusparsePlan> ofMatrix = plans.remove(w);
        if (ofMatrix != null) {
            ofMatrix.values().forEach(CusparsePlan::discard);
        }
    }

    private void close() {
        plans.values().forEach(ofMatrix -> ofMatrix.values().forEach(CusparsePlan::close));
        plans.clear();
        JCusparse.cusparseDestroy(handle);
    }
}

package coppice.backend.cpu.vector;

import coppice.backend.Backend;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels;
import coppice.backend.cpu.CpuSparseTensor;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.UpdateKernels;
import coppice.backend.cpu.vector.VectorConvolutionLearning.Filters;
import coppice.backend.cpu.vector.VectorConvolutionProduct.Weights;
import java.util.Arrays;

/** Vector API twin of {@link ConvolutionKernels}. */
final class VectorConvolutionKernels extends ConvolutionKernels {
    private static final double DENSE_FROM = 0.15; // of the density of sparse filters

    private final ConvolutionScratch shared = new ConvolutionScratch();
    private final ThreadLocal<ConvolutionScratch> scratch = ThreadLocal.withInitial(ConvolutionScratch::new);

    VectorConvolutionKernels(UpdateKernels updates) {
        super(updates);
    }

    @Override
    public Product forward(Window window, CpuTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch) {
        Weights weights = new Weights(w.data(), w.at(0), w.stride(), window.kernel() * window.kernel());
        Geometry geometry = Geometry.forward(window, x, z, w.rows());
        return new VectorConvolutionProduct(geometry, weights, starts(bias), batch, shared, scratch);
    }

    @Override
    public Product backward(Window window, CpuTensor w, CpuTensor dz, CpuTensor dx, int batch) {
        Weights weights = new Weights(w.data(), w.at(0), window.kernel() * window.kernel(), w.stride());
        Geometry geometry = Geometry.backward(window, dz, dx, w.rows());
        return new VectorConvolutionProduct(geometry, weights, new float[window.channels()], batch, shared, scratch);
    }

    private static float[] starts(CpuTensor bias) {
        return Arrays.copyOfRange(bias.data(), bias.at(0), bias.at(0) + bias.rows());
    }

    @Override
    public Product forward(Window window, CpuSparseTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch) {
        Geometry geometry = Geometry.forward(window, x, z, w.pattern().rows());
        return new VectorSparseConvolutionProduct(geometry, w, starts(bias), batch);
    }

    @Override
    public Product backward(Window window, CpuSparseTensor w, CpuTensor dz, CpuTensor dx, int batch) {
        Geometry geometry = Geometry.backward(window, dz, dx, w.pattern().rows());
        return new VectorSparseConvolutionProduct(geometry, w, new float[window.channels()], batch);
    }

    @Override
    public Learning update(
            Window window,
            CpuTensor w,
            float[][] state,
            CpuTensor bias,
            float[][] biasState,
            CpuTensor dz,
            CpuTensor x,
            Backend.Updates steps,
            int batch,
            int threads) {
        Filters filters = (filter, term, count, gradient) ->
                updates.apply(steps.weights(), gradient, 0, w.data(), state, w.at(filter) + term, count);
        return new VectorConvolutionLearning(
                window, filters, bias, biasState, dz, x, steps, batch, threads, updates, shared, scratch);
    }

    /** The gradients of all weights, those without a connection too, where fewer would take longer. */
    @Override
    public Learning update(
            Window window,
            CpuSparseTensor w,
            CpuTensor bias,
            float[][] biasState,
            CpuTensor dz,
            CpuTensor x,
            Backend.Updates steps,
            int batch,
            int threads) {
        if (w.pattern().density() < DENSE_FROM) {
            return super.update(window, w, bias, biasState, dz, x, steps, batch, threads);
        }
        Filters filters = (filter, term, count, gradient) -> step(w, filter, term, count, gradient, steps.weights());
        return new VectorConvolutionLearning(
                window, filters, bias, biasState, dz, x, steps, batch, threads, updates, shared, scratch);
    }

    /** Steps the connections among a filter's terms, whose gradients move to the front. */
    private void step(CpuSparseTensor w, int filter, int term, int count, float[] gradient, Update update) {
        int[] columns = w.pattern().columnIndices();
        int end = w.pattern().rowOffsets()[filter + 1];
        int found = Arrays.binarySearch(columns, w.pattern().rowOffsets()[filter], end, term);
        int first = found < 0 ? -found - 1 : found;
        int k = first;
        for (; k < end && columns[k] < term + count; k++) {
            gradient[k - first] = gradient[columns[k] - term];
        }
        updates.apply(update, gradient, 0, w.values(), w.states(), first, k - first);
    }

    /** One connection's sum over the positions of each block, its lanes in registers. */
    @Override
    protected BlockDots dots(Window window, CpuTensor dz, CpuTensor x, int batch) {
        return CpuTensor.isNarrow(dz, x) ? super.dots(window, dz, x, batch) : new VectorBlockDots(window, dz, x, batch);
    }
}

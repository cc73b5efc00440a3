package coppice.backend.cpu.vector;

import coppice.backend.Backend;
import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.UpdateKernels;
import coppice.backend.cpu.vector.VectorConvolutionProduct.Geometry;
import coppice.backend.cpu.vector.VectorConvolutionProduct.Images;
import coppice.backend.cpu.vector.VectorConvolutionProduct.Weights;

/** Vector API twin of {@link ConvolutionKernels}. */
final class VectorConvolutionKernels extends ConvolutionKernels {
    private final ConvolutionScratch shared = new ConvolutionScratch();
    private final ThreadLocal<ConvolutionScratch> scratch = ThreadLocal.withInitial(ConvolutionScratch::new);

    VectorConvolutionKernels(UpdateKernels updates) {
        super(updates);
    }

    private static Images below(Window window, CpuTensor tensor) {
        return new Images(tensor, window.channels(), window.height(), window.width());
    }

    private static Images above(Window window, CpuTensor tensor, int filters) {
        return new Images(tensor, filters, window.outHeight(), window.outWidth());
    }

    @Override
    public Product forward(Window window, CpuTensor w, CpuTensor bias, CpuTensor x, CpuTensor z, int batch) {
        int kernel = window.kernel();
        int stride = window.stride();
        Geometry geometry = new Geometry(
                kernel,
                Taps.forward(window.outHeight(), window.height(), kernel, stride, window.top()),
                Taps.forward(window.outWidth(), window.width(), kernel, stride, window.left()),
                false);
        float[] starts = new float[w.rows()];
        System.arraycopy(bias.data(), bias.at(0), starts, 0, w.rows());
        return new VectorConvolutionProduct(
                geometry,
                below(window, x),
                above(window, z, w.rows()),
                new Weights(w.data(), w.at(0), w.stride(), kernel * kernel),
                starts,
                batch,
                shared,
                scratch);
    }

    @Override
    public Product backward(Window window, CpuTensor w, CpuTensor dz, CpuTensor dx, int batch) {
        int kernel = window.kernel();
        int stride = window.stride();
        Geometry geometry = new Geometry(
                kernel,
                Taps.backward(window.outHeight(), window.height(), kernel, stride, window.top()),
                Taps.backward(window.outWidth(), window.width(), kernel, stride, window.left()),
                true);
        return new VectorConvolutionProduct(
                geometry,
                above(window, dz, w.rows()),
                below(window, dx),
                new Weights(w.data(), w.at(0), kernel * kernel, w.stride()),
                new float[window.channels()],
                batch,
                shared,
                scratch);
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
            int batch) {
        return new VectorConvolutionLearning(
                window, w, state, bias, biasState, dz, x, steps, batch, updates, shared, scratch);
    }
}

package coppice.backend.cpu.vector;

import coppice.backend.Backend;
import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.UpdateKernels;
import coppice.backend.cpu.vector.VectorConvolutionProduct.Images;

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
        float[] starts = new float[w.rows()];
        System.arraycopy(bias.data(), bias.at(0), starts, 0, w.rows());
        return new VectorConvolutionProduct(
                kernel,
                below(window, x),
                above(window, z, w.rows()),
                Taps.forward(window.outHeight(), window.height(), kernel, stride, window.top()),
                Taps.forward(window.outWidth(), window.width(), kernel, stride, window.left()),
                false,
                w.data(),
                (filter, channel) -> w.at(filter) + channel * kernel * kernel,
                starts,
                batch,
                shared,
                scratch);
    }

    @Override
    public Product backward(Window window, CpuTensor w, CpuTensor dz, CpuTensor dx, int batch) {
        int kernel = window.kernel();
        int stride = window.stride();
        return new VectorConvolutionProduct(
                kernel,
                above(window, dz, w.rows()),
                below(window, dx),
                Taps.backward(window.outHeight(), window.height(), kernel, stride, window.top()),
                Taps.backward(window.outWidth(), window.width(), kernel, stride, window.left()),
                true,
                w.data(),
                (channel, filter) -> w.at(filter) + channel * kernel * kernel,
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

package coppice.backend.cpu.vector;

import coppice.backend.Window;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.PoolingKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Vector API twin of {@link PoolingKernels}, for tensors with room for whole vectors. */
final class VectorPoolingKernels extends PoolingKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;

    @Override
    protected void maximum(Window window, CpuTensor x, int corner, CpuTensor z, int row, int batch) {
        if (CpuTensor.isNarrow(x, z)) {
            super.maximum(window, x, corner, z, row, batch);
            return;
        }
        int kernel = window.kernel();
        int pixelStep = x.stride();
        int rowStep = window.width() * pixelStep;
        float[] pixels = x.data();
        for (int b = 0; b < batch; b += LENGTH) {
            int first = x.at(corner) + b;
            FloatVector greatest = FloatVector.fromArray(FLOATS, pixels, first);
            for (int ky = 0; ky < kernel; ky++) {
                for (int kx = 0; kx < kernel; kx++) {
                    FloatVector pixel = FloatVector.fromArray(FLOATS, pixels, first + ky * rowStep + kx * pixelStep);
                    greatest = greatest.blend(pixel, pixel.compare(VectorOperators.GT, greatest));
                }
            }
            greatest.intoArray(z.data(), z.at(row) + b);
        }
    }

    @Override
    protected void toGreatest(Window window, CpuTensor dz, int row, CpuTensor x, int corner, CpuTensor dx, int batch) {
        if (CpuTensor.isNarrow(x, dz) || CpuTensor.isNarrow(x, dx)) {
            super.toGreatest(window, dz, row, x, corner, dx, batch);
            return;
        }
        int kernel = window.kernel();
        int pixelStep = x.stride();
        int rowStep = window.width() * pixelStep;
        int outRowStep = window.width() * dx.stride();
        float[] pixels = x.data();
        float[] out = dx.data();
        for (int b = 0; b < batch; b += LENGTH) {
            int first = x.at(corner) + b;
            FloatVector greatest = FloatVector.fromArray(FLOATS, pixels, first);
            FloatVector place = FloatVector.zero(FLOATS);
            for (int ky = 0; ky < kernel; ky++) {
                for (int kx = 0; kx < kernel; kx++) {
                    FloatVector pixel = FloatVector.fromArray(FLOATS, pixels, first + ky * rowStep + kx * pixelStep);
                    place = place.blend((float) (ky * kernel + kx), pixel.compare(VectorOperators.GT, greatest));
                    greatest = greatest.blend(pixel, pixel.compare(VectorOperators.GT, greatest));
                }
            }
            FloatVector gradient = FloatVector.fromArray(FLOATS, dz.data(), dz.at(row) + b);
            FloatVector zero = FloatVector.zero(FLOATS);
            for (int ky = 0; ky < kernel; ky++) {
                for (int kx = 0; kx < kernel; kx++) {
                    // Sums that start at zero never become a negative zero: adding zero elsewhere changes no bit.
                    int at = dx.at(corner) + b + ky * outRowStep + kx * dx.stride();
                    FloatVector here =
                            zero.blend(gradient, place.compare(VectorOperators.EQ, (float) (ky * kernel + kx)));
                    FloatVector.fromArray(FLOATS, out, at).add(here).intoArray(out, at);
                }
            }
        }
    }
}

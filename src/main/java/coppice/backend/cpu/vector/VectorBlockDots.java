package coppice.backend.cpu.vector;

import coppice.backend.Window;
import coppice.backend.cpu.ConvolutionKernels.BlockDots;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Inner products of gradients and pixels over all positions, for one filter and one term at a time. */
final class VectorBlockDots implements BlockDots {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final FloatVector LANE_NUMBERS = FloatVector.zero(FLOATS).addIndex(1);

    private final Window window;
    private final CpuTensor dz;
    private final CpuTensor x;
    private final int batch;
    private final float[] lanes = new float[Lanes.COUNT];

    VectorBlockDots(Window window, CpuTensor dz, CpuTensor x, int batch) {
        this.window = window;
        this.dz = dz;
        this.x = x;
        this.batch = batch;
    }

    @Override
    public float dot(int filter, int term) {
        int kernel = window.kernel();
        int ky = term / kernel % kernel;
        int kx = term % kernel;
        int from = window.columnFrom(kx);
        int count = window.columnTo(kx) - from;
        int left = from * window.stride() - window.left() + kx;
        int dStep = dz.stride();
        int xStep = window.stride() * x.stride();
        Arrays.fill(lanes, 0f);
        for (int b = 0; b < batch; b += Lanes.COUNT) {
            for (int top = 0; top < window.outHeight(); top += window.stripe()) {
                int row = Math.max(top, window.rowFrom(ky));
                int rows = Math.min(top + window.stripe(), window.rowTo(ky)) - row;
                if (rows <= 0 || count <= 0) {
                    continue;
                }
                int y = row * window.stride() - window.top() + ky;
                int dAt = dz.at((filter * window.outHeight() + row) * window.outWidth() + from) + b;
                int xAt = x.at((term / kernel / kernel * window.height() + y) * window.width() + left) + b;
                int dRow = window.outWidth() * dStep;
                int xRow = window.stride() * window.width() * x.stride();
                addBlock(rows, count, dAt, dStep, dRow, xAt, xStep, xRow, Math.min(Lanes.COUNT, batch - b));
            }
        }
        return Lanes.fold(lanes);
    }

    /** Adds the sums of a block; lanes past the batch hold whatever lies there and are dropped. */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private void addBlock(
            int rows, int count, int dAt, int dStep, int dRow, int xAt, int xStep, int xRow, int columns) {
        float[] d = dz.data();
        float[] pixels = x.data();
        for (int lane = 0; lane < Lanes.COUNT; lane += 2 * LENGTH) {
            FloatVector low = FloatVector.zero(FLOATS);
            FloatVector high = low;
            int p = dAt + lane;
            int q = xAt + lane;
            int rowEnd = p + count * dStep;
            for (int i = 0; i < rows * count; i++) { // a loop in a loop would make objects of the sums
                low = FloatVector.fromArray(FLOATS, d, p).fma(FloatVector.fromArray(FLOATS, pixels, q), low);
                high = FloatVector.fromArray(FLOATS, d, p + LENGTH)
                        .fma(FloatVector.fromArray(FLOATS, pixels, q + LENGTH), high);
                p += dStep;
                q += xStep;
                if (p == rowEnd) {
                    p += dRow - count * dStep;
                    q += xRow - count * xStep;
                    rowEnd += dRow;
                }
            }
            if (columns < Lanes.COUNT) {
                VectorMask<Float> outLow = LANE_NUMBERS.compare(VectorOperators.GE, (float) (columns - lane));
                VectorMask<Float> outHigh = LANE_NUMBERS.compare(VectorOperators.GE, (float) (columns - lane - LENGTH));
                low = low.blend(0f, outLow);
                high = high.blend(0f, outHigh);
            }
            FloatVector.fromArray(FLOATS, lanes, lane).add(low).intoArray(lanes, lane);
            FloatVector.fromArray(FLOATS, lanes, lane + LENGTH).add(high).intoArray(lanes, lane + LENGTH);
        }
    }
}

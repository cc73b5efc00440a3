package coppice.backend.cpu.vector;

import coppice.backend.Neurons;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.Srelu;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Backward pass of SReLU with vectors of 16: the 32 lanes of its four sums stay in registers. Holds scratch. */
final class VectorSrelu {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final FloatVector LANE_NUMBERS = FloatVector.zero(FLOATS).addIndex(1);
    private static final int HALF = 16;

    /** Neurons whose sums are folded together. */
    static final int NEURONS = 4;

    private final Srelu[] srelus = new Srelu[NEURONS];
    private final float[] lanes = new float[CpuTensor.BASE + NEURONS * 4 * HALF];
    private final float[] sums = new float[NEURONS * 4];

    /** Turns the gradients by the outputs of up to {@link #NEURONS} neurons into gradients by z. */
    void derive(Neurons neurons, int batch, int first, int count) {
        CpuTensor z = (CpuTensor) neurons.preActivation();
        CpuTensor gradient = (CpuTensor) neurons.gradient();
        for (int i = 0; i < count; i++) {
            srelus[i] = Srelu.of(neurons, first + i);
            int lanesAt = CpuTensor.BASE + i * 4 * HALF;
            addLanes(srelus[i], z.data(), z.at(first + i), gradient.data(), gradient.at(first + i), batch, lanesAt);
        }
        VectorLanes.fold(lanes, 4 * count, sums, 0);
        for (int i = 0; i < count; i++) {
            srelus[i].writeGradient(neurons, first + i, sums[4 * i], sums[4 * i + 1], sums[4 * i + 2], sums[4 * i + 3]);
        }
    }

    private void addLanes(Srelu srelu, float[] zs, int zAt, float[] d, int dAt, int batch, int at) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector leftKnee = FloatVector.broadcast(FLOATS, srelu.leftKnee());
        FloatVector rightKnee = FloatVector.broadcast(FLOATS, srelu.rightKnee());
        FloatVector leftSlope = FloatVector.broadcast(FLOATS, srelu.leftSlope());
        FloatVector rightSlope = FloatVector.broadcast(FLOATS, srelu.rightSlope());
        for (int half = 0; half < Lanes.COUNT; half += HALF) {
            FloatVector left = zero;
            FloatVector leftDistance = zero;
            FloatVector right = zero;
            FloatVector rightDistance = zero;
            int b = half;
            for (; b + HALF <= batch; b += Lanes.COUNT) {
                FloatVector z = FloatVector.fromArray(FLOATS, zs, zAt + b);
                FloatVector t = FloatVector.fromArray(FLOATS, d, dAt + b);
                VectorMask<Float> isRight = z.compare(VectorOperators.GE, rightKnee);
                VectorMask<Float> isLeft = z.compare(VectorOperators.LE, leftKnee);
                FloatVector tRight = zero.blend(t, isRight);
                FloatVector tLeft = zero.blend(t, isLeft).blend(zero, isRight);
                left = left.add(tLeft);
                leftDistance = tLeft.fma(z.sub(leftKnee), leftDistance);
                right = right.add(tRight);
                rightDistance = tRight.fma(z.sub(rightKnee), rightDistance);
                t.blend(t.mul(leftSlope), isLeft)
                        .blend(t.mul(rightSlope), isRight)
                        .intoArray(d, dAt + b);
            }
            if (b < batch) { // what lies past the batch is left from others and must not enter a sum
                VectorMask<Float> in = LANE_NUMBERS.compare(VectorOperators.LT, (float) (batch - b));
                FloatVector z = FloatVector.fromArray(FLOATS, zs, zAt + b);
                FloatVector t = FloatVector.fromArray(FLOATS, d, dAt + b);
                VectorMask<Float> isRight = z.compare(VectorOperators.GE, rightKnee);
                VectorMask<Float> isLeft = z.compare(VectorOperators.LE, leftKnee);
                FloatVector tRight = zero.blend(t, isRight);
                FloatVector tLeft = zero.blend(t, isLeft).blend(zero, isRight);
                left = left.blend(left.add(tLeft), in);
                leftDistance = leftDistance.blend(tLeft.fma(z.sub(leftKnee), leftDistance), in);
                right = right.blend(right.add(tRight), in);
                rightDistance = rightDistance.blend(tRight.fma(z.sub(rightKnee), rightDistance), in);
                t.blend(t.mul(leftSlope), isLeft)
                        .blend(t.mul(rightSlope), isRight)
                        .intoArray(d, dAt + b);
            }
            if (half > 0) {
                left = FloatVector.fromArray(FLOATS, lanes, at).add(left);
                leftDistance = FloatVector.fromArray(FLOATS, lanes, at + HALF).add(leftDistance);
                right = FloatVector.fromArray(FLOATS, lanes, at + 2 * HALF).add(right);
                rightDistance =
                        FloatVector.fromArray(FLOATS, lanes, at + 3 * HALF).add(rightDistance);
            }
            left.intoArray(lanes, at);
            leftDistance.intoArray(lanes, at + HALF);
            right.intoArray(lanes, at + 2 * HALF);
            rightDistance.intoArray(lanes, at + 3 * HALF);
        }
    }
}

package coppice.backend.cpu.vector;

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

    private final float[] lanes = new float[CpuTensor.BASE + 16 * HALF]; // what is folded at once
    private final float[] sums = new float[16];

    /**
     * Turns a row of gradients by the output into gradients by z.
     *
     * @return the sums of t left of the left knee, of t times its distance from there, and likewise on the right; valid
     *     until the next call
     */
    float[] derive(Srelu srelu, float[] zs, int zAt, float[] d, int dAt, int batch) {
        addLanes(srelu, zs, zAt, d, dAt, batch);
        VectorLanes.fold(lanes, 4, sums, 0);
        return sums;
    }

    private void addLanes(Srelu srelu, float[] zs, int zAt, float[] d, int dAt, int batch) {
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
                left = FloatVector.fromArray(FLOATS, lanes, CpuTensor.BASE).add(left);
                leftDistance = FloatVector.fromArray(FLOATS, lanes, CpuTensor.BASE + HALF)
                        .add(leftDistance);
                right = FloatVector.fromArray(FLOATS, lanes, CpuTensor.BASE + 2 * HALF)
                        .add(right);
                rightDistance = FloatVector.fromArray(FLOATS, lanes, CpuTensor.BASE + 3 * HALF)
                        .add(rightDistance);
            }
            left.intoArray(lanes, CpuTensor.BASE);
            leftDistance.intoArray(lanes, CpuTensor.BASE + HALF);
            right.intoArray(lanes, CpuTensor.BASE + 2 * HALF);
            rightDistance.intoArray(lanes, CpuTensor.BASE + 3 * HALF);
        }
    }
}

package coppice.backend.cpu.vector;

import coppice.backend.Activation;
import coppice.backend.Dropout;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.cpu.CpuBits;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.NeuronKernels;
import coppice.backend.cpu.Srelu;
import coppice.backend.cpu.UpdateKernels;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Vector API twin of {@link NeuronKernels}; rows without room for vectors are left to the plain kernels. */
final class VectorNeuronKernels extends NeuronKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final FloatVector LANE_NUMBERS = FloatVector.zero(FLOATS).addIndex(1);
    private static final int SUMS = 64; // neurons whose lanes are kept before they are folded
    private static final IntVector LANE_BITS = VectorRectifier.LANE_BITS;
    private static final ThreadLocal<VectorDropout> DROPOUT = ThreadLocal.withInitial(VectorDropout::new);
    private static final ThreadLocal<VectorSrelu> SRELU = ThreadLocal.withInitial(VectorSrelu::new);

    VectorNeuronKernels(UpdateKernels updates) {
        super(updates);
    }

    @Override
    public void activate(Neurons neurons, Pass pass, int from, int to) {
        CpuTensor a = (CpuTensor) neurons.output();
        Dropout dropout = pass.training() ? neurons.dropout() : null;
        if (dropout == null || !neurons.activation().notesSigns() || a.isNarrow()) {
            super.activate(neurons, pass, from, to);
            return;
        }
        drawDropped(dropout, pass, from, to, (CpuBits) Objects.requireNonNull(neurons.dropped()));
        int count = CpuTensor.paddedBatch(pass.batch(), a, a);
        for (int neuron = from; neuron < to; neuron++) {
            VectorRectifier.activate(neurons, dropout, a, neuron, count);
        }
    }

    @Override
    public void derive(Neurons neurons, Pass pass, int from, int to) {
        CpuTensor d = (CpuTensor) neurons.gradient();
        Dropout dropout = pass.training() ? neurons.dropout() : null;
        boolean srelu = neurons.activation().kind() == Activation.Kind.SRELU;
        if (CpuTensor.isNarrow((CpuTensor) neurons.preActivation(), d)) {
            super.derive(neurons, pass, from, to);
        } else if (LENGTH == 16 && srelu) {
            deriveSrelu(neurons, pass, from, to, dropout);
        } else if (dropout != null && neurons.activation().notesSigns()) {
            int count = CpuTensor.paddedBatch(pass.batch(), d, d);
            for (int neuron = from; neuron < to; neuron++) {
                VectorRectifier.derive(neurons, dropout, d, neuron, count);
            }
        } else {
            super.derive(neurons, pass, from, to);
        }
    }

    private void deriveSrelu(Neurons neurons, Pass pass, int from, int to, @Nullable Dropout dropout) {
        VectorSrelu srelu = SRELU.get();
        for (int neuron = from; neuron < to; neuron += VectorSrelu.NEURONS) {
            int count = Math.min(VectorSrelu.NEURONS, to - neuron);
            for (int i = 0; i < count; i++) {
                deriveDropout(neurons, pass.batch(), neuron + i, dropout);
            }
            srelu.derive(neurons, pass.batch(), neuron, count);
        }
    }

    @Override
    protected void function(Neurons neurons, Pass pass, int neuron) {
        CpuTensor z = (CpuTensor) neurons.preActivation();
        CpuTensor a = (CpuTensor) neurons.output();
        if (CpuTensor.isNarrow(z, a)) {
            super.function(neurons, pass, neuron);
            return;
        }
        int count = CpuTensor.paddedBatch(pass.batch(), z, a);
        float[] from = z.data();
        float[] to = a.data();
        int zAt = z.at(neuron);
        int aAt = a.at(neuron);
        CpuBits positive = (CpuBits) neurons.positive();
        if (positive != null && pass.training()) {
            VectorRectifier.noteSigns(from, zAt, count, positive.words(), positive.at(neuron));
        }
        switch (neurons.activation().kind()) {
            case IDENTITY -> {}
            case RELU -> leaky(to, aAt, count, 0f, true);
            case LEAKY -> leaky(to, aAt, count, neurons.activation().slope(), false);
            case SRELU -> srelu(Srelu.of(neurons, neuron), from, zAt, to, aAt, count);
            case TANH -> VectorMath.tanh(from, zAt, to, aAt, count);
            case SIGMOID -> VectorMath.sigmoid(from, zAt, to, aAt, count);
        }
    }

    private static void leaky(float[] a, int aAt, int count, float slope, boolean zero) {
        for (int b = 0; b < count; b += LENGTH) {
            FloatVector z = FloatVector.fromArray(FLOATS, a, aAt + b);
            FloatVector negative = zero ? FloatVector.zero(FLOATS) : z.mul(slope);
            negative.blend(z, z.compare(VectorOperators.GT, 0f)).intoArray(a, aAt + b);
        }
    }

    private static void srelu(Srelu srelu, float[] from, int zAt, float[] to, int aAt, int count) {
        FloatVector left = FloatVector.broadcast(FLOATS, srelu.leftKnee());
        FloatVector right = FloatVector.broadcast(FLOATS, srelu.rightKnee());
        FloatVector leftSlope = FloatVector.broadcast(FLOATS, srelu.leftSlope());
        FloatVector rightSlope = FloatVector.broadcast(FLOATS, srelu.rightSlope());
        for (int b = 0; b < count; b += LENGTH) {
            FloatVector z = FloatVector.fromArray(FLOATS, from, zAt + b);
            FloatVector a = z.blend(leftSlope.fma(z.sub(left), left), z.compare(VectorOperators.LE, left));
            a = a.blend(rightSlope.fma(z.sub(right), right), z.compare(VectorOperators.GE, right));
            a.intoArray(to, aAt + b);
        }
    }

    @Override
    protected void drawDropped(Dropout dropout, Pass pass, int from, int to, CpuBits bits) {
        DROPOUT.get().draw(dropout, pass, from, to, bits);
    }

    @Override
    protected void applyDropped(Dropout dropout, CpuTensor a, int neuron, int batch, int[] words, int at) {
        if (a.isNarrow()) {
            super.applyDropped(dropout, a, neuron, batch, words, at);
            return;
        }
        float[] data = a.data();
        int aAt = a.at(neuron);
        IntVector zero = IntVector.zero(INTS);
        FloatVector scale = FloatVector.broadcast(FLOATS, dropout.scale());
        int count = CpuTensor.paddedBatch(batch, a, a);
        for (int b = 0; b < count; b += LENGTH) {
            // Blended as integers: turning a mask of integers into one of floats is slow on JDK 17.
            IntVector scaled =
                    FloatVector.fromArray(FLOATS, data, aAt + b).mul(scale).reinterpretAsInts();
            VectorMask<Integer> dropped = IntVector.broadcast(INTS, words[at + (b >> 5)] >>> b)
                    .and(LANE_BITS)
                    .compare(VectorOperators.NE, 0);
            scaled.blend(zero, dropped).reinterpretAsFloats().intoArray(data, aAt + b);
        }
    }

    @Override
    protected void derivative(Neurons neurons, int batch, int neuron) {
        CpuTensor z = (CpuTensor) neurons.preActivation();
        CpuTensor gradient = (CpuTensor) neurons.gradient();
        if (CpuTensor.isNarrow(z, gradient)) {
            super.derivative(neurons, batch, neuron);
            return;
        }
        int count = CpuTensor.paddedBatch(batch, z, gradient);
        float[] zs = z.data();
        float[] d = gradient.data();
        int zAt = z.at(neuron);
        int dAt = gradient.at(neuron);
        Activation activation = neurons.activation();
        switch (activation.kind()) {
            case IDENTITY -> {}
            case RELU, LEAKY -> leakyDerivative((CpuBits) neurons.positive(), neuron, activation, d, dAt, count);
            case SRELU -> sreluDerivative(neurons, batch, neuron);
            case TANH -> tanhDerivative(zs, zAt, d, dAt, count);
            case SIGMOID -> sigmoidDerivative(zs, zAt, d, dAt, count);
        }
    }

    private static void tanhDerivative(float[] zs, int zAt, float[] d, int dAt, int count) {
        float[] values = new float[CpuTensor.BASE + count];
        VectorMath.tanh(zs, zAt, values, CpuTensor.BASE, count);
        for (int b = 0; b < count; b += LENGTH) {
            FloatVector y = FloatVector.fromArray(FLOATS, values, CpuTensor.BASE + b);
            FloatVector slope = y.neg().fma(y, FloatVector.broadcast(FLOATS, 1f));
            FloatVector.fromArray(FLOATS, d, dAt + b).mul(slope).intoArray(d, dAt + b);
        }
    }

    private static void sigmoidDerivative(float[] zs, int zAt, float[] d, int dAt, int count) {
        float[] values = new float[CpuTensor.BASE + count];
        VectorMath.sigmoid(zs, zAt, values, CpuTensor.BASE, count);
        for (int b = 0; b < count; b += LENGTH) {
            FloatVector y = FloatVector.fromArray(FLOATS, values, CpuTensor.BASE + b);
            FloatVector slope = y.mul(FloatVector.broadcast(FLOATS, 1f).sub(y));
            FloatVector.fromArray(FLOATS, d, dAt + b).mul(slope).intoArray(d, dAt + b);
        }
    }

    private static void leakyDerivative(
            @Nullable CpuBits positive, int neuron, Activation activation, float[] d, int dAt, int count) {
        int[] words = Objects.requireNonNull(positive).words();
        int at = positive.at(neuron);
        boolean zero = activation.kind() == Activation.Kind.RELU;
        FloatVector slope = FloatVector.broadcast(FLOATS, activation.slope());
        for (int b = 0; b < count; b += LENGTH) {
            FloatVector t = FloatVector.fromArray(FLOATS, d, dAt + b);
            FloatVector negative = zero ? FloatVector.zero(FLOATS) : t.mul(slope);
            VectorMask<Integer> above = IntVector.broadcast(INTS, words[at + (b >> 5)] >>> b)
                    .and(LANE_BITS)
                    .compare(VectorOperators.NE, 0);
            negative.reinterpretAsInts()
                    .blend(t.reinterpretAsInts(), above)
                    .reinterpretAsFloats()
                    .intoArray(d, dAt + b);
        }
    }

    private void sreluDerivative(Neurons neurons, int batch, int neuron) {
        CpuTensor z = (CpuTensor) neurons.preActivation();
        CpuTensor gradient = (CpuTensor) neurons.gradient();
        Srelu srelu = Srelu.of(neurons, neuron);
        SreluSums sums = new SreluSums();
        int whole = batch - batch % Lanes.COUNT;
        for (int lane = 0; lane < Lanes.COUNT; lane += LENGTH) {
            sreluLanes(srelu, z.data(), z.at(neuron), gradient.data(), gradient.at(neuron), lane, whole, sums);
        }
        sums.accumulate(srelu, z, gradient, neuron, whole, batch);
        sums.writeGradient(srelu, neurons, neuron);
    }

    private static void sreluLanes(
            Srelu srelu, float[] zs, int zAt, float[] d, int dAt, int lane, int whole, SreluSums sums) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector left = zero;
        FloatVector leftDistance = zero;
        FloatVector right = zero;
        FloatVector rightDistance = zero;
        for (int b = lane; b < whole; b += Lanes.COUNT) {
            FloatVector z = FloatVector.fromArray(FLOATS, zs, zAt + b);
            FloatVector t = FloatVector.fromArray(FLOATS, d, dAt + b);
            VectorMask<Float> isRight = z.compare(VectorOperators.GE, srelu.rightKnee());
            VectorMask<Float> isLeft = z.compare(VectorOperators.LE, srelu.leftKnee());
            FloatVector tRight = zero.blend(t, isRight);
            FloatVector tLeft = zero.blend(t, isLeft).blend(zero, isRight);
            left = left.add(tLeft);
            leftDistance = tLeft.fma(z.sub(srelu.leftKnee()), leftDistance);
            right = right.add(tRight);
            rightDistance = tRight.fma(z.sub(srelu.rightKnee()), rightDistance);
            t.blend(t.mul(srelu.leftSlope()), isLeft)
                    .blend(t.mul(srelu.rightSlope()), isRight)
                    .intoArray(d, dAt + b);
        }
        left.intoArray(sums.left, lane);
        leftDistance.intoArray(sums.leftDistance, lane);
        right.intoArray(sums.right, lane);
        rightDistance.intoArray(sums.rightDistance, lane);
    }

    @Override
    protected void sums(CpuTensor dz, int batch, int from, int to, float[] out) {
        int whole = batch - batch % Lanes.COUNT;
        if (LENGTH == 16 ? dz.isNarrow() : whole == 0) {
            super.sums(dz, batch, from, to, out);
            return;
        }
        if (LENGTH == 16) {
            float[] lanes = new float[CpuTensor.BASE + SUMS * 16];
            float[] sums = new float[SUMS];
            for (int neuron = from; neuron < to; neuron += SUMS) {
                int count = Math.min(to - neuron, SUMS);
                lanesOf16(dz, batch, neuron, count, lanes);
                VectorLanes.fold(lanes, count, sums, 0);
                System.arraycopy(sums, 0, out, neuron - from, count);
            }
            return;
        }
        float[] lanes = new float[Lanes.COUNT];
        for (int neuron = from; neuron < to; neuron++) {
            int at = dz.at(neuron);
            for (int lane = 0; lane < Lanes.COUNT; lane += LENGTH) {
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int b = lane; b < whole; b += Lanes.COUNT) {
                    sum = sum.add(FloatVector.fromArray(FLOATS, dz.data(), at + b));
                }
                sum.intoArray(lanes, lane);
            }
            for (int b = whole; b < batch; b++) {
                lanes[b - whole] += dz.data()[at + b];
            }
            out[neuron - from] = Lanes.fold(lanes);
        }
    }

    /** Sixteen lanes of each of some neurons. */
    private static void lanesOf16(CpuTensor dz, int batch, int from, int count, float[] lanes) {
        float[] d = dz.data();
        int whole = batch - batch % Lanes.COUNT;
        VectorMask<Float> inLow = LANE_NUMBERS.compare(VectorOperators.LT, (float) (batch - whole));
        VectorMask<Float> inHigh = LANE_NUMBERS.compare(VectorOperators.LT, (float) (batch - whole - LENGTH));
        for (int i = 0; i < count; i++) {
            int at = dz.at(from + i);
            FloatVector low = FloatVector.zero(FLOATS);
            FloatVector high = low;
            for (int b = 0; b < whole; b += Lanes.COUNT) {
                low = low.add(FloatVector.fromArray(FLOATS, d, at + b));
                high = high.add(FloatVector.fromArray(FLOATS, d, at + b + LENGTH));
            }
            if (whole < batch) {
                FloatVector nextLow = low.add(FloatVector.fromArray(FLOATS, d, at + whole));
                FloatVector nextHigh = high.add(FloatVector.fromArray(FLOATS, d, at + whole + LENGTH));
                low = low.blend(nextLow, inLow);
                high = high.blend(nextHigh, inHigh);
            }
            low.add(high).intoArray(lanes, CpuTensor.BASE + i * 16);
        }
    }
}

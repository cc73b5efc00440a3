package coppice.backend.cpu.vector;

import coppice.backend.cpu.ExactMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Vector API twin of {@link ExactMath}: the same operations on every lane. */
final class VectorMath {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int ROUND_BITS = Float.floatToRawIntBits(ExactMath.ROUND);

    private VectorMath() {}

    private static FloatVector all(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    static FloatVector exp(FloatVector x) {
        FloatVector cut = x.blend(all(ExactMath.EXP_MIN), x.compare(VectorOperators.LT, ExactMath.EXP_MIN))
                .blend(all(ExactMath.EXP_MAX), x.compare(VectorOperators.GT, ExactMath.EXP_MAX));
        FloatVector rounded = cut.fma(all(ExactMath.INVERSE_LN2), all(ExactMath.ROUND));
        FloatVector n = rounded.sub(ExactMath.ROUND);
        FloatVector r = n.fma(all(-ExactMath.LN2_LOW), n.fma(all(-ExactMath.LN2_HIGH), cut));
        FloatVector p = all(ExactMath.E4).fma(r, all(ExactMath.E3));
        p = p.fma(r, all(ExactMath.E2));
        p = p.fma(r, all(ExactMath.E1));
        p = p.fma(r, all(ExactMath.E0));
        p = p.mul(r).fma(r, r).add(1f);
        IntVector k = rounded.reinterpretAsInts().sub(ROUND_BITS); // the integer n sits in the low bits
        IntVector half = k.lanewise(VectorOperators.ASHR, 1);
        return p.mul(powerOfTwo(half)).mul(powerOfTwo(k.sub(half)));
    }

    private static FloatVector powerOfTwo(IntVector exponent) {
        return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }

    static FloatVector tanh(FloatVector x) {
        VectorMask<Float> negative = x.compare(VectorOperators.LT, 0f);
        FloatVector a = x.blend(x.neg(), negative);
        FloatVector s = x.mul(x);
        FloatVector p = all(ExactMath.T4).fma(s, all(ExactMath.T3));
        p = p.fma(s, all(ExactMath.T2));
        p = p.fma(s, all(ExactMath.T1));
        p = p.fma(s, all(ExactMath.T0));
        FloatVector small = p.mul(s).fma(x, x);
        FloatVector t = all(1f).sub(all(2f).div(exp(a.add(a)).add(1f)));
        t = t.blend(all(1f), a.compare(VectorOperators.GT, ExactMath.TANH_ONE));
        t = t.blend(t.neg(), negative);
        return t.blend(small, a.compare(VectorOperators.LT, ExactMath.TANH_SMALL));
    }

    static FloatVector sigmoid(FloatVector x) {
        VectorMask<Float> negative = x.compare(VectorOperators.LT, 0f);
        FloatVector e = exp(x.neg().blend(x, negative));
        FloatVector d = all(1f).div(e.add(1f));
        return d.blend(e.mul(d), negative);
    }
}

package coppice.backend.cpu.vector;

import coppice.backend.cpu.ExactMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector API twin of {@link ExactMath}: the same operations on every lane.
 *
 * <p>Works on stretches of arrays: a vector that is handed to a method which the compiler does not inline is put into
 * an object, which makes it ten times as slow. Counts are multiples of the vector length.
 */
final class VectorMath {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int ROUND_BITS = Float.floatToRawIntBits(ExactMath.ROUND);

    private VectorMath() {}

    /** data = exp(data). */
    private static void exp(float[] data, int at, int count) {
        for (int i = at; i < at + count; i += LENGTH) {
            FloatVector x = FloatVector.fromArray(FLOATS, data, i);
            FloatVector cut = x.blend(
                            FloatVector.broadcast(FLOATS, ExactMath.EXP_MIN),
                            x.compare(VectorOperators.LT, ExactMath.EXP_MIN))
                    .blend(
                            FloatVector.broadcast(FLOATS, ExactMath.EXP_MAX),
                            x.compare(VectorOperators.GT, ExactMath.EXP_MAX));
            FloatVector rounded = cut.fma(
                    FloatVector.broadcast(FLOATS, ExactMath.INVERSE_LN2),
                    FloatVector.broadcast(FLOATS, ExactMath.ROUND));
            FloatVector n = rounded.sub(ExactMath.ROUND);
            FloatVector r = n.fma(
                    FloatVector.broadcast(FLOATS, -ExactMath.LN2_LOW),
                    n.fma(FloatVector.broadcast(FLOATS, -ExactMath.LN2_HIGH), cut));
            FloatVector p =
                    FloatVector.broadcast(FLOATS, ExactMath.E4).fma(r, FloatVector.broadcast(FLOATS, ExactMath.E3));
            p = p.fma(r, FloatVector.broadcast(FLOATS, ExactMath.E2));
            p = p.fma(r, FloatVector.broadcast(FLOATS, ExactMath.E1));
            p = p.fma(r, FloatVector.broadcast(FLOATS, ExactMath.E0));
            p = p.mul(r).fma(r, r).add(1f);
            // The integer n sits in the low bits. (The species of reinterpretAsInts is no constant on Java 17.)
            IntVector k = ((IntVector) rounded.reinterpretShape(INTS, 0)).sub(ROUND_BITS);
            IntVector half = k.lanewise(VectorOperators.ASHR, 1);
            IntVector first = half.add(127).lanewise(VectorOperators.LSHL, 23);
            IntVector second = k.sub(half).add(127).lanewise(VectorOperators.LSHL, 23);
            p.mul((FloatVector) first.reinterpretShape(FLOATS, 0))
                    .mul((FloatVector) second.reinterpretShape(FLOATS, 0))
                    .intoArray(data, i);
        }
    }

    /** y = tanh(x). */
    static void tanh(float[] x, int xAt, float[] y, int yAt, int count) {
        for (int i = 0; i < count; i += LENGTH) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            FloatVector a = v.blend(v.neg(), v.compare(VectorOperators.LT, 0f));
            a.add(a).intoArray(y, yAt + i);
        }
        exp(y, yAt, count);
        for (int i = 0; i < count; i += LENGTH) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            VectorMask<Float> negative = v.compare(VectorOperators.LT, 0f);
            FloatVector a = v.blend(v.neg(), negative);
            FloatVector s = v.mul(v);
            FloatVector p =
                    FloatVector.broadcast(FLOATS, ExactMath.T4).fma(s, FloatVector.broadcast(FLOATS, ExactMath.T3));
            p = p.fma(s, FloatVector.broadcast(FLOATS, ExactMath.T2));
            p = p.fma(s, FloatVector.broadcast(FLOATS, ExactMath.T1));
            p = p.fma(s, FloatVector.broadcast(FLOATS, ExactMath.T0));
            FloatVector small = p.mul(s).fma(v, v);
            FloatVector t = FloatVector.broadcast(FLOATS, 1f)
                    .sub(FloatVector.broadcast(FLOATS, 2f)
                            .div(FloatVector.fromArray(FLOATS, y, yAt + i).add(1f)));
            t = t.blend(FloatVector.broadcast(FLOATS, 1f), a.compare(VectorOperators.GT, ExactMath.TANH_ONE));
            t = t.blend(t.neg(), negative);
            t.blend(small, a.compare(VectorOperators.LT, ExactMath.TANH_SMALL)).intoArray(y, yAt + i);
        }
    }

    /** y = 1 / (1 + exp(-x)). */
    static void sigmoid(float[] x, int xAt, float[] y, int yAt, int count) {
        for (int i = 0; i < count; i += LENGTH) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            v.neg().blend(v, v.compare(VectorOperators.LT, 0f)).intoArray(y, yAt + i);
        }
        exp(y, yAt, count);
        for (int i = 0; i < count; i += LENGTH) {
            VectorMask<Float> negative =
                    FloatVector.fromArray(FLOATS, x, xAt + i).compare(VectorOperators.LT, 0f);
            FloatVector e = FloatVector.fromArray(FLOATS, y, yAt + i);
            FloatVector d = FloatVector.broadcast(FLOATS, 1f).div(e.add(1f));
            d.blend(e.mul(d), negative).intoArray(y, yAt + i);
        }
    }

    /** y = log(1 + exp(x)). */
    static void softplus(float[] x, int xAt, float[] y, int yAt, int count) {
        for (int i = 0; i < count; i += LENGTH) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            v.neg().blend(v, v.compare(VectorOperators.LT, 0f)).intoArray(y, yAt + i);
        }
        exp(y, yAt, count);
        for (int i = 0; i < count; i += LENGTH) {
            FloatVector m = FloatVector.fromArray(FLOATS, y, yAt + i).add(1f); // from 1 to 2
            IntVector bits = (IntVector) m.reinterpretShape(INTS, 0);
            IntVector exponent = bits.sub(ExactMath.LOG_BASE).and(0xff800000);
            FloatVector f = ((FloatVector) bits.sub(exponent).reinterpretShape(FLOATS, 0)).sub(1f);
            FloatVector n = (FloatVector)
                    exponent.lanewise(VectorOperators.ASHR, 23).convertShape(VectorOperators.I2F, FLOATS, 0);
            FloatVector s = f.mul(f);
            FloatVector q =
                    FloatVector.broadcast(FLOATS, ExactMath.L7).fma(f, FloatVector.broadcast(FLOATS, ExactMath.L6));
            q = q.fma(f, FloatVector.broadcast(FLOATS, ExactMath.L5));
            q = q.fma(f, FloatVector.broadcast(FLOATS, ExactMath.L4));
            q = q.fma(f, FloatVector.broadcast(FLOATS, ExactMath.L3));
            q = q.fma(f, FloatVector.broadcast(FLOATS, ExactMath.L2));
            q = q.fma(f, FloatVector.broadcast(FLOATS, ExactMath.L1));
            q = q.fma(f, FloatVector.broadcast(FLOATS, ExactMath.L0));
            FloatVector t = q.mul(f).fma(s, s.mul(-0.5f));
            t = n.fma(FloatVector.broadcast(FLOATS, ExactMath.LN2_LOW), t);
            FloatVector log = n.fma(FloatVector.broadcast(FLOATS, ExactMath.LN2_HIGH), t.add(f));
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            log.blend(v.add(log), v.compare(VectorOperators.GT, 0f)).intoArray(y, yAt + i);
        }
    }
}

package coppice.backend.cpu;

/**
 * Exponential, logarithm, hyperbolic tangent and logistic function from correctly rounded operations only.
 *
 * <p>Sums, products, quotients, fma and integer steps give the same bits in Java, C++ and CUDA, which library functions
 * do not. The polynomials are minimax fits. Greatest error over all floats: exp 1.01, log 0.81, tanh 1.30, sigmoid 2.9
 * units in the last place. Twin of kernels/math.cuh.
 */
public final class ExactMath {
    private ExactMath() {}

    // exp: x = n ln 2 + r
    /** 1 / ln 2. */
    public static final float INVERSE_LN2 = 0x1.715476p0f;
    /** Adding and subtracting it rounds a small float to the nearest integer. */
    public static final float ROUND = 0x1.8p23f;
    /** Leading bits of ln 2, few enough that its product with n is exact. */
    public static final float LN2_HIGH = 0x1.62e400p-1f;
    /** What is left of ln 2. */
    public static final float LN2_LOW = 0x1.7f7d1cp-20f;
    /** Greatest argument of exp that is not cut off. */
    public static final float EXP_MAX = 89f;
    /** Least argument of exp that is not cut off. */
    public static final float EXP_MIN = -104f;
    /** exp(r) = 1 + r + r^2 (E0 + E1 r + ...). */
    public static final float E0 = 0x1.fffffcp-2f;

    public static final float E1 = 0x1.555492p-3f;
    public static final float E2 = 0x1.5558f2p-5f;
    public static final float E3 = 0x1.123a2p-7f;
    public static final float E4 = 0x1.6a23cep-10f;

    // tanh(x) = x + x^3 (T0 + T1 x^2 + ...) near zero
    /** Up to here tanh uses its own polynomial. */
    public static final float TANH_SMALL = 0.61f;
    /** From here on tanh is 1. */
    public static final float TANH_ONE = 10f;

    public static final float T0 = -0x1.555536p-2f;
    public static final float T1 = 0x1.1107f2p-3f;
    public static final float T2 = -0x1.b85794p-5f;
    public static final float T3 = 0x1.52dce2p-6f;
    public static final float T4 = -0x1.79256ap-8f;

    // log(m) = f - f^2 / 2 + f^3 (L0 + L1 f + ...) with f = m - 1, m from 2/3 to 4/3
    /** The bits of 2/3, from which on a float counts for the next power of two. */
    public static final int LOG_BASE = 0x3f2aaaab;

    public static final float L0 = 0x1.555506p-2f;
    public static final float L1 = -0x1.fffefp-3f;
    public static final float L2 = 0x1.99d028p-3f;
    public static final float L3 = -0x1.559dcap-3f;
    public static final float L4 = 0x1.1ed714p-3f;
    public static final float L5 = -0x1.f3115ap-4f;
    public static final float L6 = 0x1.1e66cap-3f;
    public static final float L7 = -0x1.080548p-3f;

    /** e to the power x; 0 below -104, infinite above 89. */
    public static float exp(float x) {
        float cut = x > EXP_MAX ? EXP_MAX : (x < EXP_MIN ? EXP_MIN : x); // NaN passes both tests
        float n = Math.fma(cut, INVERSE_LN2, ROUND) - ROUND;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, cut));
        float p = Math.fma(E4, r, E3);
        p = Math.fma(p, r, E2);
        p = Math.fma(p, r, E1);
        p = Math.fma(p, r, E0);
        p = Math.fma(p * r, r, r) + 1f;
        int k = (int) n;
        int half = k >> 1; // two factors: right for subnormal results and for 2^128
        return p * Float.intBitsToFloat((half + 127) << 23) * Float.intBitsToFloat((k - half + 127) << 23);
    }

    /** The natural logarithm of a normal, positive x; infinity and NaN are returned as they are. */
    public static float log(float x) {
        if (!(x < Float.POSITIVE_INFINITY)) {
            return x;
        }
        int bits = Float.floatToRawIntBits(x);
        int exponent = (bits - LOG_BASE) & 0xff800000;
        float f = Float.intBitsToFloat(bits - exponent) - 1f;
        float n = exponent >> 23;
        float s = f * f;
        float q = L7;
        q = Math.fma(q, f, L6);
        q = Math.fma(q, f, L5);
        q = Math.fma(q, f, L4);
        q = Math.fma(q, f, L3);
        q = Math.fma(q, f, L2);
        q = Math.fma(q, f, L1);
        q = Math.fma(q, f, L0);
        float t = Math.fma(q * f, s, s * -0.5f);
        t = Math.fma(n, LN2_LOW, t);
        return Math.fma(n, LN2_HIGH, t + f);
    }

    /** The hyperbolic tangent. */
    public static float tanh(float x) {
        float a = x < 0f ? -x : x;
        if (a < TANH_SMALL) {
            float s = x * x;
            float p = Math.fma(T4, s, T3);
            p = Math.fma(p, s, T2);
            p = Math.fma(p, s, T1);
            p = Math.fma(p, s, T0);
            return Math.fma(p * s, x, x);
        }
        float t = a > TANH_ONE ? 1f : 1f - 2f / (exp(a + a) + 1f);
        return x < 0f ? -t : t;
    }

    /** The logistic function 1 / (1 + exp(-x)). */
    public static float sigmoid(float x) {
        float e = exp(x < 0f ? x : -x);
        float d = 1f / (1f + e);
        return x < 0f ? e * d : d;
    }

    /** log(1 + exp(x)), of an error of a few 2^-24 near zero. */
    public static float softplus(float x) {
        float rest = log(1f + exp(x < 0f ? x : -x));
        return x > 0f ? x + rest : rest;
    }
}

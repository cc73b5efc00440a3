// Exponential, logarithm, hyperbolic tangent and logistic function from correctly rounded operations only.
// Twin of backend/cpu/ExactMath.java, which names the constants.
#pragma once

#include "arguments.cuh"

static constexpr float LN2_HIGH = 0x1.62e400p-1f;
static constexpr float LN2_LOW = 0x1.7f7d1cp-20f;

// 2 to the power n; n from -126 to 127.
__device__ __forceinline__ float power_of_two(int n) { return __uint_as_float(static_cast<unsigned>(n + 127) << 23); }

// e to the power x; 0 below -104, infinite above 89.
__device__ __forceinline__ float exact_exp(float x) {
  const float cut = x > 89.0f ? 89.0f : (x < -104.0f ? -104.0f : x);  // NaN passes both tests
  const float n = __fsub_rn(fmaf(cut, 0x1.715476p0f, 0x1.8p23f), 0x1.8p23f);
  const float r = fmaf(n, -LN2_LOW, fmaf(n, -LN2_HIGH, cut));
  float p = fmaf(0x1.6a23cep-10f, r, 0x1.123a2p-7f);
  p = fmaf(p, r, 0x1.5558f2p-5f);
  p = fmaf(p, r, 0x1.555492p-3f);
  p = fmaf(p, r, 0x1.fffffcp-2f);
  p = __fadd_rn(fmaf(__fmul_rn(p, r), r, r), 1.0f);
  const int k = n == n ? static_cast<int>(n) : 0;
  const int half = k >> 1;  // two factors: right for subnormal results and for 2^128
  return __fmul_rn(__fmul_rn(p, power_of_two(half)), power_of_two(k - half));
}

// The natural logarithm of a normal, positive x; infinity and NaN are returned as they are.
__device__ __forceinline__ float exact_log(float x) {
  const unsigned bits = __float_as_uint(x);
  if (!(x < __uint_as_float(0x7f800000u))) {
    return x;
  }
  const unsigned exponent = (bits - 0x3f2aaaabu) & 0xff800000u;
  const float f = __fsub_rn(__uint_as_float(bits - exponent), 1.0f);
  const float n = static_cast<float>(static_cast<int>(exponent) >> 23);
  const float s = __fmul_rn(f, f);
  float q = fmaf(-0x1.080548p-3f, f, 0x1.1e66cap-3f);
  q = fmaf(q, f, -0x1.f3115ap-4f);
  q = fmaf(q, f, 0x1.1ed714p-3f);
  q = fmaf(q, f, -0x1.559dcap-3f);
  q = fmaf(q, f, 0x1.99d028p-3f);
  q = fmaf(q, f, -0x1.fffefp-3f);
  q = fmaf(q, f, 0x1.555506p-2f);
  float t = fmaf(__fmul_rn(q, f), s, __fmul_rn(s, -0.5f));
  t = fmaf(n, LN2_LOW, t);
  return fmaf(n, LN2_HIGH, __fadd_rn(t, f));
}

// The hyperbolic tangent.
__device__ __forceinline__ float exact_tanh(float x) {
  const float a = x < 0.0f ? -x : x;
  if (a < 0.61f) {
    const float s = __fmul_rn(x, x);
    float p = fmaf(-0x1.79256ap-8f, s, 0x1.52dce2p-6f);
    p = fmaf(p, s, -0x1.b85794p-5f);
    p = fmaf(p, s, 0x1.1107f2p-3f);
    p = fmaf(p, s, -0x1.555536p-2f);
    return fmaf(__fmul_rn(p, s), x, x);
  }
  const float e = exact_exp(__fadd_rn(a, a));
  const float t = a > 10.0f ? 1.0f : __fsub_rn(1.0f, __fdiv_rn(2.0f, __fadd_rn(e, 1.0f)));
  return x < 0.0f ? -t : t;
}

// The logistic function 1 / (1 + exp(-x)).
__device__ __forceinline__ float exact_sigmoid(float x) {
  const float e = exact_exp(x < 0.0f ? x : -x);
  const float d = __fdiv_rn(1.0f, __fadd_rn(1.0f, e));
  return x < 0.0f ? __fmul_rn(e, d) : d;
}

// log(1 + exp(x)).
__device__ __forceinline__ float exact_softplus(float x) {
  const float rest = exact_log(__fadd_rn(1.0f, exact_exp(x < 0.0f ? x : -x)));
  return x > 0.0f ? __fadd_rn(x, rest) : rest;
}

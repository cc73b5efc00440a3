// CUDA's vector types and scalar functions for g++ (cudasim.h).
//
// Compile with -mfma -ffp-contract=off: then + - * / and fmaf round as the device's .rn instructions do.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#define CUDASIM_VECTOR(name, T, n2, n3, n4)                              \
  struct n2 name##2 { T x, y; };                                         \
  struct n3 name##3 { T x, y, z; };                                      \
  struct n4 name##4 { T x, y, z, w; };                                   \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; }             \
  inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }     \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
CUDASIM_VECTOR(float, float, alignas(8), , alignas(16))
CUDASIM_VECTOR(int, int, alignas(8), , alignas(16))
CUDASIM_VECTOR(uint, unsigned, alignas(8), , alignas(16))
CUDASIM_VECTOR(char, signed char, alignas(2), , alignas(4))
CUDASIM_VECTOR(uchar, unsigned char, alignas(2), , alignas(4))
CUDASIM_VECTOR(double, double, alignas(16), , alignas(16))
CUDASIM_VECTOR(longlong, long long, alignas(16), , alignas(16))
#undef CUDASIM_VECTOR

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }

namespace cudasim {
template <class To, class From>
inline To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "bits of equal size");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}
}  // namespace cudasim

inline int __float_as_int(float a) { return cudasim::bits<int>(a); }
inline unsigned __float_as_uint(float a) { return cudasim::bits<unsigned>(a); }
inline float __int_as_float(int a) { return cudasim::bits<float>(a); }
inline float __uint_as_float(unsigned a) { return cudasim::bits<float>(a); }
inline long long __double_as_longlong(double a) { return cudasim::bits<long long>(a); }
inline double __longlong_as_double(long long a) { return cudasim::bits<double>(a); }

// To int the device rounds as its name says, saturates, and makes 0 of NaN; C++ leaves the last two undefined.
namespace cudasim {
inline int saturate(double a) {
  return a != a ? 0 : a >= 2147483647.0 ? 2147483647 : a <= -2147483648.0 ? int(-2147483648.0) : int(a);
}
}  // namespace cudasim
inline int __float2int_rn(float a) { return cudasim::saturate(nearbyint(a)); }
inline int __float2int_rz(float a) { return cudasim::saturate(a); }
inline float __int2float_rn(int a) { return float(a); }
inline float __uint2float_rn(unsigned a) { return float(a); }
inline float __double2float_rn(double a) { return float(a); }

inline int __popc(unsigned a) { return __builtin_popcount(a); }
inline int __popcll(unsigned long long a) { return __builtin_popcountll(a); }
inline int __clz(int a) { return a ? __builtin_clz(unsigned(a)) : 32; }
inline int __ffs(int a) { return __builtin_ffs(a); }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned(uint64_t(a) * b >> 32); }
inline int __mulhi(int a, int b) { return int(int64_t(a) * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return (unsigned long long)((unsigned __int128)a * b >> 64);
}

template <class T>
inline T __ldg(const T *address) { return *address; }
template <class T>
inline T __ldcg(const T *address) { return *address; }
template <class T>
inline T __ldcs(const T *address) { return *address; }
template <class T>
inline void __stcg(T *address, T value) { *address = value; }
template <class T>
inline void __stcs(T *address, T value) { *address = value; }

template <class A, class B>
inline std::common_type_t<A, B> min(A a, B b) { return b < a ? b : a; }
template <class A, class B>
inline std::common_type_t<A, B> max(A a, B b) { return a < b ? b : a; }

// The device's versions of these round otherwise than the C library's, so a kernel that uses them cannot be compared.
#pragma GCC poison expf exp2f logf log2f log10f powf tanhf sinf cosf

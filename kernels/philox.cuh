// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011).
// Twin of random/Philox.java.
#pragma once

#include "arguments.cuh"

// Four random words as a function of a 64-bit key and a 128-bit counter.
__device__ __forceinline__ void philox(unsigned long long key, unsigned c0, unsigned c1, unsigned c2, unsigned c3,
                                       unsigned (&out)[4]) {
  unsigned k0 = static_cast<unsigned>(key);
  unsigned k1 = static_cast<unsigned>(key >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const unsigned high0 = __umulhi(0xD2511F53u, c0);
    const unsigned low0 = 0xD2511F53u * c0;
    const unsigned high1 = __umulhi(0xCD9E8D57u, c2);
    const unsigned low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

// The fixed order in which sums over the batch are taken: 32 lanes, folded by halves. Twin of backend/cpu/Lanes.java.
//
// A warp is the 32 lanes. Every function here must be reached by all of them. Adding is commutative, so an exchange
// between lanes l and l ^ half gives both the bits that lane l of the twin has.
#pragma once

#include "arguments.cuh"

static constexpr unsigned ALL_LANES = 0xffffffffu;
static constexpr int LANES = 32;

__device__ __forceinline__ int lane_index() { return static_cast<int>(threadIdx.x) & (LANES - 1); }

// The row of a warp, where each warp has a row of its own.
__device__ __forceinline__ int warp_row() {
  return static_cast<int>(blockIdx.x * (blockDim.x / LANES) + threadIdx.x / LANES);
}

__device__ __forceinline__ int groups_of(int batch) { return (batch + LANES - 1) / LANES; }

// The column that a lane reads. Rows under 32 floats have no place for the last lanes, which read one they ignore.
__device__ __forceinline__ int readable_column(int lane, int stride) { return min(lane, stride - 1); }

// Lane l takes lane l + 16, then l + 8, 4, 2, 1. All lanes get the sum.
__device__ __forceinline__ float fold(float value) {
#pragma unroll
  for (int half = LANES / 2; half > 0; half /= 2) {
    value = __fadd_rn(value, __shfl_xor_sync(ALL_LANES, value, half));
  }
  return value;
}

// Number of sums that fold_sums takes at once.
static constexpr int SUMS = 8;

// Folds eight sums at once with 10 exchanges in place of 40; lane l gets sum l % 8.
//
// While lanes l and l ^ half hold different halves of the same sums, each sends away the sums that the other keeps.
__device__ __forceinline__ float fold_sums(float (&sums)[SUMS], int lane) {
#pragma unroll
  for (int kept = SUMS / 2, half = LANES / 2; kept > 0; kept /= 2, half /= 2) {
    const bool upper = (lane & half) != 0;
#pragma unroll
    for (int i = 0; i < kept; i++) {
      const float send = upper ? sums[i] : sums[i + kept];
      const float keep = upper ? sums[i + kept] : sums[i];
      sums[i] = __fadd_rn(keep, __shfl_xor_sync(ALL_LANES, send, half));
    }
  }
  float sum = sums[0];  // lanes 4 i to 4 i + 3 hold sum i, not yet added up over the four
  sum = __fadd_rn(sum, __shfl_xor_sync(ALL_LANES, sum, 2));
  sum = __fadd_rn(sum, __shfl_xor_sync(ALL_LANES, sum, 1));
  return __shfl_sync(ALL_LANES, sum, (lane % SUMS) * (LANES / SUMS));
}

// The sum by lanes of a row of `batch` values; all lanes get it.
__device__ __forceinline__ float lane_sum(const float *row, int batch, int lane) {
  float sum = 0.0f;
#pragma unroll 4
  for (int b = lane; b < batch; b += LANES) {
    sum = __fadd_rn(sum, row[b]);
  }
  return fold(sum);
}

// Takes batches out of a data set: gather, normalise and transpose. Twin of backend/cpu/SampleKernels.java.
//
// x[f, b] = (value of feature f of sample order[start + b] - offset[f]) * scale[f], rounded after each operation.
#include "lanes.cuh"

__device__ __forceinline__ float normalised(const Gather &g, float value, int feature) {
  return __fmul_rn(__fsub_rn(value, g.offset[feature]), g.scale[feature]);
}

// 32 features of 32 samples, read along the features and written along the batch. Block: (32, 8) threads.
template <class Value>
__device__ __forceinline__ void gather_tile(const Gather &g) {
  __shared__ float tile[32][33];  // (samples, features), padded so that neither way of reading meets one bank
  const Value *features = static_cast<const Value *>(g.features);
  const int *order = g.order + g.step->start;
  const int x = static_cast<int>(threadIdx.x);
  const int y = static_cast<int>(threadIdx.y);
  const int first_sample = static_cast<int>(blockIdx.x) * 32;
  const int first_feature = static_cast<int>(blockIdx.y) * 32;
  const int feature = first_feature + x;
#pragma unroll
  for (int i = y; i < 32; i += 8) {
    if (first_sample + i < g.batch && feature < g.feature_count) {
      const size_t sample = order[first_sample + i];
      const Value value = features[sample * g.feature_count + feature];
      tile[i][x] = normalised(g, static_cast<float>(value), feature);
    }
  }
  __syncthreads();
#pragma unroll
  for (int i = y; i < 32; i += 8) {
    if (first_sample + x < g.batch && first_feature + i < g.feature_count) {
      g.x[static_cast<size_t>(first_feature + i) * g.stride + first_sample + x] = tile[x][i];
    }
  }
}

// Samples of bytes, read as 0 to 255: features (samples, features) to x (features, batch). Twin: SampleKernels.gather.
KERNEL(gather_bytes, Gather) { gather_tile<unsigned char>(arguments); }

// Samples of floats; else as gather_bytes. Twin: SampleKernels.gather.
KERNEL(gather_floats, Gather) { gather_tile<float>(arguments); }

// Samples in CSR form to x (features, batch). Block: 128 threads; a block has 32 batch columns. First all are filled
// with what zero becomes, then each warp writes the entries of samples of its own. Twin: SampleKernels.gather.
KERNEL(gather_sparse, Gather) {
  const int lane = lane_index();
  const int warp = static_cast<int>(threadIdx.x) / LANES;
  const int warps = static_cast<int>(blockDim.x) / LANES;
  const int first_sample = static_cast<int>(blockIdx.x) * LANES;
  if (first_sample + lane < arguments.batch) {
    for (int f = warp; f < arguments.feature_count; f += warps) {
      arguments.x[static_cast<size_t>(f) * arguments.stride + first_sample + lane] = normalised(arguments, 0.0f, f);
    }
  }
  __syncthreads();
  const int samples = min(LANES, arguments.batch - first_sample);
  for (int b = first_sample + warp; b < first_sample + samples; b += warps) {
    const int row = arguments.order[arguments.step->start + b];
    const int end = arguments.row_offsets[row + 1];
    for (int k = arguments.row_offsets[row] + lane; k < end; k += LANES) {
      const int f = arguments.column_indices[k];
      arguments.x[static_cast<size_t>(f) * arguments.stride + b] = normalised(arguments, arguments.values[k], f);
    }
  }
}

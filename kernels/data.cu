// Takes batches out of a data set: gather, normalise and transpose. Twin of backend/cpu/SampleKernels.java.
//
// x[f, b] = (value of feature f of sample order[start + b] - offset[f]) * scale[f], rounded after each operation.
#include "lanes.cuh"

__device__ __forceinline__ float normalised(const Gather &g, float value, int feature) {
  return __fmul_rn(__fsub_rn(value, g.offset[feature]), g.scale[feature]);
}

// The features of dense samples as they are: those of sample number s, at place b of the batch.
template <class Value>
struct AsTheyAre {
  const Gather &g;

  __device__ __forceinline__ float operator()(int, int s, int feature) const {
    return static_cast<float>(static_cast<const Value *>(g.features)[static_cast<size_t>(s) * g.feature_count + feature]);
  }
};

// Features that are pixels of mapped images; Backend.gather states the order of the operations.
template <class Value>
struct Mapped {
  const GatherImages &images;

  __device__ __forceinline__ float operator()(int b, int s, int feature) const {
    const int plane = images.height * images.width;
    const int channel = feature / plane;
    const int row = feature % plane / images.width;
    const int column = feature % images.width;
    const float *map = images.maps + static_cast<size_t>(images.places->start + b) * 6;
    const float x = static_cast<float>(column);
    const float y = static_cast<float>(row);
    const float u = held(fmaf(map[0], x, __fadd_rn(fmaf(map[1], y, map[2]), 1.0f)), images.width);
    const float v = held(fmaf(map[3], x, __fadd_rn(fmaf(map[4], y, map[5]), 1.0f)), images.height);
    const int i = static_cast<int>(u);
    const int j = static_cast<int>(v);
    const float right = __fsub_rn(u, static_cast<float>(i));
    const float down = __fsub_rn(v, static_cast<float>(j));
    const Value *pixels = static_cast<const Value *>(images.batch.features) +
                          static_cast<size_t>(s) * images.batch.feature_count + static_cast<size_t>(channel) * plane;
    const float upper = between(pixel(pixels, j, i), pixel(pixels, j, i + 1), right);
    const float lower = between(pixel(pixels, j + 1, i), pixel(pixels, j + 1, i + 1), right);
    return between(upper, lower, down);
  }

  // A coordinate that counts from 1, kept from where the pixels around it are all outside.
  __device__ __forceinline__ float held(float coordinate, int extent) const {
    const int low = float_bits(images.nearest ? 1.0f : 0.0f);
    const int high = float_bits(static_cast<float>(images.nearest ? extent : extent + 1));
    // Floats that are not negative have the order of their bits, and those that are lie below.
    return __uint_as_float(static_cast<unsigned>(min(max(float_bits(coordinate), low), high)));
  }

  static __device__ __forceinline__ int float_bits(float value) { return static_cast<int>(__float_as_uint(value)); }

  static __device__ __forceinline__ float between(float from, float to, float share) {
    return fmaf(share, __fsub_rn(to, from), from);
  }

  // Row and column count from 1.
  __device__ __forceinline__ float pixel(const Value *pixels, int row, int column) const {
    const bool inside = row >= 1 && row <= images.height && column >= 1 && column <= images.width;
    return inside ? static_cast<float>(pixels[static_cast<size_t>(row - 1) * images.width + column - 1]) : 0.0f;
  }
};

// 32 features of 32 samples, read along the features and written along the batch. Block: (32, 8) threads.
template <class Values>
__device__ __forceinline__ void gather_tile(const Gather &g, const Values &values) {
  __shared__ float tile[32][33];  // (samples, features), padded so that neither way of reading meets one bank
  const int *order = g.order + g.step->start;
  const int x = static_cast<int>(threadIdx.x);
  const int y = static_cast<int>(threadIdx.y);
  const int first_sample = static_cast<int>(blockIdx.y) * 32;
  const int first_feature = static_cast<int>(blockIdx.x) * 32;  // a grid's y has no room for millions of features
  const int feature = first_feature + x;
#pragma unroll
  for (int i = y; i < 32; i += 8) {
    const int b = first_sample + i;
    if (b < g.batch && feature < g.feature_count) {
      tile[i][x] = normalised(g, values(b, order[b], feature), feature);
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
KERNEL(gather_bytes, Gather) { gather_tile(arguments, AsTheyAre<unsigned char>{arguments}); }

// Samples of floats; else as gather_bytes. Twin: SampleKernels.gather.
KERNEL(gather_floats, Gather) { gather_tile(arguments, AsTheyAre<float>{arguments}); }

// Images of bytes, mapped; else as gather_bytes. Twin: SampleKernels.gatherImages.
KERNEL(gather_images_of_bytes, GatherImages) {
  gather_tile(arguments.batch, Mapped<unsigned char>{arguments});
}

// Images of floats, mapped; else as gather_bytes. Twin: SampleKernels.gatherImages.
KERNEL(gather_images_of_floats, GatherImages) { gather_tile(arguments.batch, Mapped<float>{arguments}); }

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
    const unsigned end = arguments.row_offsets[row + 1];
    for (unsigned k = arguments.row_offsets[row] + lane; k < end; k += LANES) {
      const int f = arguments.column_indices[k];
      arguments.x[static_cast<size_t>(f) * arguments.stride + b] = normalised(arguments, arguments.values[k], f);
    }
  }
}

// How filters learn. Twin of backend/cpu/ConvolutionKernels.java.
//
// Gradients are summed by lanes in pieces of 32 batch columns by a stripe of rows of positions, the blocks of
// backend/Backend.java. A block of threads has a tile of weights, which share loads, and each of its warps a piece.
#include "images.cuh"
#include "update.cuh"

static constexpr int TILE_WEIGHTS = 8;  // of a filter
static constexpr int TILE_FILTERS = 8;
static constexpr unsigned ALL_WEIGHTS = (1u << TILE_WEIGHTS) - 1;

// The weights of a tile: eight of each filter from `filter` on.
struct TileWeights {
  int term[TILE_WEIGHTS];  // any one for those that do not exist
  int filter;
  int filters;   // that exist
  int count;     // of terms that exist
  size_t first;  // index of the first weight
  size_t next;   // from a filter's first weight to the next one's

  // Index of weight i of the tile, if it exists.
  __device__ __forceinline__ size_t index(int i) const { return first + i / TILE_WEIGHTS * next + i % TILE_WEIGHTS; }
  __device__ __forceinline__ bool exists(int i) const { return i / TILE_WEIGHTS < filters && i % TILE_WEIGHTS < count; }
};

// Adds the products of dz at a position and the pixels that the terms read there.
//
// `there` has a bit for each term whose pixel exists; the same for the whole warp.
template <int FILTERS>
__device__ __forceinline__ void add_position(float (&sums)[FILTERS * TILE_WEIGHTS], const float *const (&dz)[FILTERS],
                                             unsigned dz_offset, const float *const (&x)[TILE_WEIGHTS],
                                             unsigned x_offset, unsigned there) {
  float d[FILTERS];
  float v[TILE_WEIGHTS];
#pragma unroll
  for (int f = 0; f < FILTERS; f++) {
    d[f] = __ldg(dz[f] + dz_offset);
  }
#pragma unroll
  for (int i = 0; i < TILE_WEIGHTS; i++) {
    v[i] = (there >> i & 1) != 0 ? __ldg(x[i] + x_offset) : 0.0f;
  }
#pragma unroll
  for (int i = 0; i < TILE_WEIGHTS; i++) {
#pragma unroll
    for (int f = 0; f < FILTERS; f++) {
      float &sum = sums[f * TILE_WEIGHTS + i];
      sum = (there >> i & 1) != 0 ? fmaf(d[f], v[i], sum) : sum;
    }
  }
}

// The pieces of a batch of images: stripe by stripe of the first 32 columns, then of the next 32.
struct Pieces {
  int stripes;
  int count;

  __device__ __forceinline__ Pieces(int rows, int stripe, int batch)
      : stripes((rows + stripe - 1) / stripe), count(stripes * groups_of(batch)) {}

  __device__ __forceinline__ int column(int piece, int lane) const { return piece / stripes * LANES + lane; }
  __device__ __forceinline__ int stripe(int piece) const { return piece % stripes; }
};

// Sums of dz * x over a stripe of rows of positions, row by row, for batch column b. Offsets within a row of positions
// fit 32 bits.
template <int FILTERS>
__device__ __forceinline__ void sum_stripe(float (&sums)[FILTERS * TILE_WEIGHTS], const FilterGradient &g,
                                           const TileWeights &t, int stripe, int b) {
  const WindowArguments &w = g.window;
  int ky[TILE_WEIGHTS];
  int kx[TILE_WEIGHTS];
  int all_from = 0;  // in positions [all_from, all_end) of a row all terms' columns exist
  int all_end = w.out_width;
#pragma unroll
  for (int i = 0; i < TILE_WEIGHTS; i++) {
    ky[i] = t.term[i] / w.kernel % w.kernel;
    kx[i] = t.term[i] % w.kernel;
    all_from = max(all_from, steps_until(kx[i] - w.left, w.stride, 0));
    all_end = min(all_end, steps_until(kx[i] - w.left, w.stride, w.width));
  }
  const int rows_end = min(w.out_height, (stripe + 1) * g.stripe);
  for (int row = stripe * g.stripe; row < rows_end; row++) {
    const int y = row * w.stride - w.top;
    unsigned rows = 0;
    const float *x[TILE_WEIGHTS];  // of each term the pixel at the row's first position, which need not exist
#pragma unroll
    for (int i = 0; i < TILE_WEIGHTS; i++) {
      rows |= y + ky[i] >= 0 && y + ky[i] < w.height ? 1u << i : 0;
      const long long channel = t.term[i] / (w.kernel * w.kernel);
      x[i] = g.x + ((channel * w.height + y + ky[i]) * w.width + kx[i] - w.left) * g.x_stride + b;
    }
    const float *dz[FILTERS];
#pragma unroll
    for (int f = 0; f < FILTERS; f++) {
      const size_t image_row = static_cast<size_t>(t.filter + min(f, t.filters - 1)) * w.out_height + row;
      dz[f] = g.dz + image_row * w.out_width * g.dz_stride + b;
    }
    unsigned x_offset = 0;
    unsigned dz_offset = 0;
    for (int column = 0; column < w.out_width; column++) {
      if (rows == ALL_WEIGHTS && column >= all_from && column < all_end) {
        add_position<FILTERS>(sums, dz, dz_offset, x, x_offset, ALL_WEIGHTS);
      } else {
        unsigned there = rows;
#pragma unroll
        for (int i = 0; i < TILE_WEIGHTS; i++) {
          const int at = column * w.stride - w.left + kx[i];
          there &= at >= 0 && at < w.width ? ALL_WEIGHTS : ~(1u << i);
        }
        if (there != 0) {
          add_position<FILTERS>(sums, dz, dz_offset, x, x_offset, there);
        }
      }
      x_offset += w.stride * g.x_stride;
      dz_offset += g.dz_stride;
    }
  }
}

template <int FILTERS>
using PieceLanes = float[WARPS][FILTERS * TILE_WEIGHTS][LANES];

// The gradient of a tile of weights: the pieces' lanes are added in order to lanes that start at zero, which are then
// folded. Where blockIdx.y counts pieces, by four, their lanes are left for fold_blocks.
template <int FILTERS>
__device__ __forceinline__ void tile_gradient(const FilterGradient &g, const TileWeights &t,
                                              PieceLanes<FILTERS> &lanes) {
  constexpr int EACH = FILTERS * TILE_WEIGHTS / WARPS;  // weights that a warp adds up in the end
  const int lane = lane_index();
  const int warp = static_cast<int>(threadIdx.x) / LANES;
  const Pieces pieces(g.window.out_height, g.stripe, g.batch);
  const int step = static_cast<int>(gridDim.y) / g.parts * WARPS;
  float totals[EACH] = {};
  for (int first = static_cast<int>(blockIdx.y) / g.parts * WARPS; first < pieces.count; first += step) {
    const int piece = first + warp;
    float sums[FILTERS * TILE_WEIGHTS] = {};
    if (piece < pieces.count && pieces.column(piece, lane) < g.batch) {
      sum_stripe<FILTERS>(sums, g, t, pieces.stripe(piece), pieces.column(piece, lane));
    }
    if (g.lanes != nullptr) {
      float *out = g.lanes + static_cast<size_t>(piece) * g.weights * LANES + lane;
#pragma unroll
      for (int i = 0; i < FILTERS * TILE_WEIGHTS; i++) {
        if (piece < pieces.count && t.exists(i)) {
          out[t.index(i) * LANES] = sums[i];
        }
      }
      continue;
    }
#pragma unroll
    for (int i = 0; i < FILTERS * TILE_WEIGHTS; i++) {
      lanes[warp][i][lane] = sums[i];
    }
    __syncthreads();
    for (int p = 0; p < min(WARPS, pieces.count - first); p++) {
#pragma unroll
      for (int i = 0; i < EACH; i++) {
        totals[i] = __fadd_rn(totals[i], lanes[p][warp * EACH + i][lane]);
      }
    }
    __syncthreads();
  }
  if (g.lanes != nullptr) {
    return;
  }
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    const float sum = fold(totals[i]);
    if (lane == 0 && t.exists(warp * EACH + i)) {
      g.gradient[t.index(warp * EACH + i)] = sum;
    }
  }
}

// The gradient of dense filters: dW = sum over positions and the batch of dz * x.
//
// dz: (filters * positions, batch); x: (channels * height * width, batch); gradient: (filters, terms). Summed by lanes
// in each piece, by fma from zero on, positions whose pixel lies outside the image left out; the pieces' lanes are
// added in order and folded. A block has 8 filters and 8 terms. Block: 128 threads; grid: tiles, pieces. Twin:
// ConvolutionKernels.update.
KERNEL(filter_gradient, FilterGradient) {
  __shared__ PieceLanes<TILE_FILTERS> lanes;
  const FilterGradient &g = arguments;
  const int terms = g.weights / g.filters;
  const int tiles = (terms + TILE_WEIGHTS - 1) / TILE_WEIGHTS;
  const int filter = static_cast<int>(blockIdx.x) / tiles * TILE_FILTERS;
  const int first_term = static_cast<int>(blockIdx.x) % tiles * TILE_WEIGHTS;
  TileWeights t;
#pragma unroll
  for (int i = 0; i < TILE_WEIGHTS; i++) {
    t.term[i] = min(first_term + i, terms - 1);
  }
  t.filter = filter;
  t.filters = min(TILE_FILTERS, g.filters - filter);
  t.count = min(TILE_WEIGHTS, terms - first_term);
  t.first = static_cast<size_t>(filter) * terms + first_term;
  t.next = terms;
  tile_gradient<TILE_FILTERS>(g, t, lanes);
}

// The gradient of sparse filters at their connections: as filter_gradient.
//
// W: CSR (filters, terms); gradient: one number a connection. A block has a part of a filter's connections, eight at a
// time. Block: 128 threads; grid: filters, parts and pieces. Twin: ConvolutionKernels.update.
KERNEL(sparse_filter_gradient, FilterGradient) {
  __shared__ PieceLanes<1> lanes;
  const FilterGradient &g = arguments;
  const int filter = g.order[blockIdx.x];
  const int start = g.row_offsets[filter];
  const long long length = g.row_offsets[filter + 1] - start;
  const int part = static_cast<int>(blockIdx.y) % g.parts;
  const int end = start + static_cast<int>(length * (part + 1) / g.parts);
  for (int k = start + static_cast<int>(length * part / g.parts); k < end; k += TILE_WEIGHTS) {
    TileWeights t;
#pragma unroll
    for (int i = 0; i < TILE_WEIGHTS; i++) {
      t.term[i] = g.column_indices[min(k + i, end - 1)];
    }
    t.filter = filter;
    t.filters = 1;
    t.count = min(TILE_WEIGHTS, end - k);
    t.first = k;
    t.next = 0;
    tile_gradient<1>(g, t, lanes);
  }
}

// Adds the lanes of pieces in order and folds them: lanes (blocks, weights, 32) to gradient (weights).
//
// A warp has eight weights. Block: 128 threads; grid: weights by 32. Twin: ConvolutionKernels.update.
KERNEL(fold_blocks, FoldBlocks) {
  const int first = warp_row() * SUMS;
  if (first >= arguments.weights) {
    return;
  }
  const int lane = lane_index();
  float sums[SUMS] = {};
  for (int block = 0; block < arguments.blocks; block++) {
    const float *lanes = arguments.lanes + static_cast<size_t>(block) * arguments.weights * LANES + lane;
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
      const int weight = min(first + i, arguments.weights - 1);
      sums[i] = __fadd_rn(sums[i], __ldg(lanes + static_cast<size_t>(weight) * LANES));
    }
  }
  const float sum = fold_sums(sums, lane);
  if (lane < SUMS && first + lane < arguments.weights) {
    arguments.gradient[first + lane] = sum;
  }
}

static constexpr int BIAS_WARPS = 8;

// Learns the biases (filters): their gradient is the sum of dz (filters * positions, batch) over positions and the
// batch, in the order of filter_gradient, by addition.
//
// A block has a filter, its warps a piece each. Block: 256 threads; grid: filters. Twin: ConvolutionKernels.updateBias.
KERNEL(update_filter_bias, UpdateFilterBias) {
  __shared__ float lanes[BIAS_WARPS][LANES];
  const UpdateFilterBias &u = arguments;
  const int filter = static_cast<int>(blockIdx.x);
  const int warp = static_cast<int>(threadIdx.x) / LANES;
  const int lane = lane_index();
  const float *dz = u.dz + static_cast<size_t>(filter) * u.positions * u.dz_stride;
  const Pieces pieces(u.positions, u.stripe, u.batch);
  float total = 0.0f;
  for (int first = 0; first < pieces.count; first += BIAS_WARPS) {
    const int piece = first + warp;
    const int b = pieces.column(piece, lane);
    float sum = 0.0f;
    if (piece < pieces.count && b < u.batch) {
      const int start = pieces.stripe(piece) * u.stripe;
#pragma unroll 8
      for (int position = start; position < min(u.positions, start + u.stripe); position++) {
        sum = __fadd_rn(sum, __ldg(dz + static_cast<size_t>(position) * u.dz_stride + b));
      }
    }
    lanes[warp][lane] = sum;
    __syncthreads();
    for (int p = 0; warp == 0 && p < min(BIAS_WARPS, pieces.count - first); p++) {
      total = __fadd_rn(total, lanes[p][lane]);
    }
    __syncthreads();
  }
  if (warp > 0) {
    return;
  }
  const float sum = fold(total);
  if (lane == 0) {
    update_parameter(u.update, *u.step, sum, u.bias, u.state0, u.state1, filter);
  }
}

// Convolutions with dense filters. Twin of backend/cpu/ConvolutionKernels.java.
//
// A product of matrices whose right factor is never formed: the rows of a sum's terms are read where they are, through
// a table of rows. A warp has 16 images at one pixel or position, and up to four groups of the batch in registers; a
// block's warps share weights in shared memory. ConvolutionKernels.java in backend/cuda chooses the grid.
#include "images.cuh"

static constexpr int TILE_ROWS = 16;   // images of the result, that a warp has at one place
static constexpr int TILE_TERMS = 32;  // whose weights and rows are in shared memory at once
static constexpr int BLOCK_ROWS = 2 * TILE_ROWS;
static constexpr int OUTSIDE = -1;

struct ConvolveTile {
  int rows[2][WARPS][TILE_TERMS];  // of the source, for each place; OUTSIDE for a term that does not exist
  float weights[2][TILE_TERMS][BLOCK_ROWS];
};

// Term (kx, ky, channel) of an output: rows of x.
struct ForwardTerms {
  static constexpr bool FORWARD = true;

  static __device__ __forceinline__ int places(const WindowArguments &w) { return w.out_height * w.out_width; }

  static __device__ __forceinline__ int source_row(const Convolve &c, int place, int term) {
    const WindowArguments &w = c.window;
    const int in_window = term / w.channels;  // kx * kernel + ky
    const int y = place / w.out_width * w.stride - w.top + in_window % w.kernel;
    const int x = place % w.out_width * w.stride - w.left + in_window / w.kernel;
    const bool inside = y >= 0 && y < w.height && x >= 0 && x < w.width;
    return inside ? (term % w.channels * w.height + y) * w.width + x : OUTSIDE;
  }
};

// Term (kx, ky, filter) of a pixel: rows of dz.
struct BackwardTerms {
  static constexpr bool FORWARD = false;

  static __device__ __forceinline__ int places(const WindowArguments &w) { return w.height * w.width; }

  static __device__ __forceinline__ int source_row(const Convolve &c, int place, int term) {
    const WindowArguments &w = c.window;
    const int filters = c.terms / (w.kernel * w.kernel);
    const int in_window = term / filters;
    const int y = place / w.width + w.top - in_window % w.kernel;
    const int x = place % w.width + w.left - in_window / w.kernel;
    const int row = y / w.stride;
    const int column = x / w.stride;
    const bool there = y >= 0 && x >= 0 && row * w.stride == y && column * w.stride == x && row < w.out_height &&
                       column < w.out_width;
    return there ? (term % filters * w.out_height + row) * w.out_width + column : OUTSIDE;
  }
};

// Fills one half of the tile with the terms from `first` on.
template <class Terms>
__device__ __forceinline__ void fill_tile(const Convolve &c, ConvolveTile &tile, int half, int first_place,
                                          int first_row, int first) {
  const int warp = static_cast<int>(threadIdx.x) / LANES;
  const int lane = lane_index();
  const int place = first_place + warp;
  const bool there = warp < WARPS / c.row_tiles && place < Terms::places(c.window) && first + lane < c.terms;
  tile.rows[half][warp][lane] = there ? Terms::source_row(c, place, first + lane) : OUTSIDE;
#pragma unroll
  for (int i = 0; i < BLOCK_ROWS * TILE_TERMS / BLOCK; i++) {
    const int tile_place = static_cast<int>(threadIdx.x) + i * BLOCK;
    const int tile_row = tile_place % BLOCK_ROWS;
    const int tile_term = tile_place / BLOCK_ROWS;
    const int row = first_row + tile_row;
    const int term = first + tile_term;
    const bool wanted = row < c.rows && term < c.terms && tile_row < c.row_tiles * TILE_ROWS;
    tile.weights[half][tile_term][tile_row] =
        wanted ? __ldg(c.weights + static_cast<size_t>(term) * c.rows + row) : 0.0f;
  }
}

// Adds the terms of a tile, in order, to the sums of 16 images and GROUPS groups of 32 columns. `source` points to the
// lane's first column of row 0. The loads of several terms are on their way before the first is used.
template <int GROUPS>
__device__ __forceinline__ void add_tile(float (&sums)[TILE_ROWS][GROUPS], const float *source, size_t stride,
                                         const int *rows, const float *weights) {
  constexpr int AHEAD = GROUPS < 2 ? 8 : 4;
#pragma unroll 1
  for (int first = 0; first < TILE_TERMS; first += AHEAD) {
    int row[AHEAD];
    float loaded[AHEAD][GROUPS];
#pragma unroll
    for (int i = 0; i < AHEAD; i += 4) {
      const int4 four = *reinterpret_cast<const int4 *>(rows + first + i);
      row[i] = four.x;
      row[i + 1] = four.y;
      row[i + 2] = four.z;
      row[i + 3] = four.w;
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      const float *from = source + row[i] * stride;
#pragma unroll
      for (int g = 0; g < GROUPS; g++) {
        loaded[i][g] = row[i] != OUTSIDE ? __ldg(from + g * LANES) : 0.0f;
      }
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      if (row[i] == OUTSIDE) {  // the same for the whole warp
        continue;
      }
      const float4 *four = reinterpret_cast<const float4 *>(weights + (first + i) * BLOCK_ROWS);
#pragma unroll
      for (int r = 0; r < TILE_ROWS; r += 4) {
        const float4 w = four[r / 4];  // of four images
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
          sums[r][g] = fmaf(w.x, loaded[i][g], sums[r][g]);
          sums[r + 1][g] = fmaf(w.y, loaded[i][g], sums[r + 1][g]);
          sums[r + 2][g] = fmaf(w.z, loaded[i][g], sums[r + 2][g]);
          sums[r + 3][g] = fmaf(w.w, loaded[i][g], sums[r + 3][g]);
        }
      }
    }
  }
}

static constexpr int MOST_GROUPS = 4;
using ParkedTile = Parked<TILE_ROWS * MOST_GROUPS>;

// Where the warps of a block are: each has 16 images at one place, the block 32 images at two places or 16 at four.
struct Whereabouts {
  int first_place;  // of the block
  int first_row;
  int place_in_block;  // of the warp
  int row_in_block;
  int first_group;  // of the batch
  int groups;

  __device__ __forceinline__ explicit Whereabouts(const Convolve &c) {
    const int batch_groups = groups_of(c.neurons.batch);
    const int slices = (batch_groups + c.groups - 1) / c.groups;
    const int warp = static_cast<int>(threadIdx.x) / LANES;
    first_place = static_cast<int>(blockIdx.x) / slices * (WARPS / c.row_tiles);
    first_row = static_cast<int>(blockIdx.y) * c.row_tiles * TILE_ROWS;
    place_in_block = warp / c.row_tiles;
    row_in_block = warp % c.row_tiles * TILE_ROWS;
    first_group = static_cast<int>(blockIdx.x) % slices * c.groups;
    groups = min(c.groups, batch_groups - first_group);
  }
};

// The neurons of a warp's sums.
struct TileUnits {
  const Convolve &c;
  const Whereabouts &at;
  int places;

  __device__ __forceinline__ Unit operator()(int i) const {
    const int row = at.first_row + at.row_in_block + i / at.groups;
    const int place = at.first_place + at.place_in_block;
    const bool there = i < TILE_ROWS * at.groups && row < c.rows && place < places;
    return Unit{row * places + place, at.first_group + i % at.groups, there};
  }
};

// The sums of a block's tile, for GROUPS groups of the batch.
template <class Terms, int GROUPS>
__device__ __forceinline__ void convolve_groups(const Convolve &c, const Whereabouts &at, ConvolveTile &tile,
                                                ParkedTile &parked) {
  const float *source = c.source + readable_column(at.first_group * LANES + lane_index(), c.source_stride);
  float sums[TILE_ROWS][GROUPS];
#pragma unroll
  for (int r = 0; r < TILE_ROWS; r++) {
    const int row = at.first_row + at.row_in_block + r;
    const float start = c.bias != nullptr && row < c.rows ? c.bias[row] : 0.0f;
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
      sums[r][g] = start;
    }
  }
  for (int first = 0, half = 0; first < c.terms; first += TILE_TERMS, half ^= 1) {
    fill_tile<Terms>(c, tile, half, at.first_place, at.first_row, first);
    __syncthreads();  // a half is filled again only after the other one was met here
    add_tile<GROUPS>(sums, source, c.source_stride, tile.rows[half][at.place_in_block],
                     &tile.weights[half][0][at.row_in_block]);
  }
#pragma unroll
  for (int i = 0; i < TILE_ROWS * GROUPS; i++) {
    parked[i][threadIdx.x] = sums[i / GROUPS][i % GROUPS];
  }
}

template <class Terms>
__device__ __forceinline__ void convolve(const Convolve &c) {
  alignas(16) __shared__ ConvolveTile tile;
  __shared__ ParkedTile parked;
  const Whereabouts at(c);
  switch (at.groups) {
    case 1:
      convolve_groups<Terms, 1>(c, at, tile, parked);
      break;
    case 2:
      convolve_groups<Terms, 2>(c, at, tile, parked);
      break;
    case 3:
      convolve_groups<Terms, 3>(c, at, tile, parked);
      break;
    default:
      convolve_groups<Terms, MOST_GROUPS>(c, at, tile, parked);
  }
  const TileUnits units{c, at, Terms::places(c.window)};
  if constexpr (Terms::FORWARD) {
    finish_forward(c.neurons, parked, TILE_ROWS * at.groups, units, lane_index());
  } else {
    finish_backward(c.neurons, parked, TILE_ROWS * at.groups, units, lane_index());
  }
}

// Convolution forward: z = W x + bias at every position, a = dropout(f(z)); in training also the signs of z and what is
// dropped.
//
// x: (channels * height * width, batch); W: turned, (kernel * kernel, channels, filters); z, a: (filters * positions,
// batch). Each z is one accumulator that starts from the bias and takes the terms (kx, ky, channel) in order by fma,
// those outside the image left out. Block: 128 threads; grid: places and slices of the batch, tiles of filters. Twin:
// ConvolutionKernels.forward, then NeuronKernels.activate.
KERNEL(convolve_forward, Convolve) { convolve<ForwardTerms>(arguments); }

// Convolution backward: dx = W^T dz at every pixel, then below.gradient = (dx * s) * f'(z) with s the dropout scale, or
// 0; with SReLU below dx alone.
//
// dz: (filters * positions, batch); W: turned, (kernel * kernel, filters, channels); below: (channels * height * width,
// batch). Each dx is one accumulator that starts from zero and takes the terms (kx, ky, filter) in order by fma,
// positions that do not exist left out. Block and grid as convolve_forward. Twin: ConvolutionKernels.backward, then
// NeuronKernels.derive.
KERNEL(convolve_backward, Convolve) { convolve<BackwardTerms>(arguments); }

// Puts filters in the order in which a product takes its terms, and its threads the images it makes: (rows, others, ky,
// kx) to (kx, ky, others, rows), a thread a weight. Block: 256 threads. Twin: ConvolutionKernels.forward and backward,
// which read the weights where they are.
KERNEL(turn_filters, TurnFilters) {
  const TurnFilters &t = arguments;
  const size_t k = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const size_t plane = static_cast<size_t>(t.others) * t.rows;
  if (k >= plane * t.kernel * t.kernel) {
    return;
  }
  const int in_window = static_cast<int>(k / plane);
  const size_t place = in_window % t.kernel * t.kernel + in_window / t.kernel;
  const size_t other = k % plane / t.rows;
  t.to[k] = __ldg(t.from + k % t.rows * t.row_step + other * t.other_step + place);
}

// Products with a sparse weight matrix in CSR form. Twin of backend/cpu/SparseKernels.java.
//
// A warp has a row (a column in sparse_backward). In the products with activations it takes `groups` groups of 32 batch
// columns, lane l columns l, l + 32, ..., and blockIdx.y counts such slices; in the gradients blockIdx.y counts parts
// of the row's connections. The host chooses both so that a large GPU has work enough (SparseKernels.java). Rows come
// longest first, so that no long one is left for the end. Block: 128 threads. The lanes fetch the indices and values of
// 32 connections at once and hand them round.
#include "neurons.cuh"
#include "update.cuh"

// Adds weight * source row for 32 connections at most, in order, to sums of GROUPS groups of 32 columns.
//
// Lane i < count holds connection i: its weight and the row it reads. `source` points to the lane's first column of
// row 0. Up to 32 loads are on their way before the first is used.
template <int GROUPS>
__device__ __forceinline__ void add_connections(float (&sums)[GROUPS], const float *source, int stride, int row_read,
                                                float weight, int count) {
  constexpr int AHEAD = GROUPS < 2 ? 16 : 32 / GROUPS;
#pragma unroll 1
  for (int first = 0; first < count; first += AHEAD) {
    float loaded[AHEAD][GROUPS];
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      const float *row = source + static_cast<size_t>(__shfl_sync(ALL_LANES, row_read, first + i)) * stride;
#pragma unroll
      for (int g = 0; g < GROUPS; g++) {
        loaded[i][g] = first + i < count ? __ldg(row + g * LANES) : 0.0f;  // the same for the whole warp
      }
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      const float w = __shfl_sync(ALL_LANES, weight, first + i);
      if (first + i < count) {
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
          sums[g] = fmaf(w, loaded[i][g], sums[g]);
        }
      }
    }
  }
}

// The groups of the batch that a warp has.
struct Slice {
  int first;
  int end;

  __device__ __forceinline__ Slice(int groups, int batch)
      : first(static_cast<int>(blockIdx.y) * groups), end(min(groups_of(batch), first + groups)) {}
};

// Threads of a block, and what each parks in shared memory: a number for each of eight groups. So the code that works
// on finished sums is there once, not for each number of groups.
static constexpr int BLOCK = 128;
using Parked = float[DRAWN_GROUPS][BLOCK];

// z = bias + W x of a row, for GROUPS groups from first + skipped on; parked at skipped.
template <int GROUPS>
__device__ __forceinline__ void forward_groups(const SparseForward &f, int row, int first, int skipped, int lane,
                                               Parked &z) {
  const float *x = f.x + (first + skipped) * LANES + readable_column(lane, f.x_stride);
  const unsigned end = f.row_offsets[row + 1];  // k may pass 2^31
  float sums[GROUPS];
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
    sums[g] = f.bias[row];
  }
  for (unsigned k = f.row_offsets[row]; k < end; k += LANES) {
    const bool mine = k + lane < end;
    const int column = mine ? f.column_indices[k + lane] : 0;
    const float weight = mine ? f.values[k + lane] : 0.0f;
    add_connections<GROUPS>(sums, x, f.x_stride, column, weight, min(LANES, static_cast<int>(end - k)));
  }
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
    z[skipped + g][threadIdx.x] = sums[g];
  }
}

// Sparse layer forward: z = W x + bias, a = dropout(f(z)); in training also the signs of z and what is dropped.
//
// x: (inputs, batch); W: (rows, inputs); z, a: (rows, batch). Each z is one accumulator that starts from the bias and
// takes the row's connections in CSR order by fma. Twin: SparseKernels.spmm, then NeuronKernels.activate.
KERNEL(sparse_forward, SparseForward) {
  __shared__ Parked parked_z;
  const NeuronsArguments &n = arguments.neurons;
  const int place = warp_row();
  if (place >= arguments.rows) {
    return;
  }
  const int row = arguments.order[place];
  const int lane = lane_index();
  const Slice slice(arguments.groups, n.batch);
  const Srelu srelu = srelu_of(n, row);
  for (int first = slice.first; first < slice.end; first += DRAWN_GROUPS) {
    const int count = min(DRAWN_GROUPS, slice.end - first);
    if (count & 8) {
      forward_groups<8>(arguments, row, first, 0, lane, parked_z);
    }
    if (count & 4) {
      forward_groups<4>(arguments, row, first, 0, lane, parked_z);
    }
    if (count & 2) {
      forward_groups<2>(arguments, row, first, count & 4, lane, parked_z);
    }
    if (count & 1) {
      forward_groups<1>(arguments, row, first, count & 6, lane, parked_z);
    }
    const unsigned dropped = has_dropout(n) ? draw_row_dropped(n, row, first, count, lane) : 0;
    for (int g = 0; g < count; g++) {
      const int column = (first + g) * LANES + lane;
      const float z = parked_z[g][threadIdx.x];
      if (n.z != n.a && column < n.batch) {
        n.z[element(n, row, column)] = z;
      }
      activate_group(n, srelu, row, first + g, lane, __shfl_sync(ALL_LANES, dropped, g * 4), z);
    }
  }
}

// dx = W^T dz of a column, for GROUPS groups from first + skipped on; parked at skipped, with the z of the neuron.
template <int GROUPS>
__device__ __forceinline__ void backward_groups(const SparseBackward &b, int column, int first, int skipped, int lane,
                                                Parked &dx, Parked &z) {
  const float *dz = b.dz + (first + skipped) * LANES + readable_column(lane, b.dz_stride);
  const unsigned end = b.column_offsets[column + 1];
  float sums[GROUPS] = {};
  for (unsigned k = b.column_offsets[column]; k < end; k += LANES) {
    const bool mine = k + lane < end;
    const int row = mine ? b.row_indices[k + lane] : 0;
    const float weight = mine ? b.values[b.value_indices[k + lane]] : 0.0f;
    add_connections<GROUPS>(sums, dz, b.dz_stride, row, weight, min(LANES, static_cast<int>(end - k)));
  }
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
    dx[skipped + g][threadIdx.x] = sums[g];
    const int batch_column = (first + skipped + g) * LANES + lane;
    if (needs_z(b.below) && batch_column < b.below.batch) {
      z[skipped + g][threadIdx.x] = b.below.z[element(b.below, column, batch_column)];
    }
  }
}

// Sparse layer backward: dx = W^T dz, then below.gradient = (dx * s) * f'(z) with s the dropout scale, or 0.
//
// dz: (outputs, batch); W: (outputs, columns), walked by columns; below: (columns, batch). Each dx is one accumulator
// that starts from zero and takes the column's connections from row 0 on by fma. The gradient of SReLU's parameters is
// summed by lanes, so with SReLU below a warp has all groups. Twin: SparseKernels.spmmTransposed, then
// NeuronKernels.derive.
KERNEL(sparse_backward, SparseBackward) {
  __shared__ Parked parked_dx;
  __shared__ Parked parked_z;
  const NeuronsArguments &n = arguments.below;
  const int place = warp_row();
  if (place >= arguments.columns) {
    return;
  }
  const int column = arguments.order[place];
  const int lane = lane_index();
  const Slice slice(arguments.groups, n.batch);
  const Srelu srelu = srelu_of(n, column);
  SreluSums sums = {};
  for (int first = slice.first; first < slice.end; first += DRAWN_GROUPS) {
    const int count = min(DRAWN_GROUPS, slice.end - first);
    const Words words = read_words(n, column, first + lane, lane < count);
    if (count & 8) {
      backward_groups<8>(arguments, column, first, 0, lane, parked_dx, parked_z);
    }
    if (count & 4) {
      backward_groups<4>(arguments, column, first, 0, lane, parked_dx, parked_z);
    }
    if (count & 2) {
      backward_groups<2>(arguments, column, first, count & 4, lane, parked_dx, parked_z);
    }
    if (count & 1) {
      backward_groups<1>(arguments, column, first, count & 6, lane, parked_dx, parked_z);
    }
    for (int g = 0; g < count; g++) {
      const float z = needs_z(n) ? parked_z[g][threadIdx.x] : 0.0f;
      derive_column(n, srelu, sums, column, (first + g) * LANES + lane, words_of_lane(words, g), z,
                    parked_dx[g][threadIdx.x]);
    }
  }
  write_slope_gradient(n, srelu, sums, column, lane);
}

// Adds GROUPS groups of 32 products of dz with each of eight rows of x to the lane's sums.
//
// `last` says whether the lane takes part in the last group, which the batch may not fill: padding must not count. The
// rows past `count` are not read and leave sums that do not matter.
template <int GROUPS>
__device__ __forceinline__ void add_products(float (&sums)[SUMS], const float (&dz)[GROUPS],
                                             const float *const (&x)[SUMS], int offset, bool last, int count) {
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
      const float value = i < count ? __ldg(x[i] + offset + g * LANES) : 0.0f;  // the same for the whole warp
      const float sum = fmaf(dz[g], value, sums[i]);
      sums[i] = g < GROUPS - 1 || last ? sum : sums[i];
    }
  }
}

// One row of dz against rows of x: inner products by lanes.
//
// GROUPS > 0: the batch has so many groups of 32 columns and the row of dz stays in registers. GROUPS = 0: any number.
template <int GROUPS>
struct RowProducts {
  const float *dz;  // the lane's first column of the row
  const float *x;   // the lane's first column of row 0
  int x_stride;
  int groups;
  bool last;  // whether the lane takes part in the last group
  float kept[GROUPS > 0 ? GROUPS : 1];

  __device__ __forceinline__ RowProducts(const float *dz_row, int dz_stride, const float *x_start, int stride,
                                         int batch, int lane)
      : dz(dz_row + readable_column(lane, dz_stride)),
        x(x_start + readable_column(lane, stride)),
        x_stride(stride),
        groups(groups_of(batch)),
        last((groups_of(batch) - 1) * LANES + lane < batch) {
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
      kept[g] = dz[g * LANES];
    }
  }

  // Lane i < count holds the column index of connection i and gets its product.
  __device__ __forceinline__ float of(int column, int count, int lane) const {
    float mine = 0.0f;
#pragma unroll 1
    for (int first = 0; first < count; first += SUMS) {
      const float *rows[SUMS];
#pragma unroll
      for (int i = 0; i < SUMS; i++) {
        rows[i] = x + static_cast<size_t>(__shfl_sync(ALL_LANES, column, first + i)) * x_stride;
      }
      float sums[SUMS] = {};
      if constexpr (GROUPS > 0) {
        add_products<GROUPS>(sums, kept, rows, 0, last, count - first);
      } else {
#pragma unroll 2
        for (int g = 0; g < groups; g++) {
          const float part[1] = {__ldg(dz + g * LANES)};
          add_products<1>(sums, part, rows, g * LANES, g < groups - 1 || last, count - first);
        }
      }
      const float sum = fold_sums(sums, lane);
      mine = lane / SUMS == first / SUMS ? sum : mine;
    }
    return mine;
  }
};

// Where part `part` of `parts` equal parts of a row's connections begins.
__device__ __forceinline__ int part_start(int start, int end, unsigned part, unsigned parts) {
  return start + static_cast<int>(static_cast<unsigned long long>(end - start) * part / parts);
}

// Calls use(k, gradient) for each connection k of the block's part of the row.
template <int GROUPS, class Arguments, class Use>
__device__ __forceinline__ void row_products(const Arguments &s, int row, int lane, Use use) {
  const float *dz = s.dz + static_cast<size_t>(row) * s.dz_stride;
  const RowProducts<GROUPS> products(dz, s.dz_stride, s.x, s.x_stride, s.batch, lane);
  const int row_start = s.row_offsets[row];
  const int row_end = s.row_offsets[row + 1];
  const unsigned end = part_start(row_start, row_end, blockIdx.y + 1, gridDim.y);
  for (unsigned k = part_start(row_start, row_end, blockIdx.y, gridDim.y); k < end; k += LANES) {
    const bool mine = k + lane < end;
    const int column = mine ? s.column_indices[k + lane] : 0;
    const float gradient = products.of(column, min(LANES, static_cast<int>(end - k)), lane);
    if (mine) {
      use(static_cast<size_t>(k + lane), gradient);
    }
  }
}

// row_products by the number of groups of the batch.
template <class Arguments, class Use>
__device__ __forceinline__ void all_products(const Arguments &s, int row, int lane, Use use) {
  switch (groups_of(s.batch)) {
    case 1:
      row_products<1>(s, row, lane, use);
      break;
    case 2:
      row_products<2>(s, row, lane, use);
      break;
    case 4:
      row_products<4>(s, row, lane, use);
      break;
    case 8:
      row_products<8>(s, row, lane, use);
      break;
    default:
      row_products<0>(s, row, lane, use);
  }
}

struct StoreGradient {
  float *out;

  __device__ __forceinline__ void operator()(size_t k, float gradient) const { out[k] = gradient; }
};

// The weight gradient: out[k] = sum over b of dz[row(k), b] * x[column(k), b].
//
// dz: (rows, batch); x: (inputs, batch); out: one number a connection in CSR order. Summed by lanes: lane l takes
// columns l, l + 32, ... by fma from zero on, then the lanes are folded. Twin: SparseKernels.sddmm.
KERNEL(sddmm, Sddmm) {
  const int place = warp_row();
  if (place >= arguments.rows) {
    return;
  }
  const int row = arguments.order[place];
  all_products(arguments, row, lane_index(), StoreGradient{arguments.out});
}

struct StoreUpdate {
  const SparseUpdate &s;
  const StepState &state;

  __device__ __forceinline__ void operator()(size_t k, float gradient) const {
    update_parameter(s.weights, state, gradient, s.values, s.state0, s.state1, k);
  }
};

// Learns a sparse layer: the gradient of sddmm, and that of the biases, used at once and not kept.
//
// Shapes as sddmm; bias: (rows). Both gradients are summed by lanes, that of the bias by addition. Twin:
// SparseKernels.sddmmUpdate, then NeuronKernels.updateBias.
KERNEL(sparse_update, SparseUpdate) {
  const int place = warp_row();
  if (place >= arguments.rows) {
    return;
  }
  const int row = arguments.order[place];
  const int lane = lane_index();
  const StepState state = *arguments.step;
  all_products(arguments, row, lane, StoreUpdate{arguments, state});
  if (blockIdx.y > 0) {
    return;  // the biases are for the first part
  }
  const float sum = lane_sum(arguments.dz + static_cast<size_t>(row) * arguments.dz_stride, arguments.batch, lane);
  if (lane == 0) {
    update_parameter(arguments.biases, state, sum, arguments.bias, arguments.bias_state0, arguments.bias_state1, row);
  }
}

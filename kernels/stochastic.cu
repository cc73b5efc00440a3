// Units with two states, and what restricted Boltzmann machines need beside products.
// Twin of backend/cpu/StochasticKernels.java.
#include "lanes.cuh"
#include "math.cuh"
#include "philox.cuh"

static constexpr int BLOCKS = 8;  // Philox blocks for 32 columns
static constexpr int DRAWN_COLUMNS = LANES / BLOCKS * LANES;

// z = probability and states = states of (units, batch). A warp has a unit; its lanes draw a Philox block each, which
// make 128 columns, and exchange the words. Block: 128 threads; grid: a warp a unit. Twin: StochasticKernels.sample.
KERNEL(sample_units, SampleUnits) {
  const int unit = warp_row();
  if (unit >= arguments.units) {
    return;
  }
  const int lane = lane_index();
  const float bias = arguments.bias != nullptr ? arguments.bias[unit] : 0.0f;
  const float base = arguments.base != nullptr ? arguments.base[unit] : 0.0f;
  float *z = arguments.z + static_cast<size_t>(unit) * arguments.z_stride;
  float *states = arguments.states + static_cast<size_t>(unit) * arguments.states_stride;
  for (int first = 0; first < arguments.batch; first += DRAWN_COLUMNS) {
    unsigned words[4] = {};
    if (arguments.states != nullptr) {
      const unsigned block = static_cast<unsigned>(first / LANES * BLOCKS + lane);
      philox(arguments.seed, block, static_cast<unsigned>(unit), static_cast<unsigned>(arguments.step->step),
             arguments.purpose_word, words);
    }
#pragma unroll
    for (int group = 0; group < LANES / BLOCKS; group++) {
      const int source = group * BLOCKS + lane % 16 / 2;
      const unsigned even = __shfl_sync(ALL_LANES, words[0], source);
      const unsigned odd = __shfl_sync(ALL_LANES, words[1], source);
      const unsigned far_even = __shfl_sync(ALL_LANES, words[2], source);
      const unsigned far_odd = __shfl_sync(ALL_LANES, words[3], source);
      const int column = first + group * LANES + lane;
      if (column < arguments.batch) {
        float t = __fmul_rn(arguments.scale, __fadd_rn(z[column], bias));
        if (arguments.base != nullptr) {
          t = fmaf(__fsub_rn(1.0f, arguments.scale), base, t);
        }
        const float p = arguments.logistic ? exact_sigmoid(t) : t;
        z[column] = p;
        if (arguments.states != nullptr) {
          const unsigned word = lane < 16 ? (lane % 2 == 0 ? even : odd) : (lane % 2 == 0 ? far_even : far_odd);
          const float u = __fmul_rn(static_cast<float>(word >> 8), 0x1p-24f);
          states[column] = u < p ? 1.0f : 0.0f;
        }
      }
    }
  }
}

// Two batches side by side, each with a factor. Block: 128 threads; grid: a warp a row. Twin: StochasticKernels.join.
KERNEL(join, Join) {
  const int row = warp_row();
  if (row >= arguments.rows) {
    return;
  }
  float *out = arguments.out + static_cast<size_t>(row) * arguments.out_stride;
  const float *a = arguments.a + static_cast<size_t>(row) * arguments.a_stride;
  const float *b = arguments.b + static_cast<size_t>(row) * arguments.b_stride;
  for (int column = lane_index(); column < arguments.a_count; column += LANES) {
    out[column] = __fmul_rn(arguments.a_factor, a[column]);
  }
  for (int column = lane_index(); column < arguments.b_count; column += LANES) {
    out[arguments.a_count + column] = __fmul_rn(arguments.b_factor, b[column]);
  }
}

// Folds 32 doubles, `stride` apart, into the first: l takes l + 16, then l + 8, 4, 2, 1. Twin: Lanes.fold.
__device__ __forceinline__ double fold_doubles(double *lanes, int stride) {
  for (int half = LANES / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; lane++) {
      lanes[lane * stride] += lanes[(lane + half) * stride];
    }
  }
  return lanes[0];
}

// Adds each sample's mean of (output - target)^2 over the rows to the totals. One block of 32 warps: warp w has rows w, w + 32,
// ..., each summed by lanes, added up in double precision. Twin: CpuBackend.squaredError.
KERNEL_OF_1024(squared_error, SquaredError) {
  __shared__ double sums[LANES];
  const int lane = lane_index();
  const int warp = static_cast<int>(threadIdx.x) / LANES;
  double rows = 0.0;
  for (int row = warp; row < arguments.rows; row += LANES) {
    const float *target = arguments.target + static_cast<size_t>(row) * arguments.target_stride;
    const float *output = arguments.output + static_cast<size_t>(row) * arguments.output_stride;
    float sum = 0.0f;
    for (int b = lane; b < arguments.batch; b += LANES) {
      const float difference = __fsub_rn(output[b], target[b]);
      sum = fmaf(difference, difference, sum);
    }
    rows += static_cast<double>(fold(sum));
  }
  if (lane == 0) {
    sums[warp] = rows;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    arguments.totals->loss += fold_doubles(sums, 1) / static_cast<double>(arguments.rows);
    arguments.totals->samples += arguments.batch;
  }
}

// Adds to the sum of each column what annealing brings. Block: 32 columns x 32 lanes of rows; grid: 32 columns each.
// Twin: StochasticKernels.anneal.
KERNEL_OF_1024(anneal, Anneal) {
  __shared__ double lanes[LANES][LANES];
  const int lane = static_cast<int>(threadIdx.y);
  const int x = static_cast<int>(threadIdx.x);
  const int column = static_cast<int>(blockIdx.x) * LANES + x;
  const bool inside = column < arguments.batch;
  double sum = 0.0;
  for (int row = lane; inside && row < arguments.hidden; row += LANES) {
    const float z = arguments.z[static_cast<size_t>(row) * arguments.z_stride + column];
    const double high = static_cast<double>(exact_softplus(__fmul_rn(arguments.high, z)));
    sum += high - static_cast<double>(exact_softplus(__fmul_rn(arguments.low, z)));
  }
  lanes[lane][x] = sum;
  __syncthreads();
  double total = 0.0;
  if (lane == 0 && inside) {
    total = arguments.sums[column] + fold_doubles(&lanes[0][x], LANES);
  }
  __syncthreads();
  sum = 0.0;
  for (int row = lane; inside && row < arguments.visible; row += LANES) {
    const double v = static_cast<double>(arguments.v[static_cast<size_t>(row) * arguments.v_stride + column]);
    sum = fma(static_cast<double>(arguments.difference[row]), v, sum);
  }
  lanes[lane][x] = sum;
  __syncthreads();
  if (lane == 0 && inside) {
    const double rise = static_cast<double>(arguments.high) - static_cast<double>(arguments.low);
    arguments.sums[column] = fma(rise, fold_doubles(&lanes[0][x], LANES), total);
  }
}

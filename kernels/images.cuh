// What the kernels that work on images share. Lanes lie along the batch, and a warp works at one pixel or position at a
// time, so that whether something lies outside an image is the same for all of its lanes.
#pragma once

#include "neurons.cuh"

static constexpr int BLOCK = 128;
static constexpr int WARPS = BLOCK / LANES;

// A neuron and a group of 32 columns of its batch; `there` says whether they exist.
struct Unit {
  int neuron;
  int group;
  bool there;
};

// Finished sums of a block's threads, in shared memory, so that the code that works on them is there once.
template <int COUNT>
using Parked = float[COUNT][BLOCK];

// Activates `count` sums of each thread, unit(i) being the neuron and the group of sum i; keeps z where it is wanted.
template <class Units>
__device__ __forceinline__ void finish_forward(const NeuronsArguments &n, const float (*sums)[BLOCK], int count,
                                               const Units &unit, int lane) {
#pragma unroll 1
  for (int first = 0; first < count; first += DRAWN_GROUPS) {
    const Unit drawn = unit(first + lane / 4);
    const unsigned dropped = has_dropout(n) ? draw_dropped(n, drawn.neuron, drawn.group, drawn.there, lane) : 0;
#pragma unroll 1
    for (int i = first; i < min(count, first + DRAWN_GROUPS); i++) {
      const Unit u = unit(i);
      const int column = u.group * LANES + lane;
      const unsigned word = __shfl_sync(ALL_LANES, dropped, (i - first) * 4);
      if (!u.there) {
        continue;
      }
      const float z = sums[i][threadIdx.x];
      if (n.z != n.a && column < n.batch) {
        n.z[element(n, u.neuron, column)] = z;
      }
      activate_group(n, srelu_of(n, u.neuron), u.neuron, u.group, lane, word, z);
    }
  }
}

// Takes `count` sums of each thread through the activation of the neurons below. With SReLU, whose parameters' gradient
// is a sum over the whole batch, the kernel `derive` does that afterwards.
template <class Units>
__device__ __forceinline__ void finish_backward(const NeuronsArguments &n, const float (*sums)[BLOCK], int count,
                                                const Units &unit, int lane) {
  SreluSums none = {};
#pragma unroll 1
  for (int first = 0; first < count; first += LANES) {
    const Unit mine = unit(first + lane);
    const Words words = read_words(n, mine.neuron, mine.group, mine.there);
#pragma unroll 1
    for (int i = first; i < min(count, first + LANES); i++) {
      const Unit u = unit(i);
      const Words of_unit = words_of_lane(words, i - first);
      const int column = u.group * LANES + lane;
      if (!u.there || column >= n.batch) {
        continue;
      }
      const size_t at = element(n, u.neuron, column);
      const float dx = sums[i][threadIdx.x];
      if (n.kind == SRELU) {
        n.gradient[at] = dx;
      } else {
        derive_column(n, Srelu{}, none, u.neuron, column, of_unit, needs_z(n) ? n.z[at] : 0.0f, dx);
      }
    }
  }
}

// How many steps it takes from `first` to come to `least` or beyond.
__device__ __forceinline__ int steps_until(int first, int step, int least) {
  return first >= least ? 0 : (least - first + step - 1) / step;
}

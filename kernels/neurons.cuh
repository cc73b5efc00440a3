// What neurons do on their own: activation, dropout and their derivatives, for 32 batch columns at a time.
//
// Twin of backend/cpu/NeuronKernels.java and Srelu.java. A warp has one neuron; lane l has column l of each group of
// 32. Functions that take a group must be reached by all lanes.
#pragma once

#include "lanes.cuh"
#include "math.cuh"
#include "philox.cuh"

// Groups of 32 columns whose dropout is drawn at once.
static constexpr int DRAWN_GROUPS = 8;

// The parameters of SReLU of one neuron.
struct Srelu {
  float left_knee;
  float left_slope;
  float distance;  // as learned; the right knee is left_knee + |distance|
  float right_slope;
  float right_knee;
};

__device__ __forceinline__ Srelu srelu_of(const NeuronsArguments &n, int neuron) {
  if (n.kind != SRELU) {
    return Srelu{};
  }
  const float *slopes = n.slopes + neuron;
  const size_t next = n.neurons;
  const float knee = slopes[0];
  const float distance = slopes[2 * next];
  const float right_knee = __fadd_rn(knee, distance < 0.0f ? -distance : distance);
  return Srelu{knee, slopes[next], distance, slopes[3 * next], right_knee};
}

__device__ __forceinline__ size_t element(const NeuronsArguments &n, int neuron, int column) {
  return static_cast<size_t>(neuron) * n.stride + column;
}

// Index of a group's word in positive and dropped.
__device__ __forceinline__ size_t word_index(const NeuronsArguments &n, int neuron, int group) {
  return static_cast<size_t>(neuron) * n.words + group;
}

__device__ __forceinline__ bool has_dropout(const NeuronsArguments &n) { return n.training && n.dropped != nullptr; }

// f(z)
__device__ __forceinline__ float activation(const NeuronsArguments &n, const Srelu &srelu, float z) {
  switch (n.kind) {
    case RELU:
      return z > 0.0f ? z : 0.0f;
    case LEAKY:
      return z > 0.0f ? z : __fmul_rn(n.slope, z);
    case SRELU:
      if (z >= srelu.right_knee) {
        return fmaf(srelu.right_slope, __fsub_rn(z, srelu.right_knee), srelu.right_knee);
      }
      return z <= srelu.left_knee ? fmaf(srelu.left_slope, __fsub_rn(z, srelu.left_knee), srelu.left_knee) : z;
    case TANH:
      return exact_tanh(z);
    case SIGMOID:
      return exact_sigmoid(z);
    default:
      return z;
  }
}

// Draws which outputs this step drops, of eight groups of 32 columns at once, and notes those that are `wanted`.
//
// Four lanes, from 4 i on, name a neuron and one of its groups; lane 4 i gets its word. A lane compares 4 of the 16
// random bits of 32 columns with those of the threshold, one Philox block; four lanes' findings make the word. (The
// twin stops once all columns are decided.)
__device__ __forceinline__ unsigned draw_dropped(const NeuronsArguments &n, int neuron, int group, bool wanted,
                                                 int lane) {
  const int quarter = lane % 4;  // 0 has the highest bits
  unsigned random[4];
  philox(n.seed, group * 4 + quarter, neuron, n.step->step, n.purpose_word, random);
  unsigned below = 0;
  unsigned equal = 0xffffffffu;  // columns whose bits so far are those of the threshold
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const bool one = (n.threshold >> (15 - quarter * 4 - j) & 1) != 0;
    below |= one ? equal & ~random[j] : 0;
    equal &= one ? random[j] : ~random[j];
  }
#pragma unroll
  for (int next = 1; next < 4; next *= 2) {
    const unsigned below_next = __shfl_down_sync(ALL_LANES, below, next);
    const unsigned equal_next = __shfl_down_sync(ALL_LANES, equal, next);
    below |= equal & below_next;
    equal &= equal_next;
  }
  if (quarter == 0 && wanted) {
    n.dropped[word_index(n, neuron, group)] = below;
  }
  return below;
}

// The same for `count` groups of one neuron, eight at most, from first_group on; lane 4 g gets the word of group
// first_group + g.
__device__ __forceinline__ unsigned draw_row_dropped(const NeuronsArguments &n, int neuron, int first_group, int count,
                                                     int lane) {
  return draw_dropped(n, neuron, first_group + lane / 4, lane / 4 < count, lane);
}

// a = dropout(f(z)) for a group, and the signs of z; `dropped` is its word of dropout.
__device__ __forceinline__ void activate_group(const NeuronsArguments &n, const Srelu &srelu, int neuron, int group,
                                               int lane, unsigned dropped, float z) {
  const int column = group * LANES + lane;
  const bool inside = column < n.batch;
  if (n.training && n.positive != nullptr) {
    const unsigned word = __ballot_sync(ALL_LANES, inside && __float_as_int(z) > 0);
    if (lane == 0) {
      n.positive[word_index(n, neuron, group)] = word;
    }
  }
  float a = activation(n, srelu, z);
  if (has_dropout(n)) {
    a = (dropped >> lane & 1) != 0 ? 0.0f : __fmul_rn(a, n.scale);
  }
  if (inside) {
    n.a[element(n, neuron, column)] = a;
  }
}

// A lane's sums for the gradient of SReLU's parameters.
struct SreluSums {
  float left;            // sum of t left of the left knee
  float left_distance;   // sum of t * (z - left knee) there
  float right;           // sum of t right of the right knee
  float right_distance;  // sum of t * (z - right knee) there
};

// t * f'(z) for SReLU, added to the lane's sums.
__device__ __forceinline__ float srelu_derivative(const Srelu &srelu, SreluSums &sums, float z, float t) {
  const bool is_right = z >= srelu.right_knee;
  const bool is_left = !is_right && z <= srelu.left_knee;
  const float left = is_left ? t : 0.0f;
  const float right = is_right ? t : 0.0f;
  sums.left = __fadd_rn(sums.left, left);
  sums.left_distance = fmaf(left, __fsub_rn(z, srelu.left_knee), sums.left_distance);
  sums.right = __fadd_rn(sums.right, right);
  sums.right_distance = fmaf(right, __fsub_rn(z, srelu.right_knee), sums.right_distance);
  return is_right ? __fmul_rn(t, srelu.right_slope) : is_left ? __fmul_rn(t, srelu.left_slope) : t;
}

// The words of a neuron's bits; in a lane those of one group.
struct Words {
  unsigned dropped;
  unsigned positive;
};

// Each lane gets the words of a group that it names, if they are `wanted`.
__device__ __forceinline__ Words read_words(const NeuronsArguments &n, int neuron, int group, bool wanted) {
  const size_t at = word_index(n, neuron, group);
  return Words{wanted && has_dropout(n) ? n.dropped[at] : 0, wanted && n.positive != nullptr ? n.positive[at] : 0};
}

__device__ __forceinline__ Words words_of_lane(const Words &words, int lane) {
  return Words{__shfl_sync(ALL_LANES, words.dropped, lane), __shfl_sync(ALL_LANES, words.positive, lane)};
}

// Whether the derivative asks for z.
__device__ __forceinline__ bool needs_z(const NeuronsArguments &n) { return n.kind >= SRELU; }

// t * f'(z) for functions other than SReLU.
__device__ __forceinline__ float plain_derivative(const NeuronsArguments &n, bool positive, float z, float t) {
  if (n.positive != nullptr) {
    return positive ? t : n.kind == RELU ? 0.0f : __fmul_rn(t, n.slope);
  }
  if (n.kind == TANH) {
    const float tanh = exact_tanh(z);
    return __fmul_rn(t, fmaf(-tanh, tanh, 1.0f));
  }
  if (n.kind == SIGMOID) {
    const float sigmoid = exact_sigmoid(z);
    return __fmul_rn(t, __fmul_rn(sigmoid, __fsub_rn(1.0f, sigmoid)));
  }
  return t;
}

// gradient = (t * s) * f'(z) for a column; t is the gradient by the output, s the dropout scale or 0.
__device__ __forceinline__ void derive_column(const NeuronsArguments &n, const Srelu &srelu, SreluSums &sums,
                                              int neuron, int column, const Words &words, float z, float t) {
  if (column >= n.batch) {
    return;
  }
  const int bit = column % LANES;
  if (has_dropout(n)) {
    t = (words.dropped >> bit & 1) != 0 ? 0.0f : __fmul_rn(t, n.scale);
  }
  n.gradient[element(n, neuron, column)] = n.kind == SRELU
                                               ? srelu_derivative(srelu, sums, z, t)
                                               : plain_derivative(n, (words.positive >> bit & 1) != 0, z, t);
}

// Folds the sums of SReLU and writes the gradient of its parameters; nothing for other functions.
__device__ __forceinline__ void write_slope_gradient(const NeuronsArguments &n, const Srelu &srelu,
                                                     const SreluSums &sums, int neuron, int lane) {
  if (n.kind != SRELU) {
    return;
  }
  const float left = fold(sums.left);
  const float left_distance = fold(sums.left_distance);
  const float right = __fmul_rn(__fsub_rn(1.0f, srelu.right_slope), fold(sums.right));
  const float right_distance = fold(sums.right_distance);
  if (lane == 0) {
    float *gradient = n.slope_gradient + neuron;
    const size_t next = n.neurons;
    gradient[0] = fmaf(__fsub_rn(1.0f, srelu.left_slope), left, right);
    gradient[next] = left_distance;
    gradient[2 * next] = srelu.distance < 0.0f ? -right : right;
    gradient[3 * next] = right_distance;
  }
}

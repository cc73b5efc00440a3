// The loss, its derivative and the count of right answers. Twin of backend/cpu/LossKernels.java.
//
// Block: 32 threads; grid: a block for 32 samples. A thread has a sample and goes through its classes in order.
#include "lanes.cuh"
#include "math.cuh"

// What is found out about the outputs of one sample.
struct Outputs {
  float greatest;
  int winner;  // class of the greatest output, the lowest among equals
  float sum;   // of exp(z - greatest) over the classes; cross-entropy only
};

__device__ __forceinline__ size_t place(const LossArguments &l, int k, int b) {
  return static_cast<size_t>(k) * l.stride + b;
}

// Softmax or the logistic function of one sample's outputs, in p; sums are sequential over the classes.
__device__ __forceinline__ Outputs write_probabilities(const LossArguments &l, int b) {
  Outputs found = {l.z[b], 0, 0.0f};
  for (int k = 1; k < l.classes; k++) {
    const float value = l.z[place(l, k, b)];
    if (value > found.greatest) {
      found.greatest = value;
      found.winner = k;
    }
  }
  if (l.kind != CROSS_ENTROPY) {
    for (int k = 0; k < l.classes; k++) {
      const float z = l.z[place(l, k, b)];
      l.p[place(l, k, b)] = l.kind == SQUARED_ERROR ? z : exact_sigmoid(z);
    }
    return found;
  }
  for (int k = 0; k < l.classes; k++) {
    const float e = exact_exp(__fsub_rn(l.z[place(l, k, b)], found.greatest));
    l.p[place(l, k, b)] = e;
    found.sum = __fadd_rn(found.sum, e);
  }
  for (int k = 0; k < l.classes; k++) {
    l.p[place(l, k, b)] = __fdiv_rn(l.p[place(l, k, b)], found.sum);
  }
  return found;
}

// A sample's loss, sequential over the classes; in training p becomes the derivative of the batch's mean loss.
__device__ __forceinline__ float sample_loss(const LossArguments &l, const Outputs &found, int b, int label) {
  float loss = 0.0f;
  if (l.kind == CROSS_ENTROPY) {
    loss = __fsub_rn(exact_log(found.sum), __fsub_rn(l.z[place(l, label, b)], found.greatest));
  }
  const float weight = l.weights != nullptr ? l.weights[label] : 1.0f;  // a factor of 1 changes no bit
  const float share = __fmul_rn(__fdiv_rn(1.0f, static_cast<float>(l.batch)), weight);
  for (int k = 0; k < l.classes; k++) {
    const float a = l.p[place(l, k, b)];
    float difference = __fsub_rn(a, label == k ? 1.0f : 0.0f);
    if (l.kind != CROSS_ENTROPY) {
      loss = fmaf(__fmul_rn(0.5f, difference), difference, loss);
      const float s = l.kind == MSE ? a : exact_sigmoid(a);
      difference = __fmul_rn(difference, __fmul_rn(s, __fsub_rn(1.0f, s)));
    }
    if (l.training) {
      l.p[place(l, k, b)] = __fmul_rn(difference, share);
    }
  }
  return __fmul_rn(loss, weight);
}

// The same for numbers, whose bits the label holds.
__device__ __forceinline__ float squared_error(const LossArguments &l, int b, int label) {
  const float target = __int_as_float(label);
  const float share = __fdiv_rn(1.0f, static_cast<float>(l.batch));
  float loss = 0.0f;
  for (int k = 0; k < l.classes; k++) {
    const float difference = __fsub_rn(l.p[place(l, k, b)], target);
    loss = fmaf(difference, difference, loss);
    if (l.training) {
      l.p[place(l, k, b)] = __fmul_rn(__fmul_rn(2.0f, difference), share);
    }
  }
  return loss;
}

__device__ __forceinline__ int sample_of_thread() { return static_cast<int>(blockIdx.x * LANES + threadIdx.x); }

// Probabilities or scores of outputs z (classes, batch), in p (classes, batch). Twin: LossKernels.probabilities.
KERNEL(probabilities, LossArguments) {
  const int b = sample_of_thread();
  if (b < arguments.batch) {
    write_probabilities(arguments, b);
  }
}

// Whether all other blocks of the launch are done, with what they wrote; at the end of a block of one warp.
__device__ __forceinline__ bool is_last_block(unsigned *blocks_done, int lane) {
  __threadfence();
  __syncwarp();
  unsigned before = 0;
  if (lane == 0) {
    before = atomicAdd(blocks_done, 1u);
  }
  before = __shfl_sync(ALL_LANES, before, 0);
  __threadfence();
  return before == gridDim.x - 1;
}

// Adds a batch's loss, right answers and samples to the totals; in training leaves the derivative in p.
//
// The batch's loss is the sum by lanes of its samples' and is added to the total in double precision, by the block that
// is done last, whichever that is. Twin: LossKernels.loss.
KERNEL(loss, LossArguments) {
  const int lane = lane_index();
  const int sample = sample_of_thread();
  if (sample < arguments.batch) {
    const int label = arguments.labels[arguments.order[arguments.step->start + sample]];
    const Outputs found = write_probabilities(arguments, sample);
    const bool number = arguments.kind == SQUARED_ERROR;
    arguments.losses[sample] =
        number ? squared_error(arguments, sample, label) : sample_loss(arguments, found, sample, label);
    arguments.correct[sample] = !number && found.winner == label ? 1 : 0;
  }
  if (!is_last_block(arguments.blocks_done, lane)) {
    return;
  }
  float sum = 0.0f;
  int correct = 0;
  for (int b = lane; b < arguments.batch; b += LANES) {  // not from this multiprocessor's cache
    sum = __fadd_rn(sum, __ldcg(arguments.losses + b));
    correct += __ldcg(arguments.correct + b);
  }
  sum = fold(sum);
  for (int half = LANES / 2; half > 0; half /= 2) {
    correct += __shfl_xor_sync(ALL_LANES, correct, half);
  }
  if (lane == 0) {
    *arguments.blocks_done = 0;  // for the next launch
    arguments.totals->loss += static_cast<double>(sum);
    arguments.totals->correct += correct;
    arguments.totals->samples += arguments.batch;
  }
}

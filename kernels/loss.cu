// The loss, its derivative and the count of right answers. Twin of backend/cpu/LossKernels.java.
//
// One block of 256 threads; a thread takes samples b, b + 256, ... and goes through their classes in order.
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
      l.p[place(l, k, b)] = exact_sigmoid(l.z[place(l, k, b)]);
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
  const float share = __fdiv_rn(1.0f, static_cast<float>(l.batch));
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
  return loss;
}

// Probabilities or scores of outputs z (classes, batch), in p (classes, batch). Twin: LossKernels.probabilities.
KERNEL(probabilities, LossArguments) {
  for (int b = static_cast<int>(threadIdx.x); b < arguments.batch; b += static_cast<int>(blockDim.x)) {
    write_probabilities(arguments, b);
  }
}

// Adds a batch's loss, right answers and samples to the totals; in training leaves the derivative in p.
//
// The batch's loss is the sum by lanes of its samples' and is added to the total in double precision. Twin:
// LossKernels.loss.
KERNEL(loss, LossArguments) {
  const int start = arguments.step->start;
  for (int b = static_cast<int>(threadIdx.x); b < arguments.batch; b += static_cast<int>(blockDim.x)) {
    const int label = arguments.labels[arguments.order[start + b]];
    const Outputs found = write_probabilities(arguments, b);
    arguments.losses[b] = sample_loss(arguments, found, b, label);
    arguments.correct[b] = found.winner == label ? 1 : 0;
  }
  __syncthreads();
  if (threadIdx.x >= LANES) {
    return;
  }
  const int lane = lane_index();
  const float sum = lane_sum(arguments.losses, arguments.batch, lane);
  int correct = 0;
  for (int b = lane; b < arguments.batch; b += LANES) {
    correct += arguments.correct[b];
  }
  for (int half = LANES / 2; half > 0; half /= 2) {
    correct += __shfl_xor_sync(ALL_LANES, correct, half);
  }
  if (lane == 0) {
    arguments.totals->loss += static_cast<double>(sum);
    arguments.totals->correct += correct;
    arguments.totals->samples += arguments.batch;
  }
}

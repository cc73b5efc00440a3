// One optimizer step of one parameter. Twin of backend/cpu/UpdateKernels.java; backend/Update.java has the formulas.
#pragma once

#include "arguments.cuh"

// SGD and NESTEROV: changes the weight and its velocity at index k.
__device__ __forceinline__ void momentum_step(const UpdateArguments &update, float rate, float gradient, float *values,
                                              float *velocities, size_t k) {
  const float decay = update.unscaled_decay ? 0.0f : update.decay;
  const float unscaled_decay = update.unscaled_decay ? update.decay : 0.0f;
  const float old = values[k];
  const float step = __fmul_rn(rate, fmaf(decay, old, gradient));
  const float velocity = fmaf(update.momentum, velocities[k], -step);
  const float move = update.kind == NESTEROV ? fmaf(update.momentum, velocity, -step) : velocity;
  velocities[k] = velocity;
  values[k] = fmaf(-unscaled_decay, old, __fadd_rn(old, move));
}

// ADAM: changes the weight and both moments at index k.
__device__ __forceinline__ void adam_step(const UpdateArguments &update, const StepState &state, float gradient,
                                          float *values, float *first, float *second, size_t k) {
  const float decay = update.unscaled_decay ? 0.0f : update.decay;
  const float unscaled_decay = update.unscaled_decay ? update.decay : 0.0f;
  const float old = values[k];
  const float g = fmaf(decay, old, gradient);
  const float m = fmaf(update.momentum, first[k], __fmul_rn(__fsub_rn(1.0f, update.momentum), g));
  const float s = fmaf(update.beta2, second[k], __fmul_rn(__fmul_rn(__fsub_rn(1.0f, update.beta2), g), g));
  const float denominator = __fadd_rn(__fsqrt_rn(__fmul_rn(s, state.second_correction)), update.epsilon);
  first[k] = m;
  second[k] = s;
  const float moved = __fsub_rn(old, __fdiv_rn(__fmul_rn(state.rate, m), denominator));
  values[k] = fmaf(-unscaled_decay, old, moved);
}

__device__ __forceinline__ void update_parameter(const UpdateArguments &update, const StepState &state, float gradient,
                                                 float *values, float *state0, float *state1, size_t k) {
  if (update.kind == ADAM) {
    adam_step(update, state, gradient, values, state0, state1, k);
  } else {
    momentum_step(update, state.rate, gradient, values, state0, k);
  }
}

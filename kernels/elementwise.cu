// Activation, dropout and their derivatives where they are not part of a sparse product. Twin of
// backend/cpu/NeuronKernels.java.
//
// A warp has a neuron, lane l columns l, l + 32, ... Block: 128 threads; grid: a warp a neuron.
#include "neurons.cuh"

// a = dropout(f(z)) for (neurons, batch); in training also the signs of z and what is dropped.
// Twin: NeuronKernels.activate.
KERNEL(activate, NeuronsArguments) {
  const int neuron = warp_row();
  if (neuron >= arguments.neurons || (arguments.kind == IDENTITY && !has_dropout(arguments))) {
    return;
  }
  const int lane = lane_index();
  const int groups = groups_of(arguments.batch);
  const Srelu srelu = srelu_of(arguments, neuron);
  for (int first = 0; first < groups; first += DRAWN_GROUPS) {
    const int count = min(DRAWN_GROUPS, groups - first);
    const unsigned dropped = has_dropout(arguments) ? draw_row_dropped(arguments, neuron, first, count, lane) : 0;
    for (int g = 0; g < count; g++) {
      const int column = (first + g) * LANES + lane;
      const float z = column < arguments.batch ? arguments.z[element(arguments, neuron, column)] : 0.0f;
      activate_group(arguments, srelu, neuron, first + g, lane, __shfl_sync(ALL_LANES, dropped, g * 4), z);
    }
  }
}

// gradient = (gradient * s) * f'(z) for (neurons, batch), with s the dropout scale or 0; the gradient of SReLU's
// parameters is summed by lanes. Twin: NeuronKernels.derive.
KERNEL(derive, NeuronsArguments) {
  const int neuron = warp_row();
  if (neuron >= arguments.neurons || (arguments.kind == IDENTITY && !has_dropout(arguments))) {
    return;
  }
  const int lane = lane_index();
  const int groups = groups_of(arguments.batch);
  const Srelu srelu = srelu_of(arguments, neuron);
  SreluSums sums = {};
  for (int first = 0; first < groups; first += DRAWN_GROUPS) {
    const int count = min(DRAWN_GROUPS, groups - first);
    const Words words = read_words(arguments, neuron, first + lane, lane < count);
    for (int g = 0; g < count; g++) {
      const int column = (first + g) * LANES + lane;
      const size_t at = element(arguments, neuron, column);
      const bool inside = column < arguments.batch;
      const float z = inside && needs_z(arguments) ? arguments.z[at] : 0.0f;
      const float t = inside ? arguments.gradient[at] : 0.0f;
      derive_column(arguments, srelu, sums, neuron, column, words_of_lane(words, g), z, t);
    }
  }
  write_slope_gradient(arguments, srelu, sums, neuron, lane);
}

// Sums over the batch. Twin of backend/cpu/NeuronKernels.java.
#include "lanes.cuh"
#include "update.cuh"

// Learns the biases (rows) of dz (rows, batch): their gradient is the sum of dz by lanes. Block: 128 threads; grid: a
// warp a row. Twin: NeuronKernels.updateBias.
KERNEL(update_bias, UpdateBias) {
  const int row = warp_row();
  if (row >= arguments.rows) {
    return;
  }
  const int lane = lane_index();
  const float sum = lane_sum(arguments.dz + static_cast<size_t>(row) * arguments.stride, arguments.batch, lane);
  if (lane == 0) {
    update_parameter(arguments.update, *arguments.step, sum, arguments.bias, arguments.state0, arguments.state1, row);
  }
}

// Optimizer steps from gradients already summed up. Twin of backend/cpu/UpdateKernels.java.
#include "update.cuh"

// Learns `count` parameters from their gradients, a thread each. Block: 256 threads. Twin: UpdateKernels.apply.
KERNEL(update_array, UpdateArray) {
  const size_t k = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k < static_cast<size_t>(arguments.count)) {
    update_parameter(arguments.update, *arguments.step, arguments.gradient[k], arguments.values, arguments.state0,
                     arguments.state1, k);
  }
}

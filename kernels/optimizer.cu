// Optimizer steps from gradients already summed up, and what becomes of an optimizer's state when the topology evolves.
// Twin of backend/cpu/UpdateKernels.java and backend/cpu/CpuSparseTensor.java.
#include "update.cuh"

// Learns `count` parameters from their gradients, a thread each. Block: 256 threads. Twin: UpdateKernels.apply.
KERNEL(update_array, UpdateArray) {
  const size_t k = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k < static_cast<size_t>(arguments.count)) {
    update_parameter(arguments.update, *arguments.step, arguments.gradient[k], arguments.values, arguments.state0,
                     arguments.state1, k);
  }
}

// Carries `count` numbers of state over to a new topology, a thread each: survivors keep theirs bit for bit, new
// connections start at zero. Block: 256 threads. Twin: CpuSparseTensor.rewire.
KERNEL(carry_state, CarryState) {
  const size_t k = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k < static_cast<size_t>(arguments.count)) {
    const int origin = arguments.origin[k];
    arguments.to[k] = origin < 0 ? 0.0f : arguments.from[origin];
  }
}

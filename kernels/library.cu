// What is left to do beside the products of cuSPARSE and cuBLAS, which add to their results and know one order of
// values. Their twins are part of the CPU's products.
#include "lanes.cuh"

// z(i, b) = bias[i] for (rows, batch), to which a product is added. Block: 128 threads; grid: a warp a row.
KERNEL(start_with_bias, StartWithBias) {
  const int row = warp_row();
  if (row >= arguments.rows) {
    return;
  }
  const float bias = arguments.bias[row];
  float *z = arguments.z + static_cast<size_t>(row) * arguments.stride;
  for (int b = lane_index(); b < arguments.batch; b += LANES) {
    z[b] = bias;
  }
}

// to[k] = from[indices[k]], a thread each: values in the order of the transpose. Block: 256 threads.
KERNEL(permute, Permute) {
  const size_t k = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k < static_cast<size_t>(arguments.count)) {
    arguments.to[k] = __ldg(arguments.from + arguments.indices[k]);
  }
}

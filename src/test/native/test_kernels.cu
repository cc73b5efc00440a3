// Kernels for the tests of the simulator itself: what each does right or wrong is in its name.
#include "arguments.cuh"

struct TestArguments {
  float *values;
  int *counter;
  int count;
  int zero;
};

KERNEL(test_double, TestArguments) {
  int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < arguments.count) arguments.values[i] = __fmul_rn(arguments.values[i], 2.0f);
}

// One block of 128 threads: values[i] becomes values[127 - i].
KERNEL(test_reverse, TestArguments) {
  __shared__ float turned[128];
  turned[threadIdx.x] = arguments.values[threadIdx.x];
  __syncthreads();
  arguments.values[threadIdx.x] = turned[127 - threadIdx.x];
}

KERNEL(test_reverse_without_barrier, TestArguments) {
  __shared__ float turned[128];
  turned[threadIdx.x] = arguments.values[threadIdx.x];
  arguments.values[threadIdx.x] = turned[127 - threadIdx.x];
}

// values[lane] becomes the warp's sum, counter the lanes with a positive value.
KERNEL(test_warp, TestArguments) {
  float sum = arguments.values[threadIdx.x];
  unsigned positive = __ballot_sync(0xffffffffu, sum > 0);
#pragma unroll
  for (int delta = 16; delta > 0; delta >>= 1) sum = __fadd_rn(sum, __shfl_xor_sync(0xffffffffu, sum, delta));
  arguments.values[threadIdx.x] = sum;
  if (threadIdx.x == 0) atomicAdd(arguments.counter, __popc(positive));
}

KERNEL(test_deadlock, TestArguments) {
  if (threadIdx.x < 16)
    __syncthreads();
  else
    __syncwarp();
}

KERNEL(test_part_of_a_warp, TestArguments) {
  if (threadIdx.x < 16) __syncwarp(0xffffu);
}

KERNEL(test_write_past_the_end, TestArguments) {
  if (threadIdx.x == 3) arguments.values[arguments.count] = 1;
}

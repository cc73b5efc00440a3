// Running kernels on fibers (cudasim.cpp).
#pragma once

#include <string>

#include "cudasim.h"

namespace cudasim {

struct Failure {
  int code = 0;  // a CUresult; 0 for none
  std::string message;
};

// 0 forward, 1 reverse, 2 permuted; of blocks and of the threads in each.
extern int thread_order;

// One launch at a time: the caller holds the driver's lock.
Failure run_grid(const Kernel &kernel, dim3 grid, dim3 block, const void *arguments);

// Lets a kernel's bad access end the launch instead of the process. Other faults go to the handler that was there
// before.
void catch_faults();

}  // namespace cudasim

// What the stand-ins for cuSPARSE and cuBLAS share: calls on simulated memory, streams and captures.
//
// They have the functions that Coppice calls and no others, and are strict where NVIDIA's are lenient: each pointer
// must lie in device memory that is large enough, when the call is made and again when the stream comes to it. Sums are
// not taken in the order of Coppice's own kernels, so that a comparison bit for bit fails.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "../driver.h"

#define EXPORTED extern "C" SHARED int

namespace library {

// The statuses of a library that stand for errors.
struct Statuses {
  int not_initialized;
  int invalid_value;
  int execution_failed;
};

// Enters a function: counts the call, takes the driver's lock. status() is 0 if it may go on.
class Entry {
 public:
  Entry(const Statuses &statuses, cudasim::CallKind kind) : call_(kind, false) {
    status_ = call_.result();
    if (status_ != 0) return;
    if (!cudasim::has_context()) status_ = statuses.not_initialized;
    else if (kind != cudasim::CallKind::RELEASE && cudasim::sticky_error() != 0) status_ = statuses.execution_failed;
  }
  int status() const { return status_; }

 private:
  cudasim::Call call_;
  int status_;
};

// Leaves a function that may not go on.
#define ENTER_LIBRARY(kind)              \
  library::Entry entry(STATUSES, kind); \
  if (entry.status() != 0) return entry.status()

// What a library has made and is to destroy.
template <class T>
class Living {
 public:
  T *make(T made) {
    T *one = new T(made);
    all_.insert(one);
    cudasim::count_library_handles(1);
    return one;
  }
  bool has(const T *one) const { return all_.count(const_cast<T *>(one)) > 0; }
  bool destroy(T *one) {
    if (!all_.erase(one)) return false;
    delete one;
    cudasim::count_library_handles(-1);
    return true;
  }

 private:
  std::set<T *> all_;
};

// A matrix of floats in device memory; element (i, j) is at i * row_step + j * column_step.
struct Matrix {
  CUdeviceptr data;
  int64_t rows, columns, row_step, column_step;

  // Whether all of it lies in one allocation.
  CUresult check(const char *what) const {
    if (rows == 0 || columns == 0) return CUDA_SUCCESS;
    size_t last = size_t((rows - 1) * row_step + (columns - 1) * column_step);
    return cudasim::check_device(data, (last + 1) * sizeof(float), what);
  }
  float &at(int64_t i, int64_t j) const {
    return reinterpret_cast<float *>(uintptr_t(data))[i * row_step + j * column_step];
  }
};

template <class T>
const T *array(CUdeviceptr address) {
  return reinterpret_cast<const T *>(uintptr_t(address));
}

}  // namespace library

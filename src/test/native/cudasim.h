// Runs CUDA C++ on a CPU: what a kernel sees when g++ compiles it.
//
// A launch runs one block after another, each CUDA thread as a fiber of one CPU thread (cudasim.cpp). A fiber runs
// until it waits at a barrier or a warp operation, so threads meet there and nowhere else: a kernel that forgets a
// barrier gives other results in another order of threads. Shared memory and new device memory hold NaN bits until
// they are written. Not simulated: warp operations of part of a warp (they fail with a message), textures,
// asynchronous copies, tensor cores.
#pragma once

#include "cudasim_types.h"

#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

// One block runs at a time, so its shared memory can be static. Each array has a section of its own, because g++
// allows no mixture of inline and other functions in one; shared.ld joins them, and the scheduler fills them before
// each block.
#define CUDASIM_TEXT(text) #text
#define CUDASIM_SECTION(number) CUDASIM_TEXT(cudasim_shared_##number)
#define CUDASIM_SHARED(number) static __attribute__((section(CUDASIM_SECTION(number))))
#define __shared__ CUDASIM_SHARED(__COUNTER__)

// Makes a kernel known by its name; it takes one struct by value.
#define CUDASIM_KERNEL(name) static const cudasim::Kernel cudasim_kernel_##name(#name, name);

#define threadIdx (cudasim::current->thread)
#define blockIdx (cudasim::block_index)
#define blockDim (cudasim::block_size)
#define gridDim (cudasim::grid_size)
#define warpSize 32

namespace cudasim {

constexpr unsigned WARP = 32;

class Kernel {
 public:
  template <class Arguments>
  Kernel(const char *name, void (*function)(Arguments)) : Kernel(name, sizeof(Arguments)) {
    function_ = reinterpret_cast<void (*)()>(function);
    call_ = [](void (*target)(), const void *bytes) {
      Arguments arguments;
      memcpy(static_cast<void *>(&arguments), bytes, sizeof arguments);
      reinterpret_cast<void (*)(Arguments)>(target)(arguments);
    };
  }
  // Null if there is no such kernel.
  static const Kernel *find(const char *name);
  const char *name() const { return name_; }
  size_t argument_bytes() const { return argument_bytes_; }
  void operator()(const void *arguments) const { call_(function_, arguments); }

 private:
  Kernel(const char *name, size_t argument_bytes);
  const char *name_;
  size_t argument_bytes_;
  void (*function_)();
  void (*call_)(void (*)(), const void *);
  const Kernel *next_;
};

enum class WarpOperation : unsigned char { SYNC, SHUFFLE, BALLOT };

// Where the lanes of a warp meet. The generation counts meetings; values has two of them, because a lane may be at the
// next meeting while others still read the last one.
struct Warp {
  uint32_t generation;
  uint32_t arrived;
  uint32_t live;
  uint32_t mask;
  WarpOperation operation;
  uint64_t values[2][WARP];
};

struct Fiber {
  void *stack_pointer;
  char *stack;
  uint3 thread;
  unsigned number;  // in its block
  unsigned lane;
  Warp *warp;
  const uint32_t *awaited;  // a generation; while it is the seen one there is nothing to do
  uint32_t seen;
  bool done;
};

extern Fiber *current;  // the CUDA thread that runs now; null outside of a kernel
extern uint3 block_index;
extern dim3 block_size;
extern dim3 grid_size;

void block_barrier();
void meet(unsigned mask, WarpOperation operation);

// Ends the launch with a message that names kernel, block and thread.
[[noreturn]] void fail(const char *what);

// Gives every lane of the warp a value and takes that of another lane.
template <class T>
inline T exchange(unsigned mask, T value, unsigned source, WarpOperation operation = WarpOperation::SHUFFLE) {
  static_assert(sizeof(T) <= 8, "a shuffle moves 8 bytes at most");
  Warp *warp = current->warp;
  uint64_t *values = warp->values[warp->generation & 1];
  memcpy(&values[current->lane], &value, sizeof value);
  if (!(warp->live >> (source & 31) & 1)) fail("a shuffle reads from a lane that has ended or never was");
  meet(mask, operation);
  T result;
  memcpy(&result, &values[source & 31], sizeof result);
  return result;
}

}  // namespace cudasim

inline void __syncthreads() { cudasim::block_barrier(); }
inline void __syncwarp(unsigned mask = 0xffffffffu) { cudasim::meet(mask, cudasim::WarpOperation::SYNC); }

template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  unsigned lane = cudasim::current->lane;
  return cudasim::exchange(mask, value, (lane & ~(width - 1u)) | (source & (width - 1u)));
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int other, int width = 32) {
  unsigned lane = cudasim::current->lane, source = lane ^ other;
  bool inside = (source & ~(width - 1u)) <= (lane & ~(width - 1u));
  return cudasim::exchange(mask, value, inside ? source : lane);
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  unsigned lane = cudasim::current->lane;
  bool inside = (lane & (width - 1u)) + delta < unsigned(width);
  return cudasim::exchange(mask, value, inside ? lane + delta : lane);
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  unsigned lane = cudasim::current->lane;
  bool inside = (lane & (width - 1u)) >= delta;
  return cudasim::exchange(mask, value, inside ? lane - delta : lane);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
  cudasim::Warp *warp = cudasim::current->warp;
  unsigned live = warp->live, result = 0;
  const uint64_t *values = warp->values[warp->generation & 1];
  cudasim::exchange<uint64_t>(mask, predicate != 0, cudasim::current->lane, cudasim::WarpOperation::BALLOT);
  for (unsigned lane = 0; lane < cudasim::WARP; lane++)
    if ((mask & live) >> lane & 1) result |= unsigned(values[lane]) << lane;
  return result;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }
inline unsigned __activemask() { return cudasim::current->warp->live; }

inline void __threadfence() {}
inline void __threadfence_block() {}

// Fibers change only where they wait, so plain operations are atomic. There are none of floats: their order is not
// defined.
namespace cudasim {
template <class T, class Change>
inline T atomically(T *address, Change change) {
  static_assert(std::is_integral<T>::value, "no atomic operations on floating-point numbers");
  T old = *address;
  *address = change(old);
  return old;
}
template <class T>
struct Same {
  using type = T;
};
template <class T>
using Value = typename Same<T>::type;  // takes no part in finding T
}  // namespace cudasim

#define CUDASIM_ATOMIC(name, expression)                            \
  template <class T>                                                \
  inline T name(T *address, cudasim::Value<T> value) {              \
    return cudasim::atomically(address, [=](T old) -> T { return expression; }); \
  }
CUDASIM_ATOMIC(atomicAdd, old + value)
CUDASIM_ATOMIC(atomicSub, old - value)
CUDASIM_ATOMIC(atomicMax, value > old ? value : old)
CUDASIM_ATOMIC(atomicMin, value < old ? value : old)
CUDASIM_ATOMIC(atomicAnd, old & value)
CUDASIM_ATOMIC(atomicOr, old | value)
CUDASIM_ATOMIC(atomicXor, old ^ value)
CUDASIM_ATOMIC(atomicExch, (void(old), value))
#undef CUDASIM_ATOMIC
template <class T>
inline T atomicCAS(T *address, cudasim::Value<T> expected, cudasim::Value<T> value) {
  return cudasim::atomically(address, [=](T old) -> T { return old == expected ? value : old; });
}

// What the parts of the stand-in for libcuda.so.1 share. Types and numbers are those of the CUDA driver API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

using CUresult = int;
using CUdeviceptr = unsigned long long;
using CUdevice = int;
using CUcontext = struct CUctx_st *;
using CUmodule = struct CUmod_st *;
using CUfunction = struct CUfunc_st *;
using CUstream = struct CUstream_st *;
using CUevent = struct CUevent_st *;
using CUgraph = struct CUgraph_st *;
using CUgraphExec = struct CUgraphExec_st *;

enum {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_IMAGE = 200,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_ILLEGAL_STATE = 401,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
  CUDA_ERROR_STREAM_CAPTURE_IMPLICIT = 906,
};

// What the stand-ins for NVIDIA's libraries (libraries/) need of the simulation.
#define SHARED __attribute__((visibility("default")))

#define DRIVER extern "C" __attribute__((visibility("default"))) CUresult

namespace cudasim {

// --- control.cpp: calls, failures to inject, the record of misuse

enum class CallKind { ALLOC, COPY, LAUNCH, OTHER, LIBRARY, RELEASE };

// Entered by every driver function first: takes the driver's lock, counts the call, and says whether it may go on.
// RELEASE calls are neither counted nor made to fail, so that a test can clean up.
class SHARED Call {
 public:
  explicit Call(CallKind kind, bool needs_context = true);
  ~Call();
  Call(const Call &) = delete;
  void operator=(const Call &) = delete;
  CUresult result() const { return result_; }

 private:
  CUresult result_;
};

// Leaves a driver function that may not go on.
#define ENTER(...)             \
  cudasim::Call call(__VA_ARGS__); \
  if (call.result() != CUDA_SUCCESS) return call.result()

// Writes down a misuse and gives back the code, for `return violation(...)`.
SHARED CUresult violation(CUresult code, const std::string &what);

// What a failed kernel leaves behind: all later calls give it back, until the context is reset.
SHARED CUresult sticky_error();
void set_sticky_error(CUresult code);

SHARED bool has_context();
bool deferring();  // whether work waits in its stream until something waits for it

// Counts what the libraries have made and not destroyed.
SHARED void count_library_handles(int more);
size_t live_library_handles();

// --- memory.cpp: the ledger of allocations

constexpr size_t DEFAULT_MEMORY = size_t(4) << 30;

enum class MemoryKind { DEVICE, PINNED };

CUresult allocate(MemoryKind kind, size_t bytes, void **address);
CUresult release(MemoryKind kind, void *address);

// Whether bytes bytes from an address lie in one living allocation of device memory; else a violation.
SHARED CUresult check_device(CUdeviceptr address, size_t bytes, const char *what);

// Host memory may be any, but not device memory, and not past the end of a pinned allocation.
CUresult check_host(const void *address, size_t bytes, const char *what);
bool is_pinned(const void *address);

// Looks for writes just around the allocations that a launch was given pointers to. All are looked at when they are
// freed.
CUresult check_red_zones(const char *arguments, size_t bytes, const std::string &after);

// Which allocation an address is in or near.
std::string describe_address(uintptr_t address);

// Living allocations and their device memory, but for those that were alive when they were to be forgotten: a test that
// leaks does not fail the next.
void forget_allocations();
size_t live_allocations();
size_t live_bytes();
size_t memory_bytes();
void set_memory_bytes(size_t bytes);
void set_guard(bool guard);
bool find_allocation(CUdeviceptr address, CUdeviceptr *start, size_t *bytes);

// --- libcuda.cpp

// The kernels that ran since the last reset, by name, each followed by a blank.
std::string launched_kernels();
void forget_launched();

// --- streams.cpp

using Operation = std::function<CUresult()>;

// Runs the operation, queues it, or adds it to the graph that the stream captures.
SHARED CUresult submit(CUstream stream, Operation operation);

// Runs what a synchronous call on the default stream has to wait for, then the operation.
CUresult run_now(const Operation &operation);

CUresult wait_for(CUstream stream);
CUresult wait_for_all();
SHARED bool capturing(CUstream stream);

// CUDA_SUCCESS, unless a stream is being captured in a mode that forbids calls which may wait: then the capture is
// lost.
SHARED CUresult refuse_in_capture(const char *what);
size_t live_streams_events_graphs();

}  // namespace cudasim

// The driver functions for memory: allocation, copies, fills.
#include <cstring>
#include <memory>
#include <vector>

#include "driver.h"

using cudasim::CallKind;
using cudasim::MemoryKind;
using cudasim::violation;

namespace {

char *bytes_at(CUdeviceptr address) { return reinterpret_cast<char *>(uintptr_t(address)); }

// Between the call and now, or before a graph is launched again, memory may have been freed.
CUresult still_valid(CUresult check) { return check == CUDA_SUCCESS ? check : CUDA_ERROR_ILLEGAL_ADDRESS; }

CUresult copy_in(CUdeviceptr to, const void *from, size_t bytes) {
  CUresult result = cudasim::check_device(to, bytes, "copy to the device");
  if (result == CUDA_SUCCESS) result = cudasim::check_host(from, bytes, "copy to the device");
  if (result == CUDA_SUCCESS) memcpy(bytes_at(to), from, bytes);
  return result;
}

CUresult copy_out(void *to, CUdeviceptr from, size_t bytes) {
  CUresult result = cudasim::check_device(from, bytes, "copy from the device");
  if (result == CUDA_SUCCESS) result = cudasim::check_host(to, bytes, "copy from the device");
  if (result == CUDA_SUCCESS) memcpy(to, bytes_at(from), bytes);
  return result;
}

CUresult check_copy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  CUresult result = cudasim::check_device(to, bytes, "copy within the device, to");
  return result != CUDA_SUCCESS ? result : cudasim::check_device(from, bytes, "copy within the device, from");
}

CUresult unpinned_in_capture() {
  return violation(CUDA_ERROR_INVALID_VALUE,
                   "a captured copy needs pinned host memory, which is there when it is replayed");
}

CUresult claim(MemoryKind kind, size_t bytes, void **address) {
  CUresult refused = cudasim::refuse_in_capture("an allocation");
  return refused != CUDA_SUCCESS ? refused : cudasim::allocate(kind, bytes, address);
}

// The device finishes its work before memory is freed.
CUresult give_back(MemoryKind kind, void *address) {
  CUresult refused = cudasim::refuse_in_capture("a free");
  if (refused != CUDA_SUCCESS) return refused;
  CUresult waited = cudasim::wait_for_all();
  CUresult result = cudasim::release(kind, address);
  return result != CUDA_SUCCESS ? result : waited;
}

template <class T>
CUresult fill(CUstream stream, CUdeviceptr to, T value, size_t count) {
  if (to % sizeof(T) != 0 || count > SIZE_MAX / sizeof(T)) return CUDA_ERROR_INVALID_VALUE;
  size_t bytes = count * sizeof(T);
  CUresult result = cudasim::check_device(to, bytes, "fill");
  if (result != CUDA_SUCCESS) return result;
  return cudasim::submit(stream, [=] {
    CUresult valid = still_valid(cudasim::check_device(to, bytes, "fill"));
    for (size_t i = 0; valid == CUDA_SUCCESS && i < count; i++) memcpy(bytes_at(to) + i * sizeof(T), &value, sizeof(T));
    return valid;
  });
}

}  // namespace

DRIVER cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
  ENTER(CallKind::OTHER);
  *total = cudasim::memory_bytes();
  *free_bytes = *total > cudasim::live_bytes() ? *total - cudasim::live_bytes() : 0;
  return CUDA_SUCCESS;
}

DRIVER cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  ENTER(CallKind::ALLOC);
  void *start = nullptr;
  CUresult result = claim(MemoryKind::DEVICE, bytes, &start);
  if (result == CUDA_SUCCESS) *address = reinterpret_cast<uintptr_t>(start);
  return result;
}

DRIVER cuMemFree_v2(CUdeviceptr address) {
  ENTER(CallKind::RELEASE);
  return address == 0 ? CUDA_SUCCESS : give_back(MemoryKind::DEVICE, bytes_at(address));
}

DRIVER cuMemHostAlloc(void **address, size_t bytes, unsigned) {
  ENTER(CallKind::ALLOC);
  return claim(MemoryKind::PINNED, bytes, address);
}

DRIVER cuMemAllocHost_v2(void **address, size_t bytes) { return cuMemHostAlloc(address, bytes, 0); }

DRIVER cuMemFreeHost(void *address) {
  ENTER(CallKind::RELEASE);
  return give_back(MemoryKind::PINNED, address);
}

DRIVER cuMemGetAddressRange_v2(CUdeviceptr *start, size_t *bytes, CUdeviceptr address) {
  ENTER(CallKind::OTHER);
  return cudasim::find_allocation(address, start, bytes) ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

DRIVER cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  ENTER(CallKind::COPY);
  return cudasim::run_now([=] { return copy_in(to, from, bytes); });
}

DRIVER cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  ENTER(CallKind::COPY);
  return cudasim::run_now([=] { return copy_out(to, from, bytes); });
}

DRIVER cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  ENTER(CallKind::COPY);
  CUresult result = check_copy(to, from, bytes);
  if (result != CUDA_SUCCESS) return result;
  return cudasim::submit(stream, [=] {
    CUresult valid = still_valid(check_copy(to, from, bytes));
    if (valid == CUDA_SUCCESS) memmove(bytes_at(to), bytes_at(from), bytes);
    return valid;
  });
}

DRIVER cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr);
}

// Pinned memory is read when the stream comes to it; other memory before the call returns, as the driver does it.
DRIVER cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  ENTER(CallKind::COPY);
  CUresult result = cudasim::check_device(to, bytes, "copy to the device");
  if (result == CUDA_SUCCESS) result = cudasim::check_host(from, bytes, "copy to the device");
  if (result != CUDA_SUCCESS) return result;
  if (cudasim::is_pinned(from)) return cudasim::submit(stream, [=] { return still_valid(copy_in(to, from, bytes)); });
  if (cudasim::capturing(stream)) return unpinned_in_capture();
  const char *start = static_cast<const char *>(from);
  auto staged = std::make_shared<std::vector<char>>(start, start + bytes);
  return cudasim::submit(stream, [=] { return still_valid(copy_in(to, staged->data(), bytes)); });
}

DRIVER cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  ENTER(CallKind::COPY);
  CUresult result = cudasim::check_device(from, bytes, "copy from the device");
  if (result == CUDA_SUCCESS) result = cudasim::check_host(to, bytes, "copy from the device");
  if (result != CUDA_SUCCESS) return result;
  bool pinned = cudasim::is_pinned(to);
  if (!pinned && cudasim::capturing(stream)) return unpinned_in_capture();
  result = cudasim::submit(stream, [=] { return still_valid(copy_out(to, from, bytes)); });
  return result != CUDA_SUCCESS || pinned ? result : cudasim::wait_for(stream);
}

DRIVER cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  ENTER(CallKind::COPY);
  return fill(stream, to, value, count);
}

DRIVER cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream) {
  ENTER(CallKind::COPY);
  return fill(stream, to, value, count);
}

DRIVER cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  ENTER(CallKind::COPY);
  return fill(stream, to, value, count);
}

DRIVER cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return cuMemsetD8Async(to, value, count, nullptr);
}
DRIVER cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
  return cuMemsetD16Async(to, value, count, nullptr);
}
DRIVER cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  return cuMemsetD32Async(to, value, count, nullptr);
}

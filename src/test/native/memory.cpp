// The ledger: every allocation, living or freed.
//
// An allocation has pages of its own and ends where they end, up to 15 bytes, and the next page cannot be accessed;
// nor can an allocation once it is freed. The bytes between its first page's start and itself, and between its end and
// the page's end, are red zones: their bytes are checked. CUDASIM_GUARD=0 puts allocations at the start of their pages
// instead, aligned as the device aligns them, without closed pages.
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "driver.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

namespace cudasim {
namespace {

constexpr size_t PAGE = 4096;
constexpr size_t ALIGNMENT = 16;          // of the widest load
constexpr size_t DEVICE_ALIGNMENT = 256;  // what the device promises
constexpr size_t NEAR = 64;               // bytes of red zones that are looked at after each launch; all are at the end
constexpr unsigned char NEW = 0xff;       // floats of new memory are NaN
constexpr unsigned char RED = 0xfb;       // so are those of red zones, but for their bits

struct Allocation {
  char *base;  // first page
  size_t pages_bytes;
  char *start;
  size_t bytes;
  MemoryKind kind;
  bool live;
  bool forgotten = false;  // counts no more

  char *end() const { return start + bytes; }
  char *pages_end() const { return base + pages_bytes; }
};

std::map<uintptr_t, Allocation> ledger;  // by the address of the first page
size_t device_bytes, allocations, capacity = DEFAULT_MEMORY;
bool guarded = true;

size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// The allocation on whose pages, or on the closed page after them, the address lies.
Allocation *find(uintptr_t address) {
  auto next = ledger.upper_bound(address);
  if (next == ledger.begin()) return nullptr;
  Allocation &allocation = std::prev(next)->second;
  return address < reinterpret_cast<uintptr_t>(allocation.pages_end()) + PAGE ? &allocation : nullptr;
}

std::string hexadecimal(uintptr_t address) {
  char text[32];
  snprintf(text, sizeof text, "0x%llx", (unsigned long long)address);
  return text;
}

const char *name(MemoryKind kind) { return kind == MemoryKind::DEVICE ? "device" : "pinned"; }

[[maybe_unused]] bool intact(const char *from, const char *to) {
  bool same = true;
  for (; from < to; from++) same &= static_cast<unsigned char>(*from) == RED;
  return same;
}

// Looks at up to reach bytes on both sides.
CUresult check_red_zones(const Allocation &allocation, size_t reach, const std::string &when) {
#ifndef __SANITIZE_ADDRESS__  // which reports the access itself, and would report this one
  const char *from = allocation.start - std::min(reach, size_t(allocation.start - allocation.base));
  const char *to = allocation.end() + std::min(reach, size_t(allocation.pages_end() - allocation.end()));
  const char *side = !intact(from, allocation.start) ? "before" : !intact(allocation.end(), to) ? "after" : nullptr;
  if (side != nullptr) {
    memset(allocation.base, RED, size_t(allocation.start - allocation.base));
    memset(allocation.end(), RED, size_t(allocation.pages_end() - allocation.end()));
    return violation(CUDA_ERROR_ILLEGAL_ADDRESS, when + " wrote " + side + " an allocation of " +
                                                     std::to_string(allocation.bytes) + " bytes");
  }
#endif
  (void)allocation;
  (void)reach;
  (void)when;
  return CUDA_SUCCESS;
}

}  // namespace

CUresult allocate(MemoryKind kind, size_t bytes, void **address) {
  if (address == nullptr || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  bool device = kind == MemoryKind::DEVICE;
  if (device && (bytes > capacity || device_bytes > capacity - bytes)) return CUDA_ERROR_OUT_OF_MEMORY;
  size_t pages = round_up(bytes, PAGE);
  char *base = static_cast<char *>(mmap(nullptr, pages + PAGE, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (base == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
  if (guarded) mprotect(base + pages, PAGE, PROT_NONE);
  size_t offset = guarded ? pages - round_up(bytes, ALIGNMENT) : 0;
  Allocation allocation = {base, guarded ? pages : pages + DEVICE_ALIGNMENT, base + offset, bytes, kind, true};
  memset(base, RED, allocation.pages_bytes);
  memset(allocation.start, NEW, bytes);
  ASAN_POISON_MEMORY_REGION(base, offset);
  ASAN_POISON_MEMORY_REGION(allocation.end(), size_t(allocation.pages_end() - allocation.end()));
  ledger[reinterpret_cast<uintptr_t>(base)] = allocation;
  allocations++;
  if (device) device_bytes += bytes;
  *address = allocation.start;
  return CUDA_SUCCESS;
}

CUresult release(MemoryKind kind, void *address) {
  Allocation *allocation = find(reinterpret_cast<uintptr_t>(address));
  if (allocation == nullptr || allocation->start != address || allocation->kind != kind) {
    return violation(CUDA_ERROR_INVALID_VALUE, std::string("free of a pointer that is no ") + name(kind) +
                                                   " allocation: " + hexadecimal(uintptr_t(address)));
  }
  if (!allocation->live) {
    return violation(CUDA_ERROR_INVALID_VALUE,
                     "second free of an allocation of " + std::to_string(allocation->bytes) + " bytes");
  }
  CUresult result = check_red_zones(*allocation, SIZE_MAX, "something");
  allocation->live = false;
  if (!allocation->forgotten) {
    allocations--;
    if (kind == MemoryKind::DEVICE) device_bytes -= allocation->bytes;
  }
  // The addresses stay taken and closed, so that a later use is noticed; the memory goes back.
  ASAN_UNPOISON_MEMORY_REGION(allocation->base, allocation->pages_bytes);
  size_t mapped = round_up(allocation->pages_bytes, PAGE);
  madvise(allocation->base, mapped, MADV_DONTNEED);
  mprotect(allocation->base, mapped, PROT_NONE);
  return result;
}

CUresult check_device(CUdeviceptr address, size_t bytes, const char *what) {
  if (bytes == 0) return CUDA_SUCCESS;
  Allocation *allocation = find(uintptr_t(address));
  if (allocation != nullptr && allocation->live && allocation->kind == MemoryKind::DEVICE) {
    uintptr_t start = reinterpret_cast<uintptr_t>(allocation->start);
    if (address >= start && address - start <= allocation->bytes && bytes <= allocation->bytes - (address - start))
      return CUDA_SUCCESS;
  }
  return violation(CUDA_ERROR_INVALID_VALUE, std::string(what) + " of " + std::to_string(bytes) + " bytes at " +
                                                 hexadecimal(address) + ": " + describe_address(address));
}

CUresult check_host(const void *address, size_t bytes, const char *what) {
  if (bytes == 0) return CUDA_SUCCESS;
  if (address == nullptr) return violation(CUDA_ERROR_INVALID_VALUE, std::string(what) + " of host memory at null");
  const char *start = static_cast<const char *>(address);
  Allocation *allocation = find(reinterpret_cast<uintptr_t>(address));
  if (allocation == nullptr || start >= allocation->pages_end()) return CUDA_SUCCESS;
  bool inside = allocation->live && allocation->kind == MemoryKind::PINNED && start >= allocation->start &&
                start <= allocation->end() && bytes <= size_t(allocation->end() - start);
  if (inside) return CUDA_SUCCESS;
  return violation(CUDA_ERROR_INVALID_VALUE, std::string(what) + " of " + std::to_string(bytes) +
                                                 " bytes of host memory: " + describe_address(uintptr_t(address)));
}

bool is_pinned(const void *address) {
  Allocation *allocation = find(reinterpret_cast<uintptr_t>(address));
  return allocation != nullptr && allocation->live && allocation->kind == MemoryKind::PINNED &&
         address >= allocation->start && address < allocation->end();
}

CUresult check_red_zones(const char *arguments, size_t bytes, const std::string &after) {
  CUresult result = CUDA_SUCCESS;
  for (size_t i = 0; i + sizeof(uintptr_t) <= bytes; i += sizeof(uintptr_t)) {
    uintptr_t word;
    memcpy(&word, arguments + i, sizeof word);
    Allocation *allocation = find(word);
    if (allocation == nullptr || !allocation->live) continue;
    CUresult found = check_red_zones(*allocation, NEAR, after);
    if (found != CUDA_SUCCESS) result = found;
  }
  return result;
}

std::string describe_address(uintptr_t address) {
  Allocation *allocation = find(address);
  if (allocation == nullptr) return "no allocation is there";
  std::string which = std::string(" of ") + (allocation->live ? "" : "freed ") + name(allocation->kind) +
                      " memory of " + std::to_string(allocation->bytes) + " bytes";
  uintptr_t start = reinterpret_cast<uintptr_t>(allocation->start);
  if (address < start) return std::to_string(start - address) + " bytes before the start" + which;
  return "byte " + std::to_string(address - start) + which;
}

void forget_allocations() {
  for (auto &entry : ledger) entry.second.forgotten |= entry.second.live;
  allocations = device_bytes = 0;
}

size_t live_allocations() { return allocations; }
size_t live_bytes() { return device_bytes; }
size_t memory_bytes() { return capacity; }
void set_memory_bytes(size_t bytes) { capacity = bytes; }
void set_guard(bool guard) { guarded = guard; }

bool find_allocation(CUdeviceptr address, CUdeviceptr *start, size_t *bytes) {
  Allocation *allocation = find(uintptr_t(address));
  if (allocation == nullptr || !allocation->live) return false;
  if (start != nullptr) *start = reinterpret_cast<uintptr_t>(allocation->start);
  if (bytes != nullptr) *bytes = allocation->bytes;
  return true;
}

}  // namespace cudasim

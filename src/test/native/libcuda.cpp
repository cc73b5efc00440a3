// The CUDA driver functions that Coppice uses, for one device that is simulated: devices, contexts, modules, launches.
// Copies are in copies.cpp, streams and graphs in streams.cpp.
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "driver.h"
#include "scheduler.h"

using cudasim::CallKind;
using cudasim::Kernel;
using cudasim::violation;

struct CUctx_st {
  int users = 0;
};

struct CUfunc_st {
  const Kernel *kernel;
  CUmodule module;
};

struct CUmod_st {
  std::string image;
  std::map<std::string, CUfunc_st> functions;
};

namespace {

constexpr int VERSION = 13000;
bool initialized;
CUctx_st context;
thread_local CUcontext current_context;
std::set<CUmodule> modules;
std::set<CUfunction> functions;
std::set<std::string> launched;

// By number of CUdevice_attribute; others are 0.
const std::map<int, int> attributes = {
    {1, 1024},          // threads a block
    {2, 1024},          // block.x
    {3, 1024},          // block.y
    {4, 64},            // block.z
    {5, 2147483647},    // grid.x
    {6, 65535},         // grid.y
    {7, 65535},         // grid.z
    {8, 49152},         // shared memory a block
    {9, 65536},         // constant memory
    {10, 32},           // warp
    {12, 65536},        // registers a block
    {13, 1000000},      // clock, kHz
    {16, 4},            // multiprocessors
    {19, 1},            // can map host memory
    {31, 1},            // concurrent kernels
    {36, 1000000},      // memory clock, kHz
    {37, 4096},         // memory bus, bits
    {38, 50 << 20},     // L2 cache
    {39, 2048},         // threads a multiprocessor
    {40, 2},            // copy engines
    {41, 1},            // unified addressing
    {75, 9},            // compute capability
    {76, 0},
    {78, 1},            // stream priorities
    {81, 233472},       // shared memory a multiprocessor
    {82, 65536},        // registers a multiprocessor
    {83, 1},            // managed memory
    {97, 232448},       // shared memory a block, asked for
    {106, 32},          // blocks a multiprocessor
};

CUresult bad_function() {
  return violation(CUDA_ERROR_INVALID_HANDLE, "use of a function that is none or whose module was unloaded");
}

// Whether PTX has the kernel, with arguments of as many bytes as the source that runs here. An image without any kernel
// stands for all.
CUresult check_image(const std::string &image, const Kernel &kernel) {
  if (image.find(".entry") == std::string::npos) return CUDA_SUCCESS;
  if (image.find(std::string(".entry ") + kernel.name() + "(") == std::string::npos) return CUDA_ERROR_NOT_FOUND;
  std::string parameter = std::string(kernel.name()) + "_param_0[";
  size_t at = image.find(parameter);
  if (at == std::string::npos) return CUDA_SUCCESS;
  size_t bytes = std::stoul(image.substr(at + parameter.size(), 10));
  if (bytes == kernel.argument_bytes()) return CUDA_SUCCESS;
  return violation(CUDA_ERROR_INVALID_IMAGE, std::string(kernel.name()) + " takes " + std::to_string(bytes) +
                                                 " bytes of arguments in the image and " +
                                                 std::to_string(kernel.argument_bytes()) + " in the source");
}

using Arguments = std::vector<char>;

// A copy of the argument struct, from either way of passing it; null if it is missing or of another size.
std::shared_ptr<Arguments> copy_arguments(const Kernel &kernel, void **parameters, void **extra) {
  const void *from = parameters != nullptr ? parameters[0] : nullptr;
  size_t bytes = kernel.argument_bytes();
  for (int i = 0; from == nullptr && extra != nullptr && extra[i] != nullptr; i += 2) {
    if (extra[i] == reinterpret_cast<void *>(1)) from = extra[i + 1];  // CU_LAUNCH_PARAM_BUFFER_POINTER
  }
  for (int i = 0; parameters == nullptr && extra != nullptr && extra[i] != nullptr; i += 2) {
    if (extra[i] == reinterpret_cast<void *>(2)) bytes = *static_cast<size_t *>(extra[i + 1]);  // ..._SIZE
  }
  if (from == nullptr || bytes != kernel.argument_bytes()) {
    violation(0, std::string("launch of ") + kernel.name() + " with " + std::to_string(from == nullptr ? 0 : bytes) +
                     " bytes of arguments in place of " + std::to_string(kernel.argument_bytes()));
    return nullptr;
  }
  const char *start = static_cast<const char *>(from);
  return std::make_shared<Arguments>(start, start + bytes);
}

CUresult run_kernel(const Kernel &kernel, dim3 grid, dim3 block, const Arguments &arguments) {
  launched.insert(kernel.name());
  cudasim::Failure failure = cudasim::run_grid(kernel, grid, block, arguments.data());
  if (failure.code != CUDA_SUCCESS) return violation(failure.code, failure.message);
  return cudasim::check_red_zones(arguments.data(), arguments.size(), std::string("kernel ") + kernel.name());
}

}  // namespace

namespace cudasim {
bool is_initialized() { return initialized; }
bool has_context() { return current_context != nullptr && context.users > 0; }

std::string launched_kernels() {
  std::string names;
  for (const std::string &name : launched) names += name + " ";
  return names;
}

void forget_launched() { launched.clear(); }
}  // namespace cudasim

// --- devices

DRIVER cuInit(unsigned flags) {
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  initialized = true;
  ENTER(CallKind::OTHER, false);
  cudasim::catch_faults();
  return CUDA_SUCCESS;
}

DRIVER cuDriverGetVersion(int *version) {
  *version = VERSION;
  return CUDA_SUCCESS;
}

DRIVER cuDeviceGetCount(int *count) {
  ENTER(CallKind::OTHER, false);
  *count = 1;
  return CUDA_SUCCESS;
}

DRIVER cuDeviceGet(CUdevice *device, int ordinal) {
  ENTER(CallKind::OTHER, false);
  if (ordinal != 0) return CUDA_ERROR_INVALID_DEVICE;
  *device = 0;
  return CUDA_SUCCESS;
}

DRIVER cuDeviceGetName(char *name, int length, CUdevice device) {
  ENTER(CallKind::OTHER, false);
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  if (name == nullptr || length <= 0) return CUDA_ERROR_INVALID_VALUE;
  snprintf(name, size_t(length), "Simulated CUDA device");
  return CUDA_SUCCESS;
}

DRIVER cuDeviceGetUuid(char *uuid, CUdevice device) {
  ENTER(CallKind::OTHER, false);
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  memcpy(uuid, "simulated device", 16);
  return CUDA_SUCCESS;
}

DRIVER cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  ENTER(CallKind::OTHER, false);
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  *bytes = cudasim::memory_bytes();
  return CUDA_SUCCESS;
}

DRIVER cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  ENTER(CallKind::OTHER, false);
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  auto found = attributes.find(attribute);
  *value = found == attributes.end() ? 0 : found->second;
  return CUDA_SUCCESS;
}

DRIVER cuDeviceComputeCapability(int *major, int *minor, CUdevice device) {
  CUresult result = cuDeviceGetAttribute(major, 75, device);
  return result != CUDA_SUCCESS ? result : cuDeviceGetAttribute(minor, 76, device);
}

// --- contexts: the primary one; cuCtxCreate gives it as well

DRIVER cuDevicePrimaryCtxRetain(CUcontext *result, CUdevice device) {
  ENTER(CallKind::OTHER, false);
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  context.users++;
  *result = &context;
  return CUDA_SUCCESS;
}

DRIVER cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  ENTER(CallKind::RELEASE, false);
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  if (context.users == 0) return violation(CUDA_ERROR_INVALID_CONTEXT, "the context was released more than retained");
  CUresult result = cudasim::wait_for_all();
  context.users--;
  return result;
}

DRIVER cuDevicePrimaryCtxReset_v2(CUdevice) {
  ENTER(CallKind::RELEASE, false);
  cudasim::set_sticky_error(CUDA_SUCCESS);
  return CUDA_SUCCESS;
}

DRIVER cuDevicePrimaryCtxSetFlags_v2(CUdevice, unsigned) { return CUDA_SUCCESS; }

DRIVER cuDevicePrimaryCtxGetState(CUdevice device, unsigned *flags, int *active) {
  ENTER(CallKind::OTHER, false);
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  *flags = 0;
  *active = context.users > 0;
  return CUDA_SUCCESS;
}

DRIVER cuCtxSetCurrent(CUcontext next) {
  ENTER(CallKind::OTHER, false);
  if (next != nullptr && next != &context) return CUDA_ERROR_INVALID_CONTEXT;
  current_context = next;
  return CUDA_SUCCESS;
}

DRIVER cuCtxGetCurrent(CUcontext *result) {
  ENTER(CallKind::OTHER, false);
  *result = current_context;
  return CUDA_SUCCESS;
}

DRIVER cuCtxPushCurrent_v2(CUcontext next) { return cuCtxSetCurrent(next); }

DRIVER cuCtxPopCurrent_v2(CUcontext *result) {
  CUresult got = cuCtxGetCurrent(result);
  return got != CUDA_SUCCESS ? got : cuCtxSetCurrent(nullptr);
}

DRIVER cuCtxCreate_v2(CUcontext *result, unsigned, CUdevice device) {
  CUresult retained = cuDevicePrimaryCtxRetain(result, device);
  return retained != CUDA_SUCCESS ? retained : cuCtxSetCurrent(*result);
}

DRIVER cuCtxDestroy_v2(CUcontext) { return cuDevicePrimaryCtxRelease_v2(0); }

DRIVER cuCtxGetDevice(CUdevice *device) {
  ENTER(CallKind::OTHER);
  *device = 0;
  return CUDA_SUCCESS;
}

DRIVER cuCtxGetStreamPriorityRange(int *least, int *greatest) {
  ENTER(CallKind::OTHER);
  *least = 0;
  *greatest = -5;
  return CUDA_SUCCESS;
}

DRIVER cuCtxSynchronize() {
  ENTER(CallKind::OTHER);
  CUresult refused = cudasim::refuse_in_capture("a wait for the context");
  return refused != CUDA_SUCCESS ? refused : cudasim::wait_for_all();
}

// --- modules

DRIVER cuModuleLoadData(CUmodule *module, const void *image) {
  ENTER(CallKind::OTHER);
  CUresult refused = cudasim::refuse_in_capture("loading of a module");
  if (refused != CUDA_SUCCESS) return refused;
  if (module == nullptr || image == nullptr) return CUDA_ERROR_INVALID_VALUE;
  std::string text = static_cast<const char *>(image);
  bool ptx = text.find(".version") != std::string::npos && text.find(".target") != std::string::npos;
  if (!ptx) return violation(CUDA_ERROR_INVALID_IMAGE, "a module that is not PTX");
  *module = new CUmod_st{text, {}};
  modules.insert(*module);
  return CUDA_SUCCESS;
}

DRIVER cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned, int *, void **) {
  return cuModuleLoadData(module, image);
}

DRIVER cuModuleUnload(CUmodule module) {
  ENTER(CallKind::RELEASE);
  if (!modules.erase(module)) return violation(CUDA_ERROR_INVALID_HANDLE, "a module was unloaded twice or is none");
  CUresult result = cudasim::wait_for_all();
  for (auto &entry : module->functions) functions.erase(&entry.second);
  delete module;
  return result;
}

DRIVER cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  ENTER(CallKind::OTHER);
  if (!modules.count(module)) return violation(CUDA_ERROR_INVALID_HANDLE, "use of a module that is none");
  if (function == nullptr || name == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const Kernel *kernel = Kernel::find(name);
  if (kernel == nullptr) return CUDA_ERROR_NOT_FOUND;
  CUresult result = check_image(module->image, *kernel);
  if (result != CUDA_SUCCESS) return result;
  *function = &module->functions.emplace(name, CUfunc_st{kernel, module}).first->second;
  functions.insert(*function);
  return CUDA_SUCCESS;
}

DRIVER cuFuncSetAttribute(CUfunction function, int, int) {
  ENTER(CallKind::OTHER);
  return functions.count(function) ? CUDA_SUCCESS : bad_function();
}

// The threads a block may have; nothing is known of registers.
DRIVER cuFuncGetAttribute(int *value, int attribute, CUfunction function) {
  ENTER(CallKind::OTHER);
  if (!functions.count(function)) return bad_function();
  *value = attribute == 0 ? 1024 : 0;
  return CUDA_SUCCESS;
}

DRIVER cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function, int threads, size_t) {
  ENTER(CallKind::OTHER);
  if (!functions.count(function)) return bad_function();
  *blocks = threads <= 0 ? 0 : 2048 / threads;
  return CUDA_SUCCESS;
}

DRIVER cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                      unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream, void **parameters,
                      void **extra) {
  ENTER(CallKind::LAUNCH);
  if (!functions.count(function)) return bad_function();
  const Kernel &kernel = *function->kernel;
  bool grid_fits = grid_x - 1u < 2147483647u && grid_y - 1u < 65535u && grid_z - 1u < 65535u;
  bool block_fits = block_x - 1u < 1024u && block_y - 1u < 1024u && block_z - 1u < 64u &&
                    uint64_t(block_x) * block_y * block_z <= 1024u;
  if (!grid_fits || !block_fits) {
    char shape[120];
    snprintf(shape, sizeof shape, " with grid (%u,%u,%u) and block (%u,%u,%u)", grid_x, grid_y, grid_z,
             block_x, block_y, block_z);
    return violation(CUDA_ERROR_INVALID_VALUE, std::string("launch of ") + kernel.name() + shape);
  }
  if (shared_bytes > 0) return violation(CUDA_ERROR_INVALID_VALUE, "dynamic shared memory is not simulated");
  std::shared_ptr<Arguments> arguments = copy_arguments(kernel, parameters, extra);
  if (arguments == nullptr) return CUDA_ERROR_INVALID_VALUE;
  dim3 grid(grid_x, grid_y, grid_z), block(block_x, block_y, block_z);
  return cudasim::submit(
      stream, [&kernel, grid, block, arguments] { return run_kernel(kernel, grid, block, *arguments); });
}

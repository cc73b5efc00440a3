// Failures on demand, the record of misuse, and how a test reaches them.
//
// A test in C calls the cudasim_ functions. A test in Java, which has the driver functions only, sends a line of text
// with cuProfilerInitialize(line, "", 0) and reads the answer with cuGetErrorString(CONTROL_ANSWER). Environment
// variables set what holds from the start: CUDASIM_ORDER, CUDASIM_MEMORY (bytes), CUDASIM_FAIL (kind:n:code),
// CUDASIM_GUARD and CUDASIM_DEFER (0 or 1).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>

#include "driver.h"
#include "scheduler.h"

namespace cudasim {
namespace {

constexpr int CONTROL_ANSWER = 0x51a0;
constexpr int KINDS = 5;  // counted ones
constexpr int ANY = 5;
const char *const kind_names[] = {"alloc", "copy", "launch", "other", "library", "any"};

std::recursive_mutex lock;
long calls[KINDS + 1];
struct {
  long countdown;  // 0 for none
  int code;
} injected[KINDS + 1];
long violations, library_handles;
std::string last_violation, answer;
CUresult sticky;
bool deferred = true, quiet;

int kind_of(const std::string &name) {
  for (int kind = 0; kind <= ANY; kind++)
    if (name == kind_names[kind]) return kind;
  return -1;
}

CUresult count(int kind) {
  calls[kind]++;
  return injected[kind].countdown > 0 && --injected[kind].countdown == 0 ? injected[kind].code : CUDA_SUCCESS;
}

void read_settings();

// As when the library was loaded, but for what is alive.
void reset() {
  memset(calls, 0, sizeof calls);
  memset(injected, 0, sizeof injected);
  violations = 0;
  last_violation.clear();
  sticky = CUDA_SUCCESS;
  deferred = true;
  thread_order = 0;
  set_guard(true);
  set_memory_bytes(DEFAULT_MEMORY);
  forget_allocations();
  forget_launched();
  read_settings();
}

bool fail_nth(const std::string &kind, long n, int code) {
  int index = kind_of(kind);
  if (index < 0 || n < 0) return false;
  injected[index] = {n, code};
  return true;
}

// Sets what a line says, or makes the answer that it asks for; false if it is none.
bool obey(const std::string &line) {
  std::istringstream words(line);
  std::string command, kind;
  long long n = 0;
  int code = 0;
  words >> command;
  if (command == "fail") return words >> kind >> n >> code && fail_nth(kind, long(n), code);
  if (command == "calls") {
    if (!(words >> kind) || kind_of(kind) < 0) return false;
    answer = std::to_string(calls[kind_of(kind)]);
    return true;
  }
  bool number = bool(words >> n);
  if (command == "reset") reset();
  else if (command == "live-allocations") answer = std::to_string(live_allocations());
  else if (command == "live-bytes") answer = std::to_string(live_bytes());
  else if (command == "live-handles") answer = std::to_string(live_streams_events_graphs() + live_library_handles());
  else if (command == "violations") answer = std::to_string(violations);
  else if (command == "last-violation") answer = last_violation;
  else if (command == "launched") answer = launched_kernels();
  else if (command == "order" && number && n >= 0 && n <= 2) thread_order = int(n);
  else if (command == "memory" && number && n >= 0) set_memory_bytes(size_t(n));
  else if (command == "guard" && number) set_guard(n != 0);
  else if (command == "defer" && number) deferred = n != 0;
  else if (command == "quiet" && number) quiet = n != 0;
  else return false;
  return true;
}

void set_from_environment(const char *variable, const std::string &command) {
  const char *value = getenv(variable);
  if (value == nullptr) return;
  std::string line = command + " " + value;
  for (char &letter : line) letter = letter == ':' ? ' ' : letter;
  if (obey(line)) return;
  fprintf(stderr, "cudasim: %s=%s is not understood\n", variable, value);
  exit(2);
}

void read_settings() {
  set_from_environment("CUDASIM_ORDER", "order");
  set_from_environment("CUDASIM_MEMORY", "memory");
  set_from_environment("CUDASIM_GUARD", "guard");
  set_from_environment("CUDASIM_DEFER", "defer");
}

__attribute__((constructor)) void read_environment() {
  read_settings();
  set_from_environment("CUDASIM_FAIL", "fail");
}

}  // namespace

bool is_initialized();

Call::Call(CallKind kind, bool needs_context) : result_(CUDA_SUCCESS) {
  lock.lock();
  if (kind != CallKind::RELEASE) {
    CUresult one = count(int(kind)), any = count(ANY);
    result_ = one != CUDA_SUCCESS ? one : any;
    if (result_ == CUDA_SUCCESS && needs_context) result_ = sticky;
  }
  if (result_ != CUDA_SUCCESS) return;
  if (!is_initialized()) result_ = CUDA_ERROR_NOT_INITIALIZED;
  else if (needs_context && !has_context()) result_ = CUDA_ERROR_INVALID_CONTEXT;
}

Call::~Call() { lock.unlock(); }

CUresult violation(CUresult code, const std::string &what) {
  violations++;
  last_violation = what;
  if (!quiet) fprintf(stderr, "cudasim: %s\n", what.c_str());
  return code;
}

CUresult sticky_error() { return sticky; }
void set_sticky_error(CUresult code) { sticky = code; }
bool deferring() { return deferred; }
void count_library_handles(int more) { library_handles += more; }
size_t live_library_handles() { return size_t(library_handles); }

}  // namespace cudasim

using namespace cudasim;

// Deprecated in CUDA, and of no other use here.
DRIVER cuProfilerInitialize(const char *line, const char *, int) {
  std::lock_guard<std::recursive_mutex> guard(lock);
  return line != nullptr && obey(line) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

namespace {
struct NamedError {
  int code;
  const char *name;
  const char *text;
};
const NamedError errors[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {4, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {401, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {800, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    {801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const NamedError *find_error(int code) {
  for (const NamedError &error : errors)
    if (error.code == code) return &error;
  return nullptr;
}
}  // namespace

DRIVER cuGetErrorName(int code, const char **name) {
  const NamedError *error = find_error(code);
  *name = error == nullptr ? nullptr : error->name;
  return error == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

DRIVER cuGetErrorString(int code, const char **text) {
  const NamedError *error = find_error(code);
  *text = code == CONTROL_ANSWER ? answer.c_str() : error == nullptr ? nullptr : error->text;
  return *text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

#define CONTROL extern "C" __attribute__((visibility("default")))

CONTROL size_t cudasim_live_allocations() { return live_allocations(); }
CONTROL size_t cudasim_live_bytes() { return live_bytes(); }
CONTROL size_t cudasim_live_handles() { return live_streams_events_graphs(); }
CONTROL long cudasim_violations() { return violations; }
CONTROL const char *cudasim_last_violation() { return last_violation.c_str(); }
CONTROL void cudasim_reset() { reset(); }
CONTROL bool cudasim_fail_nth(const char *kind, long n, int code) { return fail_nth(kind, n, code); }
CONTROL long cudasim_calls(const char *kind) { return kind_of(kind) < 0 ? -1 : calls[kind_of(kind)]; }
CONTROL void cudasim_set_memory(size_t bytes) { set_memory_bytes(bytes); }
CONTROL void cudasim_set_order(int order) { thread_order = order; }

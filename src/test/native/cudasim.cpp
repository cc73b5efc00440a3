// The scheduler: blocks one by one, threads as fibers of the calling CPU thread. x86-64 Linux.
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "driver.h"
#include "scheduler.h"

#undef threadIdx

extern char cudasim_shared_start[] __attribute__((visibility("hidden")));
extern char cudasim_shared_end[] __attribute__((visibility("hidden")));

namespace cudasim {

Fiber *current;
uint3 block_index;
dim3 block_size;
dim3 grid_size;
int thread_order;

namespace {

constexpr size_t STACK_BYTES = 256 * 1024;
constexpr size_t PAGE = 4096;

void *scheduler_stack_pointer;
const Kernel *kernel;
const void *kernel_arguments;
std::vector<Fiber> fibers;
std::vector<Warp> warps;
uint32_t barrier_generation;
unsigned barrier_arrived, live_threads;
uint64_t progress;  // counts arrivals and ends; a round of all fibers without any is a deadlock
Failure failure;
const Kernel *first_kernel;
std::atomic<pid_t> running_thread;  // the CPU thread that is inside a kernel, for the fault handler
uintptr_t fault_address;
bool fault_writes;

// Saves the registers that a callee must keep, and changes stacks.
extern "C" __attribute__((visibility("hidden"))) void cudasim_switch(void **save, void *to);
__asm__(
    ".text\n.globl cudasim_switch\n.hidden cudasim_switch\n.type cudasim_switch,@function\ncudasim_switch:\n"
    "pushq %rbp\npushq %rbx\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
    "movq %rsp,(%rdi)\nmovq %rsi,%rsp\n"
    "popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbx\npopq %rbp\nret\n.size cudasim_switch,.-cudasim_switch\n");

void to_scheduler() { cudasim_switch(&current->stack_pointer, scheduler_stack_pointer); }

void await(const uint32_t *generation, uint32_t seen) {
  current->awaited = generation;
  current->seen = seen;
  to_scheduler();
}

std::string place() {
  char text[200];
  snprintf(text, sizeof text, "kernel %s, block (%u,%u,%u), thread (%u,%u,%u)", kernel->name(), block_index.x,
           block_index.y, block_index.z, current->thread.x, current->thread.y, current->thread.z);
  return text;
}

[[noreturn]] void end_launch(int code, const std::string &what) {
  failure = {code, what + " (" + place() + ")"};
  to_scheduler();
  abort();  // the scheduler never comes back to a launch that failed
}

void release_warp(Warp *warp) {
  warp->arrived = 0;
  warp->generation++;
}

void release_block() {
  barrier_arrived = 0;
  barrier_generation++;
}

// Threads that have ended hold up neither warp nor block, as on the device.
void thread_main() {
  (*kernel)(kernel_arguments);
  Warp *warp = current->warp;
  current->done = true;
  warp->live &= ~(1u << current->lane);
  live_threads--;
  progress++;
  if (warp->arrived && warp->arrived == warp->live) release_warp(warp);
  if (barrier_arrived && barrier_arrived == live_threads) release_block();
  to_scheduler();
  abort();
}

unsigned permuted(unsigned i, unsigned count) {
  if (thread_order == 1) return count - 1 - i;
  if (thread_order != 2) return i;
  unsigned step = count / 2 + 1;
  while (std::gcd(step, count) != 1) step++;
  return unsigned((uint64_t(i) * step + count / 3) % count);
}

void create_fibers(unsigned count) {
  while (fibers.size() < count) {
    void *memory = mmap(nullptr, STACK_BYTES + PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, PAGE, PROT_NONE) != 0) {
      fputs("cudasim: no memory for the stacks of a block\n", stderr);
      abort();
    }
    Fiber fiber = {};
    fiber.stack = static_cast<char *>(memory) + PAGE;
    fibers.push_back(fiber);
  }
}

void start_thread(unsigned number) {
  Fiber &fiber = fibers[number];
  fiber.number = number;
  fiber.lane = number % WARP;
  fiber.warp = &warps[number / WARP];
  fiber.warp->live |= 1u << fiber.lane;
  fiber.awaited = nullptr;
  fiber.done = false;
  fiber.thread = {number % block_size.x, number / block_size.x % block_size.y, number / (block_size.x * block_size.y)};
  // What cudasim_switch pops: six registers and the place to go on at, then a slot that aligns the stack as a call
  // does.
  void **top = reinterpret_cast<void **>(fiber.stack + STACK_BYTES);
  *--top = nullptr;
  *--top = reinterpret_cast<void *>(thread_main);
  for (int i = 0; i < 6; i++) *--top = nullptr;
  fiber.stack_pointer = top;
}

void report_deadlock(const std::vector<unsigned> &order) {
  auto waiting = std::find_if(order.begin(), order.end(), [](unsigned i) { return !fibers[i].done; });
  current = &fibers[*waiting];
  char what[160];
  snprintf(what, sizeof what, "deadlock: %u of %u living threads wait at __syncthreads, the others at warp operations",
           barrier_arrived, live_threads);
  failure = {CUDA_ERROR_LAUNCH_FAILED, what + (" (" + place() + ")")};
}

void run_block(const std::vector<unsigned> &order) {
  unsigned threads = unsigned(order.size());
  memset(cudasim_shared_start, 0xff, size_t(cudasim_shared_end - cudasim_shared_start));
  barrier_arrived = 0;
  live_threads = threads;
  for (Warp &warp : warps) warp.arrived = warp.live = 0;
  for (unsigned i = 0; i < threads; i++) start_thread(i);
  while (live_threads > 0 && failure.code == 0) {
    uint64_t before = progress;
    for (unsigned number : order) {
      current = &fibers[number];
      if (current->done || (current->awaited != nullptr && *current->awaited == current->seen)) continue;
      current->awaited = nullptr;
      cudasim_switch(&scheduler_stack_pointer, current->stack_pointer);
      if (failure.code != 0) return;
    }
    if (progress == before) report_deadlock(order);
  }
}

void fault_landing() {
  char what[80];
  snprintf(what, sizeof what, "%s address 0x%llx", fault_writes ? "writes to" : "reads from",
           (unsigned long long)fault_address);
  end_launch(CUDA_ERROR_ILLEGAL_ADDRESS, what + (": " + describe_address(fault_address)));
}

struct sigaction previous_action;

// Goes on in fault_landing, on the fiber's own stack, if a kernel made the fault.
void on_fault(int signal, siginfo_t *info, void *context) {
  if (running_thread.load() == pid_t(syscall(SYS_gettid))) {
    greg_t *registers = static_cast<ucontext_t *>(context)->uc_mcontext.gregs;
    fault_address = reinterpret_cast<uintptr_t>(info->si_addr);
    fault_writes = registers[REG_ERR] & 2;
    registers[REG_RSP] = ((registers[REG_RSP] - 1024) & ~greg_t(15)) - 8;
    registers[REG_RIP] = reinterpret_cast<greg_t>(fault_landing);
  } else if (previous_action.sa_flags & SA_SIGINFO) {
    previous_action.sa_sigaction(signal, info, context);
  } else if (previous_action.sa_handler == SIG_DFL || previous_action.sa_handler == SIG_IGN) {
    sigaction(signal, &previous_action, nullptr);  // the instruction runs again and ends the process
  } else {
    previous_action.sa_handler(signal);
  }
}

}  // namespace

Kernel::Kernel(const char *name, size_t argument_bytes)
    : name_(name), argument_bytes_(argument_bytes), next_(first_kernel) {
  first_kernel = this;
}

const Kernel *Kernel::find(const char *name) {
  const Kernel *found = first_kernel;
  while (found != nullptr && strcmp(found->name_, name) != 0) found = found->next_;
  return found;
}

void fail(const char *what) { end_launch(CUDA_ERROR_LAUNCH_FAILED, what); }

void block_barrier() {
  uint32_t generation = barrier_generation;
  progress++;
  if (++barrier_arrived == live_threads) {
    release_block();
    return;
  }
  await(&barrier_generation, generation);
}

void meet(unsigned mask, WarpOperation operation) {
  Warp *warp = current->warp;
  uint32_t generation = warp->generation;
  if (!(mask >> current->lane & 1)) fail("a lane is not in the mask of its own warp operation");
  if ((mask & warp->live) != warp->live) fail("warp operations of part of a warp are not simulated");
  if (warp->arrived && warp->operation != operation) fail("the lanes of a warp meet at different warp operations");
  if (warp->arrived && warp->mask != mask) fail("the lanes of a warp meet with different masks");
  warp->operation = operation;
  warp->mask = mask;
  warp->arrived |= 1u << current->lane;
  progress++;
  if (warp->arrived == warp->live) {
    release_warp(warp);
    return;
  }
  await(&warp->generation, generation);
}

Failure run_grid(const Kernel &launched, dim3 grid, dim3 block, const void *arguments) {
  unsigned threads = block.x * block.y * block.z;
  uint64_t blocks = uint64_t(grid.x) * grid.y * grid.z;
  kernel = &launched;
  kernel_arguments = arguments;
  block_size = block;
  grid_size = grid;
  failure = {};
  create_fibers(threads);
  warps.resize((threads + WARP - 1) / WARP);
  std::vector<unsigned> order(threads);
  for (unsigned i = 0; i < threads; i++) order[i] = permuted(i, threads);
  running_thread = pid_t(syscall(SYS_gettid));
  for (uint64_t i = 0; i < blocks && failure.code == 0; i++) {
    unsigned number = blocks <= UINT32_MAX ? permuted(unsigned(i), unsigned(blocks)) : unsigned(i);
    block_index = {number % grid.x, number / grid.x % grid.y, number / (grid.x * grid.y)};
    run_block(order);
  }
  running_thread = 0;
  current = nullptr;
  return failure;
}

void catch_faults() {
  static bool done;
  if (done) return;
  done = true;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigaction(SIGSEGV, &action, &previous_action);
}

}  // namespace cudasim

#!/usr/bin/env bash
# Runs a command on a simulated GPU: CUDA kernels are executed on the CPU. It is for tests, and slow.
#
#   scripts/with-simulated-cuda.sh COMMAND...
#
# CUDASIM_ORDER (0 forward, 1 reverse, 2 permuted) sets the order of threads, CUDASIM_MEMORY the device's memory in
# bytes, CUDASIM_FAIL=kind:n:code lets the n-th call of a kind (alloc, copy, launch, other, any) fail.
# CUDASIM_SANITIZE=1 builds with the address sanitizer.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
if [ $# = 0 ]; then
  echo "usage: with-simulated-cuda.sh COMMAND..." >&2
  exit 2
fi
directory=$root/target/native
"$root/src/test/native/build.sh" "$directory"
if [ "${CUDASIM_SANITIZE:-0}" = 1 ]; then
  directory=$directory/sanitized
  # The JVM handles faults itself and does not free all memory; fibers have stacks the sanitizer does not know.
  export LD_PRELOAD="$("${CXX:-g++}" -print-file-name=libasan.so)${LD_PRELOAD:+:$LD_PRELOAD}"
  export ASAN_OPTIONS="detect_leaks=0:handle_segv=0:allow_user_segv_handler=1:detect_stack_use_after_return=0"
fi
echo "CUDA is simulated on the CPU ($directory)" >&2
export COPPICE_SIMULATED_CUDA=1
export LD_LIBRARY_PATH="$directory:$directory/cuda12${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$@"

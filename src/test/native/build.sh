#!/usr/bin/env bash
# Builds a libcuda.so.1 that runs Coppice's kernels on the CPU: src/test/native/build.sh OUTPUT_DIRECTORY
#
# In folders beside it stand-ins for NVIDIA's libraries that work on its memory: cuda12 has cuSPARSE and cuBLAS 12, and
# cuda13 has cuSPARSE and cuBLAS 13.
#
# Compiles only what is older than its sources. CUDASIM_SANITIZE=1 builds with the address sanitizer, into
# OUTPUT_DIRECTORY/sanitized; CXX names another compiler than g++.
set -euo pipefail
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -P "$here/../../.." && pwd)
output=${1:?build.sh needs an output directory}
compiler=${CXX:-g++}
flags=(-std=c++17 -O2 -g -mfma -ffp-contract=off -fno-strict-aliasing -fPIC -fvisibility=hidden -DCUDASIM
  -Wall -Wextra -Wno-unknown-pragmas -Wno-unused-parameter -I "$here" -I "$root/kernels")
if [ "${CUDASIM_SANITIZE:-0}" = 1 ]; then
  output=$output/sanitized
  flags+=(-fsanitize=address)
fi

if ! command -v "$compiler" >/dev/null; then
  echo "build.sh: there is no $compiler to compile the simulated CUDA driver with" >&2
  exit 3
fi
mkdir -p "$output/objects"
exec 9>"$output/lock"
if command -v flock >/dev/null; then flock 9; fi

library=$output/libcuda.so.1
shopt -s nullglob
sources=("$here"/*.cpp "$here"/*.cu "$root"/kernels/*.cu)
kernel_headers=("$here"/cudasim*.h "$root"/kernels/*.cuh)
headers=("$here"/*.h)
objects=()
stale=()

# newer TARGET FILE...: whether any of the files is newer than the target, or there is no target.
newer() {
  local target=$1 file
  shift
  [ -e "$target" ] || return 0
  for file; do [ "$file" -nt "$target" ] && return 0; done
  return 1
}

for source in "${sources[@]}"; do
  object=$output/objects/$(basename "$source").o
  objects+=("$object")
  case $source in
    *.cu) needs=("$source" "${kernel_headers[@]}" "$here/build.sh") ;;
    *) needs=("$source" "${headers[@]}" "$here/build.sh") ;;
  esac
  if newer "$object" "${needs[@]}"; then stale+=("$source"); fi
done

compile() {
  "$compiler" "${flags[@]}" -x c++ -c "$1" -o "$output/objects/$(basename "$1").o.tmp" &&
    mv "$output/objects/$(basename "$1").o.tmp" "$output/objects/$(basename "$1").o"
}

# Two at a time.
for ((i = 0; i < ${#stale[@]}; i += 2)); do
  pids=()
  for source in "${stale[@]:i:2}"; do
    compile "$source" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
done

# Objects of kernels that are gone do not make the library old; the list of objects does.
list=$output/objects/list
if [ "$(printf '%s\n' "${objects[@]}")" != "$(cat "$list" 2>/dev/null)" ]; then rm -f "$library"; fi
if newer "$library" "${objects[@]}" "$here/shared.ld"; then
  "$compiler" "${flags[@]}" -shared -Wl,-soname,libcuda.so.1 -Wl,-T,"$here/shared.ld" -Wl,-z,defs \
    -o "$library.tmp" "${objects[@]}"
  mv "$library.tmp" "$library"
  printf '%s\n' "${objects[@]}" >"$list"
fi

# library NAME SOURCE: a stand-in whose symbols have its name as their version, as NVIDIA's do.
library() {
  local name=$1 source=$here/libraries/$2 soname
  local target=$output/$name
  soname=$(basename "$name")
  if ! newer "$target" "$source" "$here/libraries/library.h" "$here/driver.h" "$library" "$here/build.sh"; then return; fi
  mkdir -p "$(dirname "$target")"
  echo "$soname { global: cu*; local: *; };" >"$target.map"
  "$compiler" "${flags[@]}" -DMAJOR="${soname##*.}" -shared -Wl,-soname,"$soname" -Wl,--version-script="$target.map" \
    -Wl,-z,defs -o "$target.tmp" "$source" "$library"
  mv "$target.tmp" "$target"
}

library cuda12/libcusparse.so.12 cusparse.cpp
library cuda12/libcublas.so.12 cublas.cpp
library cuda13/libcusparse.so.12 cusparse.cpp
library cuda13/libcublas.so.13 cublas.cpp

#!/usr/bin/env bash
# Compiles kernels/*.cu to the PTX in kernels/ptx, which is committed: a build of Coppice needs no CUDA toolkit.
#
#   scripts/build-kernels.sh            rewrites kernels/ptx
#   scripts/build-kernels.sh --check    compiles elsewhere and fails if kernels/ptx differs; exit status 3 if the
#                                       committed files are from another release of nvcc, which no check can compare
#
# One file serves all GPUs from compute capability 7.5 on. nvcc names the newest PTX version it knows, which older
# drivers refuse, so the version is lowered to one that has all the instructions used, and hints of newer versions are
# left out. Of the compiler's comments only its release stays. ptxas, where there is one, assembles the result.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
target=sm_75
version=7.0

fail() {
  echo "build-kernels: $*" >&2
  exit 1
}

check=false
case ${1:-} in
  '') ;;
  --check) check=true ;;
  *)
    echo "build-kernels: the only option is --check" >&2
    exit 2
    ;;
esac
command -v nvcc >/dev/null || fail "nvcc is not on the PATH: it comes with the CUDA toolkit, 11.0 or newer"
release="// Compiled by nvcc $(nvcc --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')"
if $check; then
  for file in "$root"/kernels/ptx/*.ptx; do
    [ -e "$file" ] || fail "there is no PTX in kernels/ptx: run scripts/build-kernels.sh"
    if [ "$(head -n 1 "$file")" != "$release" ]; then
      echo "build-kernels: cannot compare: this nvcc would write '$release', but kernels/ptx/$(basename "$file")" \
        "begins '$(head -n 1 "$file")'" >&2
      exit 3
    fi
  done
fi

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
for source in "$root"/kernels/*.cu; do
  name=$(basename "$source" .cu)
  nvcc -ptx -std=c++17 -arch=compute_75 -O3 -fmad=false -Wno-deprecated-gpu-targets -o "$directory/raw" "$source"
  echo "$release" >"$directory/$name.$target.ptx"
  sed -e 's/[[:space:]]*\/\/.*$//' -e '/^[[:space:]]*$/d' -e '/\.pragma "used_bytes_mask/d' \
    -e "s/^\.version .*/.version $version/" "$directory/raw" \
    >>"$directory/$name.$target.ptx"
  if command -v ptxas >/dev/null; then
    for gpu in sm_75 sm_80 sm_90; do
      ptxas -arch="$gpu" -o "$directory/raw" "$directory/$name.$target.ptx" || fail "$name does not assemble for $gpu"
    done
  fi
done
rm -f "$directory/raw"

if $check; then
  diff -rq "$directory" "$root/kernels/ptx" || fail "kernels/ptx is out of date: run scripts/build-kernels.sh"
else
  mkdir -p "$root/kernels/ptx"
  rm -f "$root"/kernels/ptx/*.ptx
  cp "$directory"/*.ptx "$root/kernels/ptx/"
fi

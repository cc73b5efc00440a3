#!/usr/bin/env bash
# Times training steps of Coppice on a GPU beside its rivals in PyTorch: one JSON line a result.
#
#   scripts/bench-gpu.sh [--quick] [--device N] [--net NAME]... [--no-rivals] [OUT.jsonl]
#
#   --quick       everything small, for trying the script (scripts/with-simulated-cuda.sh)
#   --device N    number of the GPU (default 0)
#   --net NAME    cifar: 3072-4000-1000-4000-10, fashion: 784-1000-1000-1000-10, wide: 54675-500000-500000-18;
#                 default all three; epsilon 20, batch 128
#   --no-rivals   Coppice only
#
# Lines go to standard output, and are added to OUT.jsonl. Coppice trains on random bytes with a fixed topology; its
# us_per_step is the median of the epochs after the first, in which steps are recorded. PYTHON names the Python with
# PyTorch (default python3); without PyTorch the rivals are left out with a message. Exit code 1 if a run failed.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

usage() {
  sed -n '2,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

quick=
device=0
nets=()
rivals=yes
out=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=yes ;;
    --device) device=${2:?--device needs a number} && shift ;;
    --net)
      case ${2:-} in cifar | fashion | wide) nets+=("$2") ;; *) usage ;; esac
      shift
      ;;
    --no-rivals) rivals= ;;
    -*) usage ;;
    *) [ -z "$out" ] && out=$1 || usage ;;
  esac
  shift
done
[ ${#nets[@]} -gt 0 ] || nets=(cifar fashion wide)
if [ -x "$root/jre/bin/java" ]; then
  coppice=$root/coppice
  commit=$(cat "$root/commit")
else
  coppice=$root/scripts/coppice
  commit=$(git -C "$root" describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || echo unknown)
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

emit() {
  printf '%s\n' "$1"
  [ -z "$out" ] || printf '%s\n' "$1" >>"$out"
}

# Sets features, hidden, classes, steps an epoch, epochs.
shape() {
  case $1 in
    cifar) features=3072 hidden=4000,1000,4000 classes=10 steps=300 epochs=6 ;;
    fashion) features=784 hidden=1000,1000,1000 classes=10 steps=400 epochs=6 ;;
    wide) features=54675 hidden=500000,500000 classes=18 steps=16 epochs=4 ;;
  esac
  if [ -n "$quick" ]; then
    features=$((features / 100 + 20)) hidden=40,20 steps=3 epochs=3
  fi
}

bytes() { # NUMBER: four bytes, the highest first
  local hex
  hex=$(printf '%08x' "$1")
  # shellcheck disable=SC2059
  printf "\\x${hex:0:2}\\x${hex:2:2}\\x${hex:4:2}\\x${hex:6:2}"
}

# Writes random samples in IDX form: images of one line.
samples() { # NAME COUNT FEATURES CLASSES
  {
    printf '\0\0\x08\x03'
    bytes "$2" && bytes 1 && bytes "$3"
    head -c $(($2 * $3)) /dev/urandom
  } >"$scratch/$1-images-idx3-ubyte"
  {
    printf '\0\0\x08\x01'
    bytes "$2"
    awk -v n="$2" -v c="$4" 'BEGIN { for (i = 0; i < n; i++) printf "%02x", i % c }' | sed 's/../\\x&/g' |
      while IFS= read -r line || [ -n "$line" ]; do printf '%b' "$line"; done
  } >"$scratch/$1-labels-idx1-ubyte"
}

value() { # FILE KEY: a value of the JSON object in the file's last line
  tail -n 1 "$1" 2>/dev/null | sed -n "s/.*\"$2\":\"\{0,1\}\([^,}\"]*\).*/\1/p"
}

# The median of the seconds that training took in the epochs after the first, over the steps, in microseconds.
median() { # METRICS STEPS
  sed -n 's/.*"train":\([0-9.eE+-]*\)}.*/\1/p' "$1" | tail -n +2 | sort -g |
    awk -v n="$2" '{ v[NR] = $1 } END { if (NR) printf "%.2f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 / n * 1e6 }'
}

machine() { # the GPU's name as coppice shows it
  "$coppice" devices 2>/dev/null | sed -n "s/.*GPU $device  *\([^,]*\),.*/\1/p" | sed -n 1p | tr -d '"\\'
}

run() { # NET
  local features hidden classes steps epochs batch=128
  shape "$1"
  samples "$1" $((steps * batch)) "$features" "$classes"
  samples "$1-test" "$batch" "$features" "$classes"
  local shape=$features-${hidden//,/-}-$classes status=0
  "$coppice" train --backend cuda --device "$device" --quiet --out "$scratch/run" \
    --data "$scratch/$1-images-idx3-ubyte,$scratch/$1-labels-idx1-ubyte" \
    --test "$scratch/$1-test-images-idx3-ubyte,$scratch/$1-test-labels-idx1-ubyte" --normalize none \
    --hidden "$hidden" --epsilon 20 --evolution static --activation allrelu:0.6 --dropout 0 --learning-rate 0.00001 \
    --batch-size "$batch" --epochs "$epochs" --eval-every "$epochs" --checkpoint-every "$epochs" \
    >"$scratch/log" 2>&1 || status=$?
  if [ "$status" != 0 ]; then
    echo "bench-gpu: $shape: exit code $status: $(tail -n 1 "$scratch/log")" >&2
    failed=1
  else
    emit "$(printf '{"name":"coppice exact","net":"%s","shape":"%s","batch":%s,"us_per_step":%s,"device":"%s",' \
      "$1" "$shape" "$batch" "$(median "$scratch/run/metrics.jsonl" "$steps")" "$gpu")$(
      printf '"versions":{"coppice":"%s"},"connections":%s,"peak_memory_bytes":%s}' \
        "$commit" "$(value "$scratch/log" connections)" "$(value "$scratch/log" peak_memory_bytes)")"
  fi
  rm -rf "${scratch:?}/run" "$scratch/$1"-*
}

gpu=$(machine)
for net in "${nets[@]}"; do
  run "$net"
done
if [ -n "$rivals" ]; then
  options=(--index "$device")
  [ -z "$quick" ] || options+=(--quick)
  [ -z "${COPPICE_SIMULATED_CUDA:-}" ] || options+=(--device cpu) # PyTorch cannot use the simulated driver
  for net in "${nets[@]}"; do
    options+=(--net "$net")
  done
  "${PYTHON:-python3}" "$root/scripts/bench_rivals.py" "${options[@]}" >"$scratch/rivals" || failed=1
  while IFS= read -r line; do
    emit "$line"
  done <"$scratch/rivals"
fi
exit "$failed"

#!/usr/bin/env bash
# Checks Coppice on a machine with an NVIDIA GPU, from a checkout or an unpacked bundle; needs no network.
#
#   scripts/gpu-check.sh [--quick] [--device N] [--fashion DIR] [OUT_DIR]
#
#   --quick         everything small, for trying the script itself (scripts/with-simulated-cuda.sh)
#   --device N      number of the GPU (default 0)
#   --fashion DIR   the Fashion-MNIST files (default: where `coppice data fetch` puts them; without them it is left out)
#
# Writes OUT_DIR/gpu-check.md (default runs/gpu-check), anew after each check, and each step's output beside it. Exit
# code 1 if a check failed.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

usage() {
  sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

quick=
device=0
fashion=
out=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=yes ;;
    --device) device=${2:?--device needs a number} && shift ;;
    --fashion) fashion=${2:?--fashion needs a folder} && shift ;;
    -*) usage ;;
    *) [ -z "$out" ] && out=$1 || usage ;;
  esac
  shift
done
out=${out:-runs/gpu-check}
if [ -x "$root/jre/bin/java" ]; then
  coppice=$root/coppice
  commit=$(cat "$root/commit")
else
  coppice=$root/scripts/coppice
  commit=$(git -C "$root" describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || echo unknown)
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -rf "$out"/run-* "$out"/*.log
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

checks=()
figures=()
failed=0
finished=

row() { # RESULT NAME DETAIL
  checks+=("| $2 | $1 | ${3//|/\\|} |")
  printf '%-8s %s: %s\n' "$1" "$2" "$3"
  [ "$1" != FAIL ] || failed=1
  report >"$out/gpu-check.md" # a machine that is taken away leaves what was found
}

figure() { # WHAT VALUE
  figures+=("| $1 | $2 |")
  printf '%-8s %s: %s\n' figure "$1" "$2"
}

last_line() { tail -n 1 "$1" 2>/dev/null | cut -c 1-300; }

value() { # FILE KEY: a value of the JSON object in the file's last line
  tail -n 1 "$1" 2>/dev/null | sed -n "s/.*\"$2\":\"\{0,1\}\([^,}\"]*\).*/\1/p"
}

# Runs a command with its output in a log; the check passes with the command.
check() { # NAME LOG COMMAND...
  local name=$1 log=$out/$2.log start=$SECONDS status=0
  shift 2
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" = 0 ]; then
    row pass "$name" "$(last_line "$log"), $((SECONDS - start)) s"
  else
    row FAIL "$name" "exit code $status: $(last_line "$log") (see $(basename "$log"))"
  fi
}

train() { # NAME BACKEND OPTIONS...: trains into run-NAME-BACKEND; the result is the log's last line
  local name=$1 backend=$2 status=0
  shift 2
  "$coppice" train --backend "$backend" --device "$device" --quiet --out "$scratch/$name-$backend" "$@" \
    >"$out/run-$name-$backend.log" 2>&1 || status=$?
  rm -rf "${scratch:?}/$name-$backend"
  return "$status"
}

# Whole runs on the CPU and on the GPU must end with the same bytes.
same_run() { # NAME DESCRIPTION OPTIONS...
  local name=$1 description=$2 cpu gpu
  shift 2
  if ! train "$name" cpu "$@"; then
    row FAIL "$description" "on the CPU: $(last_line "$out/run-$name-cpu.log")"
  elif ! train "$name" cuda "$@"; then
    row FAIL "$description" "on the GPU: $(last_line "$out/run-$name-cuda.log")"
  else
    cpu=$(value "$out/run-$name-cpu.log" checkpoint_sha256)
    gpu=$(value "$out/run-$name-cuda.log" checkpoint_sha256)
    if [ -n "$cpu" ] && [ "$cpu" = "$gpu" ]; then
      row pass "$description" "sha256 ${cpu:0:16}..."
    else
      row FAIL "$description" "CPU ${cpu:-nothing}, GPU ${gpu:-nothing}"
    fi
  fi
}

seconds_per_epoch() { # NAME BACKEND DESCRIPTION
  local seconds
  seconds=$(value "$out/run-$1-$2.log" train_seconds_per_epoch)
  figure "$3" "${seconds:-none} s an epoch"
}

machine() {
  figure commit "$commit"
  figure version "$("$coppice" --version 2>/dev/null)"
  figure system "$(uname -srm)"
  figure processor "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | sed -n 1p), $(nproc) threads"
  local gpu
  if command -v nvidia-smi >/dev/null; then
    gpu=$(nvidia-smi -i "$device" --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit \
      --format=csv,noheader 2>&1) || gpu="nvidia-smi: $gpu"
    nvidia-smi >"$out/nvidia-smi.log" 2>&1 || true
  else
    gpu="no nvidia-smi here"
  fi
  figure GPU "${gpu//$'\n'/ }"
  [ -z "${COPPICE_SIMULATED_CUDA:-}" ] || figure note "the GPU is simulated: times mean nothing"
}

parity() {
  local small=()
  [ -z "$quick" ] || small=(--hidden 32,16 --train-samples 330)
  same_run allrelu "run: All-ReLU, dropout, two evolutions" --epochs 5 --evolve-every 2 --activation allrelu:0.6 \
    --dropout 0.3 "${small[@]}"
  same_run srelu "run: SReLU, Adam, batch 50" --epochs 5 --evolve-every 2 --activation srelu --optimizer adam \
    --learning-rate 0.002 --batch-size 50 "${small[@]}"
  same_run tanh "run: tanh, MSE, Nesterov, sparse output" --epochs 5 --evolve-every 2 --activation tanh --loss mse \
    --sparse-output --optimizer nesterov "${small[@]}"
  same_run dense "run: dense, sigmoid, batch 7" --epochs 1 --dense --activation sigmoid --batch-size 7 "${small[@]}"
}

# Products by NVIDIA's libraries: close to plain Java's, and a run that learns as well. Left out where there is none.
libraries() { # NAME LOG OPTIONS...
  local name=$1 log=$2 status=0 start=$SECONDS
  shift 2
  "$coppice" selftest --backend cuda --device "$device" ${quick:+--quick} "$@" >"$out/$log.log" 2>&1 || status=$?
  case $status in
    0) row pass "selftest, $name" "$(last_line "$out/$log.log"), $((SECONDS - start)) s" ;;
    4)
      row skipped "selftest, $name" "$(last_line "$out/$log.log")"
      return
      ;;
    *)
      row FAIL "selftest, $name" "exit code $status: $(last_line "$out/$log.log") (see $log.log)"
      return
      ;;
  esac
  local options=(--epochs 20)
  [ -z "$quick" ] || options=(--epochs 2 --hidden 32,16 --train-samples 330)
  if train "$log" cuda "${options[@]}" "$@"; then
    seconds_per_epoch "$log" cuda "digits, defaults, GPU, $name"
    figure "digits, test accuracy, $name" "$(value "$out/run-$log-cuda.log" test_accuracy)"
  else
    row FAIL "run: digits, $name" "$(last_line "$out/run-$log-cuda.log")"
  fi
}

find_sanitizer() {
  local candidate
  for candidate in "$(command -v compute-sanitizer || true)" "${CUDA_HOME:-/nowhere}"/bin/compute-sanitizer \
    /usr/local/cuda*/bin/compute-sanitizer /usr/local/cuda*/compute-sanitizer/compute-sanitizer; do
    if [ -x "$candidate" ]; then
      echo "$candidate"
      return
    fi
  done
}

# The JVM raises signals of its own; only what the kernels do counts. A tool that met no process finds nothing either,
# so its own last word is asked for.
sanitized() { # SANITIZER TOOL
  local log=$scratch/$2.log status=0
  timeout 240 "$1" --tool "$2" --target-processes all --launch-timeout 0 --error-exitcode 9 "$coppice" selftest \
    --backend cuda --device "$device" --quick >"$log" 2>&1 || status=$?
  cat "$log"
  [ "$status" = 0 ] || return "$status"
  grep -Eq 'ERROR SUMMARY: 0 errors|RACECHECK SUMMARY: 0 hazards' "$log" || {
    echo "$2 has no summary that says 0"
    return 1
  }
}

sanitize() {
  local sanitizer tool
  sanitizer=$(find_sanitizer)
  for tool in memcheck racecheck; do
    if [ -z "$sanitizer" ]; then
      row skipped "compute-sanitizer $tool" "there is no compute-sanitizer here; it comes with the CUDA toolkit"
    else
      check "compute-sanitizer $tool" "$tool" sanitized "$sanitizer" "$tool"
    fi
  done
}

digits() {
  local options=(--epochs 20)
  [ -z "$quick" ] || options=(--epochs 2 --hidden 32,16 --train-samples 330)
  if train digits cuda "${options[@]}" && train digits cpu "${options[@]}"; then
    seconds_per_epoch digits cuda "digits, defaults, GPU"
    seconds_per_epoch digits cpu "digits, defaults, CPU"
  else
    row FAIL "timing: digits" "see run-digits-cuda.log"
  fi
}

fashion() {
  local options=(--hidden 1000,1000,1000 --activation allrelu:0.6 --batch-size 128 --epochs 3)
  if [ -n "$quick" ]; then
    options=(--hidden 40,30 --activation allrelu:0.6 --batch-size 128 --epochs 1 --train-samples 300 --test-samples 100)
  fi
  local folder=${fashion:-${COPPICE_DATA:-${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}/coppice}/fashion-mnist}
  if [ ! -d "$folder" ]; then
    row skipped "run: Fashion-MNIST" "there is no folder $folder; --fashion DIR names another"
    return
  fi
  local suffix=
  [ -f "$folder/train-images-idx3-ubyte" ] || suffix=.gz
  same_run fashion "run: Fashion-MNIST" \
    --data "$folder/train-images-idx3-ubyte$suffix,$folder/train-labels-idx1-ubyte$suffix" \
    --test "$folder/t10k-images-idx3-ubyte$suffix,$folder/t10k-labels-idx1-ubyte$suffix" "${options[@]}"
  seconds_per_epoch fashion cuda "Fashion-MNIST, ${options[*]}, GPU"
  seconds_per_epoch fashion cpu "the same, CPU"
}

# Random images in the form of CIFAR-10, 3072 bytes each: only the time counts.
synthetic() {
  local file=$scratch/random.bin copies=100 hidden=4000,1000,4000 i
  if [ -n "$quick" ]; then
    copies=2
    hidden=40,20,40
  fi
  for ((i = 0; i < 128; i++)); do
    # shellcheck disable=SC2059
    printf "\\x0$((i % 10))"
    head -c 3072 /dev/urandom
  done >"$scratch/block"
  for ((i = 0; i < copies; i++)); do
    cat "$scratch/block"
  done >"$file"
  local options=(--data "$file" --hidden "$hidden" --epsilon 20 --batch-size 128 --epochs 3 --activation allrelu:0.6
    --test-fraction 0.02)
  if ! train synthetic cuda "${options[@]}"; then
    row FAIL "timing: 3072-$hidden-10" "$(last_line "$out/run-synthetic-cuda.log")"
    return
  fi
  local log=$out/run-synthetic-cuda.log
  local steps
  steps=$(value "$log" steps)
  figure "3072-${hidden//,/-}-10, epsilon 20, batch 128, random images, GPU" \
    "$(awk -v s="$(value "$log" train_seconds_per_epoch)" -v n="${steps:-0}" \
      'BEGIN { if (n > 0) printf "%.1f microseconds a step, the first, recorded ones among them", s * 3 / n * 1e6 }')"
}

report() {
  echo "# GPU check"
  echo
  local state=passed
  [ -n "$finished" ] || state="not finished"
  [ "$failed" = 0 ] || state=FAILED
  echo "$(date -u +%FT%TZ): $state${quick:+ (quick)}"
  echo
  echo "| check | result | detail |"
  echo "|---|---|---|"
  printf '%s\n' "${checks[@]}"
  echo
  echo "| what | value |"
  echo "|---|---|"
  printf '%s\n' "${figures[@]}"
  echo
  echo "## coppice devices"
  echo
  sed 's/^/    /' "$out/devices.log" 2>/dev/null || true
  echo
  echo "## coppice selftest"
  echo
  sed 's/^/    /' "$out/selftest.log" 2>/dev/null || true
}

machine
"$coppice" devices >"$out/devices.log" 2>&1 || row FAIL devices "$(last_line "$out/devices.log")"
check "selftest, GPU" selftest "$coppice" selftest --backend cuda --device "$device" ${quick:+--quick}
check "selftest, CPU" selftest-cpu "$coppice" selftest --backend cpu ${quick:+--quick}
parity
libraries cuSPARSE cusparse --spmm cusparse
libraries cuBLAS cublas --gemm cublas
digits
fashion
synthetic
sanitize # last, as it takes longest
finished=yes
report >"$out/gpu-check.md"
echo "$out/gpu-check.md"
exit "$failed"

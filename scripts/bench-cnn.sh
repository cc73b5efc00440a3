#!/usr/bin/env bash
# Times training of the paper's convolutional network beside the dense one in PyTorch, on the CPU: one JSON line a run.
#
#   scripts/bench-cnn.sh [--batch N] [--threads N] [--steps N] [--rounds N] [--no-rival] [OUT.jsonl]
#
#   --batch N     images in a batch, on both sides (default 128)
#   --threads N   threads, on both sides (default 2)
#   --steps N     steps that are timed in a round, at least 5 (default 20)
#   --rounds N    runs of each, in turn (default 1)
#   --no-rival    Coppice only
#
# An epoch is 50,000 images of 3x32x32; both sides train on fewer, random ones, and seconds_per_epoch is scaled up from
# the median of the steps (PyTorch) or of epochs of a fifth of the steps each, the first two left out (Coppice);
# best_seconds_per_epoch from the fastest. Neither augments images; Coppice trains with SET, evolution not counted.
# PYTHON names the Python with PyTorch (default /usr/bin/python3, which has Debian's python3-torch). Lines go to standard
# output and are added to OUT.jsonl. Exit code 1 if a run failed.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

usage() {
  sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

batch=128
threads=2
steps=20
rounds=1
rival=yes
out=
while [ $# -gt 0 ]; do
  case $1 in
    --batch | --threads | --steps | --rounds)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    --no-rival) rival= ;;
    -*) usage ;;
    *) [ -z "$out" ] && out=$1 || usage ;;
  esac
  shift
done
[ "$steps" -ge 5 ] || usage
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
commit=$(git -C "$root" describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || echo unknown)

emit() {
  printf '%s\n' "$1"
  [ -z "$out" ] || printf '%s\n' "$1" >>"$out"
}

# CIFAR's binary form: a label and 3072 bytes each; all of them 0 to 9, as labels must be.
samples() { # FILE COUNT
  head -c $(($2 * 3073)) /dev/urandom | LC_ALL=C tr '\000-\377' \
    '[\000*26][\001*26][\002*26][\003*26][\004*26][\005*26][\006*25][\007*25][\010*25][\011*25]' >"$1"
}

# The median and the least of the seconds that training took in the epochs after the second, over the steps.
seconds() { # METRICS STEPS
  sed -n 's/.*"train":\([0-9.eE+-]*\)}.*/\1/p' "$1" | tail -n +3 | sort -g | awk -v n="$2" -v batch="$batch" '
    { v[NR] = $1 / n * int((50000 + batch - 1) / batch) }
    END { if (NR) printf "%.2f,\"best_seconds_per_epoch\":%.2f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1] }'
}

coppice() {
  local status=0 part=$((steps / 5))
  "$root/scripts/coppice" train --backend cpu --threads "$threads" --model cnn --batch-size "$batch" --epochs 7 \
    --data "$scratch/train.bin" --test "$scratch/test.bin" --learning-rate 0.00001 --eval-every 7 --checkpoint-every 7 \
    --quiet --out "$scratch/run" >"$scratch/log" 2>&1 || status=$?
  if [ "$status" != 0 ]; then
    echo "bench-cnn: coppice: exit code $status: $(tail -n 1 "$scratch/log")" >&2
    failed=1
  else
    emit "$(printf '{"name":"coppice","net":"cnn","batch":%s,"threads":%s,"steps":%s,"seconds_per_epoch":%s,' \
      "$batch" "$threads" "$((part * 5))" "$(seconds "$scratch/run/metrics.jsonl" "$part")")$(
      printf '"versions":{"coppice":"%s"}}' "$commit")"
  fi
  rm -rf "${scratch:?}/run"
}

samples "$scratch/train.bin" $((steps / 5 * batch))
samples "$scratch/test.bin" "$batch"
for ((round = 0; round < rounds; round++)); do
  coppice
  if [ -n "$rival" ]; then
    "${PYTHON:-/usr/bin/python3}" "$root/scripts/bench_cnn_rival.py" --batch "$batch" --threads "$threads" \
      --steps "$steps" >"$scratch/rival" || failed=1
    while IFS= read -r line; do
      emit "$line"
    done <"$scratch/rival"
  fi
done
exit "$failed"

#!/usr/bin/env bash
# Trains on CIFAR-10 as Mocanu et al. (2018) do, and prints test accuracy by epoch, connections and seconds an epoch.
#
#   scripts/cnn.sh short [EPOCHS]  the published convolutional network: SET, FixProb and dense; 10 epochs
#   scripts/cnn.sh mlp [EPOCHS]    3072-4000-1000-4000-10, SReLU, augmented images: SET and FixProb; 100 epochs
#   scripts/cnn.sh full [EPOCHS]   the published network with augmented images: SET, FixProb and dense; 1000 epochs, for a
#                                  GPU: OPTIONS="--backend cuda"
#
# Fetches cifar10 first where it is missing; DATA=DIR names a folder that holds the six .bin files in its place. Runs go
# to $OUT (default runs/cnn) and are resumed when the script is run again. OPTIONS are more options for all runs, as
# "--backend cuda --gemm cublas --tf32" or "--train-samples 5000".
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
out=${OUT:-$root/runs/cnn}
coppice=$root/scripts/coppice
read -ra options <<<"${OPTIONS:-}"
rows=()

find_data() {
  if [ -z "${DATA:-}" ]; then
    "$coppice" data fetch cifar10 >/dev/null
    data=(--data cifar10)
  else
    local batches
    batches=$(printf ",$DATA/data_batch_%s.bin" 1 2 3 4 5)
    data=(--data "${batches#,}" --test "$DATA/test_batch.bin")
  fi
}

run() { # NAME OPTIONS...
  local name=$1
  shift
  "$coppice" train "${data[@]}" "$@" "${options[@]}" --out "$out/$name" --resume --quiet >/dev/null
  rows+=("$name")
}

field() { sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$2"; }

# A column a run: test accuracy after each epoch (after many, those that end in 0), then the run as a whole.
table() {
  local epochs name file
  epochs=$(wc -l <"$out/${rows[0]}/metrics.jsonl")
  printf '%-12s' epoch
  printf '%16s' "${rows[@]}"
  printf '\n'
  for ((epoch = 1; epoch <= epochs; epoch++)); do
    ((epochs <= 20 || epoch % 10 == 0)) || continue
    printf '%-12s' "$epoch"
    for name in "${rows[@]}"; do
      printf '%16s' "$(sed -n "${epoch}p" "$out/$name/metrics.jsonl" | field test_accuracy -)"
    done
    printf '\n'
  done
  for key in best_test_accuracy connections parameters train_seconds_per_epoch; do
    printf '%-12s' "${key/train_seconds_per_epoch/seconds}"
    for name in "${rows[@]}"; do
      file=$out/$name/result.json
      printf '%16s' "$(sed -n "s/^ *\"$key\": \([^,]*\).*/\1/p" "$file")"
    done
    printf '\n'
  done
}

cnn() { # PREFIX OPTIONS...
  local prefix=$1
  shift
  run "$prefix-set" --model cnn "$@" --at-end none # as many connections in the last epoch
  run "$prefix-fixprob" --model cnn "$@" --evolution static
  run "$prefix-dense" --model cnn "$@" --dense
  table
}

mlp() {
  local common=(--hidden 4000,1000,4000 --activation srelu --epsilon 20 --batch-size 100 --learning-rate 0.01
    --momentum 0.9 --weight-decay 0 --dropout 0.3 --augment rotate:10,shift:0.1,flip --epochs "$1" --checkpoint-every 5)
  run "mlp-$1-set" "${common[@]}"
  run "mlp-$1-fixprob" "${common[@]}" --evolution static
  table
}

case ${1:-} in
  short)
    find_data
    cnn "short-${2:-10}" --epochs "${2:-10}"
    ;;
  mlp)
    find_data
    mlp "${2:-100}"
    ;;
  full)
    find_data
    cnn "full-${2:-1000}" --epochs "${2:-1000}" --augment rotate:10,shift:0.1,flip --checkpoint-every 20
    ;;
  *)
    sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

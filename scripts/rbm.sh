#!/usr/bin/env bash
# Reproduces the tables of docs/rbm.md: restricted Boltzmann machines with evolving connections. One line a run.
#
#   scripts/rbm.sh coil20                COIL20, the published program's settings: SET and FixProb
#   scripts/rbm.sh partition             annealed importance sampling beside the exact partition function, MNIST
#   scripts/rbm.sh density DIR [NAME...] dna, mushrooms, nips, adult, connect4; on request ocr-letters, rcv1, web: SET,
#                                        FixProb and dense, CD-1 and CD-10
#   scripts/rbm.sh caltech               CalTech 101 silhouettes, 28 x 28: the same
#   scripts/rbm.sh curve DIR             dna: the log-likelihood after more and more epochs
#   scripts/rbm.sh mnist [EPOCHS [KIND...]]  MNIST, 500 hidden units: set, static (FixProb) and dense
#   scripts/rbm.sh mnist_curve [EPOCHS]  MNIST, SET, the learning rate falling by steps: every 50 epochs of one run
#
# HIDDEN (500), CD ("1 10") and EPOCHS (a few for each data set; the paper has 5000) change density and caltech;
# RATE and SCHEDULE change the learning rate of mnist (0.4, dense 0.1) and its schedule (cosine).
# DIR holds NAME.train.data, NAME.valid.data and NAME.test.data (comma-separated 0 and 1), as the public collection
# Density-Estimation-Datasets has them in datasets/NAME. Runs go to $OUT (default runs/rbm), are resumed when the script
# is run again, and use $THREADS threads (default 1: these machines are small, so rather run several at once).
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
out=${OUT:-$root/runs/rbm}
coppice=$root/scripts/coppice
threads=${THREADS:-1}

train() { # NAME OPTIONS...
  local name=$1
  shift
  "$coppice" train --model rbm "$@" --out "$out/$name" --resume --quiet --threads "$threads" | tail -n 1
}

field() { sed -n "s/.*\"$1\":\(\[[^]]*\]\|[^,}]*\).*/\1/p"; }

# Loss and log-likelihood of a run's last state, or another, on its test samples.
report() { # NAME [STATE]
  local measured state=${2:-last}
  measured=$("$coppice" evaluate --from "$out/$1/$state.safetensors" --ais "${AIS:-standard}" --json \
    --threads "$threads")
  printf '%-28s' "$1${2:+ $2}"
  for key in loss log_likelihood log_likelihood_interval; do
    printf '  %s %s' "$key" "$(field "$key" <<<"$measured")"
  done
  printf '  connections %s  seconds_per_epoch %s\n' "$(field connections <"$out/$1/result.json")" \
    "$(field train_seconds_per_epoch <"$out/$1/result.json")"
}

coil20() {
  "$coppice" data fetch coil20 >/dev/null
  local evolution
  for evolution in set static; do
    train "coil20-$evolution" --data coil20 --test-fraction 0.3333 --hidden 200 \
      --epsilon 10 --zeta 0.3 --batch-size 10 --learning-rate 0.1 --momentum 0 --weight-decay 2e-7 \
      --decay-form unscaled --visible probabilities --visible-bias zero --normalize none --epochs 1000 \
      --checkpoint-every 100 --evolution "$evolution" >/dev/null
    for epoch in 1 10 50 100 200 500 1000; do
      printf 'coil20-%s  epoch %s  test_loss %s\n' "$evolution" "$epoch" \
        "$(sed -n "${epoch}p" "$out/coil20-$evolution/metrics.jsonl" | field test_loss)"
    done
  done
}

partition() {
  "$coppice" data fetch mnist >/dev/null
  train partition --data mnist --hidden 15 --dense --binarize sample --batch-size 100 --epochs 10 >/dev/null
  AIS=exact report partition
  report partition
}

files() { # DIR NAME
  printf -- '--data %s --validation-data %s --test %s' "$1/$2.train.data" "$1/$2.valid.data" "$1/$2.test.data"
}

# About as many steps for each data set.
epochs() {
  [ -z "${EPOCHS:-}" ] || {
    echo "$EPOCHS"
    return
  }
  case $1 in
    dna) echo 400 ;;
    mushrooms) echo 300 ;;
    nips) echo 800 ;;
    adult) echo 150 ;;
    connect4 | web) echo 60 ;;
    ocr-letters) echo 25 ;;
    rcv1) echo 20 ;;
    caltech) echo 200 ;;
    *)
      echo "rbm: there is no data set $1" >&2
      exit 2
      ;;
  esac
}

density() {
  local directory=${1:?the directory of the data sets is needed} name
  shift
  for name in ${@:-dna mushrooms nips adult connect4}; do
    # shellcheck disable=SC2046
    density_table "$name" $(files "$directory" "$name")
  done
}

caltech() {
  "$coppice" data fetch caltech101-silhouettes >/dev/null
  density_table caltech --data caltech101-silhouettes
}

density_table() { # NAME DATA-OPTIONS...
  local name=$1 count steps kind
  shift
  count=$(epochs "$name")
  for steps in ${CD:-1 10}; do
    for kind in set static dense; do
      density_run "$name${HIDDEN:+-$HIDDEN}-cd$steps-$kind${EPOCHS:+-$EPOCHS}" "$steps" "$kind" "$count" "$@"
    done
  done
}

density_run() { # RUN CD-STEPS set|static|dense EPOCHS DATA-OPTIONS...
  local run=$1 options=(--cd-steps "$2" --evolution "$3" --epochs "$4")
  if [ "$3" = dense ]; then
    options=(--cd-steps "$2" --dense --epochs "$4")
  fi
  shift 4
  train "$run" "$@" --hidden "${HIDDEN:-500}" --batch-size 50 "${options[@]}" --eval-every 10 --checkpoint-every 50 \
    >/dev/null
  report "$run"
}

curve() {
  local kind count
  for kind in set dense; do
    for count in 25 50 100 200 400 800; do
      # shellcheck disable=SC2046
      density_run "curve-$kind-$count" 1 "$kind" "$count" \
        $(files "${1:?the directory of the data sets is needed}" dna)
    done
  done
}

mnist_train() { # set|static|dense EPOCHS RUN
  local options=(--evolution "$1" --learning-rate "${RATE:-0.4}")
  if [ "$1" = dense ]; then
    options=(--dense --learning-rate "${RATE:-0.1}")
  fi
  train "$3" --data mnist --binarize resample --hidden 500 --persistent --cd-steps 1 --batch-size 100 \
    --lr-schedule "${SCHEDULE:-cosine}" --momentum 0.5 --epochs "$2" --eval-every 50 --checkpoint-every 50 \
    "${options[@]}" >/dev/null
}

mnist() { # [EPOCHS [KIND...]]
  "$coppice" data fetch mnist >/dev/null
  local epochs=${1:-200} kind
  shift || true
  for kind in ${@:-set static dense}; do
    mnist_train "$kind" "$epochs" "mnist-$kind-$epochs"
    report "mnist-$kind-$epochs"
  done
}

# Keeps the states of every 50 epochs, and measures them in the end.
mnist_curve() { # [EPOCHS]
  "$coppice" data fetch mnist >/dev/null
  local epochs=${1:-1000} run=mnist-curve-${1:-1000} trainer epoch
  SCHEDULE=step:40:0.87 mnist_train set "$epochs" "$run" &
  trainer=$!
  while kill -0 "$trainer" 2>/dev/null; do
    sleep 1
    if [ -f "$out/$run/metrics.jsonl" ] && [ -f "$out/$run/last.safetensors" ]; then
      epoch=$(($(wc -l <"$out/$run/metrics.jsonl") / 50 * 50))
      [ "$epoch" = 0 ] || [ -e "$out/$run/epoch-$epoch.safetensors" ] ||
        ln "$out/$run/last.safetensors" "$out/$run/epoch-$epoch.safetensors"
    fi
  done
  wait "$trainer"
  for ((epoch = 50; epoch <= epochs; epoch += 50)); do
    report "$run" "epoch-$epoch"
  done
}

case ${1:-} in
  coil20 | partition | density | caltech | curve | mnist | mnist_curve) "$@" ;;
  *)
    sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

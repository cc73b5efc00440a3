#!/usr/bin/env bash
# Reproduces the result tables of the README: one line a run, as it ends.
#
#   scripts/reproduce.sh fashion             Fashion-MNIST, 10 epochs, 3 seeds
#   scripts/reproduce.sh tutorial            the published Fashion-MNIST tutorial setting: SET and FixProb, 5 seeds
#   scripts/reproduce.sh mnist               MNIST, SReLU, 100 epochs: SET, FixProb and dense
#   scripts/reproduce.sh ablation [EPOCHS]   Fashion-MNIST: SReLU or ReLU, Nesterov or not, decay or not; 100 epochs
#   scripts/reproduce.sh higgs FILE [EPOCHS] HIGGS.csv of the UCI repository, gzipped or not: SET, FixProb and dense; 10
#                                            epochs
#   scripts/reproduce.sh neurons FILE.mat    900,000 hidden neurons on a microarray data set (leukemia.mat)
#
# Fetches mnist and fashion-mnist first where they are missing. Runs go to $OUT (default runs/reproduce) and are resumed
# when the script is run again.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
out=${OUT:-$root/runs/reproduce}
coppice=$root/scripts/coppice

run() { # NAME OPTIONS...
  local name=$1 result
  shift
  result=$("$coppice" train "$@" --out "$out/$name" --resume --quiet | tail -n 1)
  printf '%-24s' "$name"
  for key in test_accuracy best_test_accuracy best_epoch connections train_seconds_per_epoch peak_memory_bytes; do
    printf '  %s %s' "$key" "$(sed -n "s/.*\"$key\":\([^,}]*\).*/\1/p" <<<"$result")"
  done
  printf '\n'
}

fetch() { "$coppice" data fetch "$1" >/dev/null; }

fashion() {
  fetch fashion-mnist
  for seed in 1 2 3; do
    run "fashion-$seed" --data fashion-mnist --hidden 1000,1000,1000 --activation allrelu:0.6 --epsilon 20 --zeta 0.3 \
      --batch-size 128 --learning-rate 0.01 --momentum 0.9 --weight-decay 0.0002 --dropout 0.3 --epochs 10 --seed "$seed"
  done
}

tutorial() {
  fetch fashion-mnist
  for seed in 1 2 3 4 5; do
    for evolution in set static; do
      run "tutorial-$evolution-$seed" --data fashion-mnist --train-samples 2000 --test-samples 1000 --normalize unit \
        --hidden 1000,1000,1000 --activation relu --loss mse-reference --sparse-output --init normal:0.1 \
        --topology-draws with-replacement --epsilon 13 --zeta 0.3 --prune set-reference --at-end none --batch-size 40 \
        --learning-rate 0.05 --momentum 0.9 --weight-decay 0.0002 --decay-form unscaled --dropout 0.2 --epochs 400 \
        --evolution "$evolution" --seed "$seed" --checkpoint-every 100
    done
  done
}

mnist() {
  fetch mnist
  local common=(--data mnist --hidden 1000,1000,1000 --activation srelu --epsilon 20 --zeta 0.3 --batch-size 128
    --learning-rate 0.05 --lr-schedule cosine --momentum 0.9 --weight-decay 0.0002 --dropout 0.3 --epochs 100
    --checkpoint-every 10)
  run mnist-set "${common[@]}"
  run mnist-fixprob "${common[@]}" --evolution static
  run mnist-dense "${common[@]}" --dense --learning-rate 0.01 # at 0.05 the dense network diverges
}

ablation() {
  fetch fashion-mnist
  for activation in srelu relu; do
    for optimizer in sgd nesterov; do
      for decay in 0 0.0002; do
        run "ablation-$1-$activation-$optimizer-$decay" --data fashion-mnist --hidden 1000,1000,1000 \
          --activation "$activation" --epsilon 20 --zeta 0.3 --batch-size 128 --learning-rate 0.01 --momentum 0.9 \
          --optimizer "$optimizer" --weight-decay "$decay" --dropout 0.3 --epochs "$1" --checkpoint-every 10
      done
    done
  done
}

# The paper does not say what its layers were, nor which samples it tested on: here 500,000, the usual number.
higgs() {
  local common=(--data "${1:?the path of HIGGS.csv is needed}" --header no --label 0 --test-fraction 0.0454545
    --hidden 1000,1000,1000 --activation srelu --epsilon 20 --zeta 0.3 --batch-size 128 --learning-rate 0.01
    --momentum 0.9 --weight-decay 0.0002 --dropout 0.3 --epochs "$2")
  run "higgs-$2-set" "${common[@]}"
  run "higgs-$2-fixprob" "${common[@]}" --evolution static
  run "higgs-$2-dense" "${common[@]}" --dense
}

neurons() {
  run neurons --data "${1:?the path of leukemia.mat is needed}" --test-fraction 0.3333 --hidden 300000,300000,300000 \
    --epsilon 20 --zeta 0.3 --batch-size 2 --learning-rate 0.01 --momentum 0.9 --weight-decay 0.0002 --dropout 0.3 \
    --epochs 3
}

case ${1:-} in
  fashion | tutorial | mnist) "$1" ;;
  ablation) ablation "${2:-100}" ;;
  higgs) higgs "${2:-}" "${3:-10}" ;;
  neurons) neurons "${2:-}" ;;
  *)
    sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

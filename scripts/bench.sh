#!/usr/bin/env bash
# Times whole training runs: one CSV line a run.
#
#   scripts/bench.sh [-n RUNS] NAME...      NAME: digits, fashion, mnist or cifar; default fashion
#   scripts/bench.sh -- OPTIONS...          one run of coppice train with the given options
#
# seconds_* are means over the run's epochs but the first, in which the JVM compiles. COPPICE_JAVA_OPTS and JAVA_HOME act
# as in scripts/coppice.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

common="--epsilon 20 --zeta 0.3 --learning-rate 0.01 --momentum 0.9 --weight-decay 0.0002 --dropout 0.3 --batch-size 128"
settings() {
  case $1 in
    digits) echo "--data digits" ;;
    fashion) echo "--data fashion-mnist --hidden 1000,1000,1000 --activation allrelu:0.6 $common --epochs 10" ;;
    mnist) echo "--data mnist --hidden 1000,1000,1000 --activation srelu $common --epochs 10" ;;
    cifar) echo "--data cifar10 --hidden 4000,1000,4000 --activation srelu $common --batch-size 100 --epochs 5" ;;
    *)
      echo "bench: there is no benchmark '$1': digits, fashion, mnist or cifar" >&2
      exit 2
      ;;
  esac
}

columns=commit,machine,cores,java,run,options,epochs,test_accuracy,best_test_accuracy,seconds_train
columns+=,seconds_input,seconds_forward,seconds_backward,seconds_update,seconds_evolution,seconds_evaluation
columns+=,connections,peak_memory_bytes
commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
machine=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | sed -n 1p)
java=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p')
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# field NAME < a line of JSON: the number behind "NAME":
field() { sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p"; }

# Mean of a field over the epochs after the first (over the first if it is alone).
mean() {
  awk -v key="\"$1\":" '{ i = index($0, key); if (i) v[++n] = substr($0, i + length(key)) + 0 }
    END { from = n > 1 ? 2 : 1; for (i = from; i <= n; i++) s += v[i]; if (n) printf "%.4f", s / (n - from + 1) }' \
    "$directory/run/metrics.jsonl"
}

run() { # NAME RUN OPTIONS...
  local name=$1 number=$2 result
  shift 2
  rm -rf "$directory/run"
  result=$("$root/scripts/coppice" train "$@" --out "$directory/run" --quiet | tail -n 1)
  printf '%s,"%s",%s,%s,%s-%s,"%s",%s,%s,%s' "$commit" "$machine" "$(nproc)" "$java" "$name" "$number" "$*" \
    "$(field epochs <<<"$result")" "$(field test_accuracy <<<"$result")" "$(field best_test_accuracy <<<"$result")"
  for phase in train input forward backward update evolution evaluation; do
    printf ',%s' "$(mean "$phase")"
  done
  printf ',%s,%s\n' "$(field connections <<<"$result")" "$(field peak_memory_bytes <<<"$result")"
}

runs=1
if [ "${1:-}" = -n ]; then
  runs=${2:?-n needs a number}
  shift 2
fi
echo "$columns"
if [ "${1:-}" = -- ]; then
  shift
  run custom 1 "$@"
  exit
fi
[ $# -gt 0 ] || set -- fashion
for name in "$@"; do
  options=$(settings "$name")
  for ((i = 1; i <= runs; i++)); do
    # shellcheck disable=SC2086
    run "$name" "$i" $options --seed "$i"
  done
done

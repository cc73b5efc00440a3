#!/usr/bin/env bash
# Trains a network for every combination of a grid of settings.
#
#   scripts/sweep.sh [options] GRID
#
# GRID is a text file with a line a setting of `coppice train`: its name, =, and its values, separated by blanks.
# Settings with several values are swept; the others hold for every run. 1..5 stands for 1 2 3 4 5; values with blanks
# go into quotes; switches take true or false; # begins a comment.
#
#   data    = fashion-mnist
#   epochs  = 20
#   epsilon = 5 10 20
#   zeta    = 0.1 0.3
#   seed    = 1..5
#
# Options:
#   --out DIR      where the runs go, one directory each, named by what is swept (default runs/GRID's name)
#   -j, --jobs N   runs at a time (default 1)
#   --gpus A,B,... one run at a time on each of these GPUs
#   --retry        run again what failed
#   --task I       only the I-th run, from 1: for job arrays
#   --list         print the runs and how they stand, and run nothing
#   --count        print the number of runs
#
# Finished runs are skipped, stopped ones (Ctrl-C, SIGTERM, --max-time, a lost machine) are resumed, failed ones are
# left alone until --retry. Several sweeps of one grid, on this machine or on others that share the directory, divide
# the runs among them. Each run that ends prints a line; at the end comes a table of all runs, also in DIR/table.csv.
# The log of a run is DIR/.sweep/NAME.log.
#
# Exit codes: 0 all runs are finished; 1 some failed; 2 a mistake in the grid or the options; 75 some are stopped:
# run the sweep again.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
coppice=${COPPICE:-$root/scripts/coppice} # another build of it, for tests

fail() {
  echo "sweep: $*" >&2
  exit 2
}

# ---- the grid ----

# Reads the grid into the arrays `names` (settings), `runs` (a name each) and `words` (options, one a line).
read_grid() { # FILE
  local line number=0 name text value sets=() swept=()
  local -a values
  names=()
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    line=${line%%#*}
    [ -n "${line//[[:space:]]/}" ] || continue
    [[ $line =~ ^[[:space:]]*([a-z0-9-]+)[[:space:]]*=(.*)$ ]] || fail "$1, line $number: NAME = VALUES was expected"
    name=${BASH_REMATCH[1]}
    text=${BASH_REMATCH[2]}
    case $name in
      out | resume | quiet | verbose) fail "$1, line $number: the sweep itself sets $name" ;;
    esac
    [[ " ${names[*]} " != *" $name "* ]] || fail "$1, line $number: $name is there twice"
    mapfile -t values < <(xargs printf '%s\n' <<<"$text" 2>/dev/null || echo "?quotes")
    [ "${values[*]: -1}" != "?quotes" ] || fail "$1, line $number: a quote is not closed"
    [ -n "${values[*]}" ] || fail "$1, line $number: $name has no value"
    names+=("$name")
    sets+=("$(expand "${values[@]}")")
    [ "$(wc -l <<<"${sets[-1]}")" -eq 1 ] || swept+=("$name")
  done <"$1"
  [ "${#names[@]}" -gt 0 ] || fail "$1 has no settings"
  runs=("")
  words=("")
  local i j
  for i in "${!names[@]}"; do
    local new_runs=() new_words=()
    for j in "${!runs[@]}"; do
      while IFS= read -r value; do
        if [[ " ${swept[*]} " == *" ${names[i]} "* ]]; then
          new_runs+=("${runs[j]:+${runs[j]}_}${names[i]}=$(tr -c 'A-Za-z0-9.+:\n-' - <<<"$value")")
        else
          new_runs+=("${runs[j]}")
        fi
        new_words+=("${words[j]}$(option "${names[i]}" "$value")"$'\n')
      done <<<"${sets[i]}"
    done
    runs=("${new_runs[@]}")
    words=("${new_words[@]}")
  done
  [ -n "${runs[0]}" ] || runs=(run)
  local twice
  twice=$(printf '%s\n' "${runs[@]}" | sort | uniq -d | sed -n 1p)
  [ -z "$twice" ] || fail "$1: two runs would be called $twice"
}

# Values one a line, 1..5 spelled out.
expand() {
  local value
  for value; do
    if [[ $value =~ ^(-?[0-9]+)\.\.(-?[0-9]+)$ ]]; then
      seq "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    else
      printf '%s\n' "$value"
    fi
  done
}

option() { # NAME VALUE
  case $2 in
    true) printf -- '--%s' "$1" ;;
    false) ;;
    *) printf -- '--%s=%s' "$1" "$2" ;;
  esac
}

# ---- a run ----

# How a run stands: finished, failed, or open.
state() { # NAME
  local status
  if [ -f "$book/$1.failed" ]; then
    echo failed
    return
  fi
  status=$(field status "$out/$1/result.json")
  case $status in
    completed | target-reached | diverged) echo finished ;;
    *) echo open ;;
  esac
}

field() { # KEY FILE
  [ ! -f "$2" ] || tr -d '\n' <"$2" | sed -n "s/.*\"$1\" *: *\"\{0,1\}\([^\",}]*\).*/\1/p"
}

say() { # WHAT NAME MORE
  printf '%-9s %s%s\n' "$1" "$2" "${3:+  $3}"
}

# Trains one run to its end; its lock must be held.
train() { # INDEX GPU
  local name=${runs[$1]} code=0 log=$book/${runs[$1]}.log
  local -a options
  mapfile -t options < <(printf '%s' "${words[$1]}" | sed '/^$/d')
  [ -z "$2" ] || options+=(--backend cuda --device "$2")
  [ ! -f "$out/$name/last.safetensors" ] && say start "$name" || say resume "$name"
  "$coppice" train "${options[@]}" --out "$out/$name" --resume --quiet >>"$log" 2>&1 &
  child=$!
  [ -z "$stopping" ] || kill -TERM "$child" 2>/dev/null || true
  while wait "$child" && code=0 || code=$?; kill -0 "$child" 2>/dev/null; do :; done
  child=
  case $code in
    0) say done "$name" "test_accuracy $(field test_accuracy "$out/$name/result.json")" ;;
    5) say diverged "$name" ;;
    75) say stopped "$name" ;;
    *)
      if [ "$code" -gt 128 ]; then # killed: nothing is known to be wrong with it
        say stopped "$name" "(killed)"
      else
        printf 'exit code %s\n' "$code" >"$book/$name.failed"
        say failed "$name" "exit $code: $(tail -n 1 "$log")"
      fi
      ;;
  esac
}

# Goes through all runs once; what another sweep holds is waited for at the end.
work() { # GPU
  local index busy=()
  child=
  stopping=
  trap 'stopping=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true' TERM INT HUP
  for index in "${chosen[@]}"; do
    [ -z "$stopping" ] || return 0
    mkdir "$claims/$index" 2>/dev/null || continue # another worker of this sweep has it
    locked "$index" "$1" -n || busy+=("$index")
  done
  for index in "${busy[@]}"; do
    [ -z "$stopping" ] || return 0
    say waiting "${runs[index]}" "for another sweep"
    until locked "$index" "$1" -w 1 || [ -n "$stopping" ]; do :; done
  done
}

# Trains a run unless it is finished, under its lock; fails if another process has that.
locked() { # INDEX GPU FLOCK-OPTIONS...
  local index=$1 gpu=$2 lock
  shift 2
  exec {lock}>>"$book/${runs[index]}.lock"
  if ! flock "$@" "$lock"; then
    exec {lock}>&-
    return 1
  fi
  [ "$(state "${runs[index]}")" != open ] || train "$index" "$gpu"
  exec {lock}>&-
}

# ---- the sweep ----

sweep() {
  local gpu finished=0 failed=0 open=0 worker name
  claims=$(mktemp -d) # which runs a worker of this sweep has taken
  workers=()
  trap 'kill -TERM "${workers[@]}" 2>/dev/null || true' TERM INT HUP
  trap 'rm -rf "$claims"' EXIT
  for gpu in "${slots[@]}"; do
    work "$gpu" &
    workers+=($!)
  done
  for worker in "${workers[@]}"; do
    while wait "$worker" || kill -0 "$worker" 2>/dev/null; do kill -0 "$worker" 2>/dev/null || break; done
  done
  for index in "${chosen[@]}"; do
    name=${runs[index]}
    case $(state "$name") in
      finished) finished=$((finished + 1)) ;;
      failed) failed=$((failed + 1)) ;;
      *) open=$((open + 1)) ;;
    esac
  done
  echo "$finished of ${#chosen[@]} runs finished, $failed failed, $open open"
  [ "$open" -eq 0 ] || return 75
  [ "$failed" -eq 0 ] || return 1
}

list() {
  local index
  for index in "${chosen[@]}"; do
    printf '%s\t%s\t%s\n' "$((index + 1))" "$(state "${runs[index]}")" "${runs[index]}"
  done
}

table() {
  local index directories=()
  for index in "${chosen[@]}"; do
    [ "$(state "${runs[index]}")" != finished ] || directories+=("$out/${runs[index]}")
  done
  [ "${#directories[@]}" -gt 0 ] || return 0
  "$coppice" report --table --format csv "${directories[@]}" >"$out/table.csv.$$"
  mv "$out/table.csv.$$" "$out/table.csv"
  cat "$out/table.csv"
}

out=
jobs=1
gpus=
retry=
task=
mode=sweep
grid=
while [ $# -gt 0 ]; do
  case $1 in
    --out | -j | --jobs | --gpus | --task) [ $# -ge 2 ] || fail "$1 needs a value" ;;
  esac
  case $1 in
    --out) out=$2 && shift ;;
    -j | --jobs) jobs=$2 && shift ;;
    --gpus) gpus=$2 && shift ;;
    --task) task=$2 && shift ;;
    --retry) retry=yes ;;
    --list) mode=list ;;
    --count) mode=count ;;
    -h | --help)
      sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*) fail "there is no option $1 (--help lists them)" ;;
    *)
      [ -z "$grid" ] || fail "one grid was expected but there is also $1"
      grid=$1
      ;;
  esac
  shift
done
[ -n "$grid" ] || fail "a grid file is needed (--help shows one)"
[ -f "$grid" ] || fail "$grid: there is no such file"
[[ $jobs =~ ^[1-9][0-9]*$ ]] || fail "--jobs must be a whole number of at least 1 but is $jobs"
[[ $gpus =~ ^([0-9]+(,[0-9]+)*)?$ ]] || fail "--gpus must be numbers separated by commas but is $gpus"
read_grid "$grid"
chosen=("${!runs[@]}")
if [ -n "$task" ]; then
  [[ $task =~ ^[1-9][0-9]*$ ]] && [ "$task" -le "${#runs[@]}" ] ||
    fail "--task must be a number from 1 to ${#runs[@]} but is $task"
  chosen=($((task - 1)))
fi
if [ $mode = count ]; then
  echo "${#runs[@]}"
  exit 0
fi
grid_name=$(basename "$grid")
out=${out:-$root/runs/${grid_name%.*}}
book=$out/.sweep
if [ $mode = list ]; then
  list
  exit 0
fi
mkdir -p "$book"
if [ -n "$gpus" ]; then
  IFS=, read -ra slots <<<"$gpus"
else
  slots=()
  for ((i = 0; i < jobs; i++)); do slots+=(""); done
fi
if [ -n "$retry" ]; then
  for index in "${chosen[@]}"; do rm -f "$book/${runs[index]}.failed"; done
fi
"$coppice" --version >/dev/null # builds it where that is needed, once
status=0
sweep || status=$?
[ -n "$task" ] || table
exit "$status"

#!/usr/bin/env bash
# Hands a sweep to Slurm as a job array, a task a run: preempted tasks stop with a checkpoint, are requeued, and resume.
#
#   scripts/slurm/submit.sh [sbatch options] GRID [DIR]
#   scripts/slurm/submit.sh --gpus=1 --time=4:00:00 --array-limit=8 sweep.grid runs/sweep
#
# GRID and DIR are those of scripts/sweep.sh; --array-limit=N runs at most N tasks at a time. Prints the job's number;
# when it is through, `scripts/sweep.sh --out DIR GRID` prints the table (and runs whatever is left).
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)

options=()
limit=
operands=()
for word; do
  case $word in
    -h | --help)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    --array-limit=*) limit=%${word#*=} ;;
    -*) options+=("$word") ;;
    *) operands+=("$word") ;;
  esac
done
if [ "${#operands[@]}" -lt 1 ] || [ "${#operands[@]}" -gt 2 ]; then
  echo "submit: GRID and perhaps DIR were expected (--help says more; sbatch options are written --name=value)" >&2
  exit 2
fi
grid=$(realpath -e "${operands[0]}")
name=$(basename "$grid")
out=$(realpath -m "${operands[1]:-$root/runs/${name%.*}}")
count=$("$root/scripts/sweep.sh" --count "$grid")
"$root/scripts/coppice" --version >/dev/null # built once, here, and not by every task
mkdir -p "$out/.sweep"
sbatch --parsable --job-name="coppice-${name%.*}" --array="1-$count$limit" --output="$out/.sweep/slurm-%a.log" \
  "${options[@]}" "$root/scripts/slurm/sweep.sbatch" "$root" "$grid" "$out"

#!/usr/bin/env bash
# Checks scripts/slurm against a real Slurm, started for the purpose in a temporary folder: a job array is preempted by
# a job of higher priority, requeued, and must end with the checkpoints of an undisturbed sweep.
#
#   scripts/slurm/check.sh
#
# Needs slurmctld, slurmd, sbatch and munged (Debian: slurmctld slurmd slurm-client munge); as root on Debian it installs
# them. Prints why it was skipped where they cannot be had, and exits 0; exits 1 when the check fails.
set -euo pipefail
root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin

programs=(slurmctld slurmd sbatch squeue scontrol munged mungekey)
all_there() {
  local program
  for program in "${programs[@]}"; do command -v "$program" >/dev/null || return 1; done
}
if ! all_there && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    slurmctld slurmd slurm-client munge; } >/dev/null 2>&1 || true
fi
if ! all_there; then
  echo "slurm check: skipped, because Slurm is not installed (Debian: slurmctld slurmd slurm-client munge)"
  exit 0
fi

folder=$(mktemp -d)
chmod 755 "$folder"
cleanup() {
  local pid
  for pid in "$folder"/*.pid; do [ ! -f "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true; done
  sleep 1
  rm -rf "$folder"
}
trap cleanup EXIT
give_up() {
  echo "slurm check: $1" >&2
  tail -n 5 "$folder"/*.log "$folder"/swept/.sweep/slurm-*.log >&2 2>/dev/null || true
  exit 1
}

start_slurm() {
  local host port=$((20000 + RANDOM % 20000))
  host=$(hostname -s)
  mkdir -m 755 "$folder/munge" "$folder/state" "$folder/spool"
  mungekey --create --keyfile "$folder/munge/key"
  munged --force --key-file "$folder/munge/key" --socket "$folder/munge/socket" --pid-file "$folder/munged.pid" \
    --log-file "$folder/munged.log" --seed-file "$folder/munge/seed"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthInfo=socket=$folder/munge/socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
SchedulerParameters=sched_interval=2,bf_interval=2,requeue_delay=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=high Nodes=ALL PriorityTier=10 PreemptMode=OFF State=UP
CONF
  export SLURM_CONF=$folder/slurm.conf
  slurmctld && slurmd
}

wait_until() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 1
  done
}
idle() { sinfo -h -o %t | grep -qx idle; }
checkpoints() { [ "$(ls "$folder"/swept/*/last.safetensors 2>/dev/null | wc -l)" -eq 2 ]; }
ended() { [ -z "$(squeue -h)" ]; }

cat >"$folder/two.grid" <<'GRID'
hidden  = 60,40
epsilon = 5 10
epochs  = 1000
threads = 1
GRID
start_slurm
wait_until 60 idle || give_up "Slurm's node does not become idle"
"$root/scripts/slurm/submit.sh" "$folder/two.grid" "$folder/swept" >/dev/null
wait_until 120 checkpoints || give_up "the tasks write no checkpoints"
sbatch --partition=high --ntasks=2 --output=/dev/null --wrap "sleep 2" >/dev/null
wait_until 600 ended || give_up "the job array does not end"
grep -q "^resume" "$folder"/swept/.sweep/slurm-*.log || give_up "no task was preempted and resumed"
"$root/scripts/sweep.sh" --list --out "$folder/swept" "$folder/two.grid" | grep -v finished && give_up "runs are missing"
"$root/scripts/sweep.sh" --out "$folder/undisturbed" "$folder/two.grid" >/dev/null
for run in "$folder"/undisturbed/*/; do
  cmp "$run/last.safetensors" "$folder/swept/$(basename "$run")/last.safetensors" || give_up "checkpoints differ"
done
echo "slurm check: a preempted and requeued job array gave the checkpoints of an undisturbed sweep"

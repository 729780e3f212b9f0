#!/usr/bin/env bash
# bench.sh BUILD_DIR [quick] - the numbers of docs/benchmarks.md, measured here.
#
# quick: the jobs of the load program alone, small; shows that it works.
set -euo pipefail
[ $# -eq 1 ] || { [ $# -eq 2 ] && [ "$2" = quick ]; } ||
    { echo "usage: bench.sh BUILD_DIR [quick]" >&2; exit 2; }
here=$(dirname "${BASH_SOURCE[0]}")
bin=$1/bin

printf 'machine: %s, %s cores, %s\n' "$(uname -m)" "$(nproc)" \
    "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)"
printf 'directory of the measurements: %s (%s)\n\n' "${TMPDIR:-/tmp}" \
    "$(stat -f -c %T "${TMPDIR:-/tmp}")"

# load OPTION... JOB - each against a relay of its own, in an empty directory
load() {
    "$bin/tacit-bench" --relay "$bin/tacit-relay" "$@"
}

# held DEVICES - the devices first, then a fresh relay that has only to hold
# them: memory that registering needed would be used again.
held() {
    local data
    data=$(mktemp -d "${TMPDIR:-/tmp}/tacit-bench.XXXXXX")
    load --data "$data" --devices "$1" --senders 1 --recipients 1 --pairs 1 \
        --members 1 register
    load --data "$data" --devices "$1" --prepared idle
    rm -r "$data"
}

if [ "${2:-}" = quick ]; then
    small=(--messages 20000)
    load "${small[@]}" submit
    load "${small[@]}" drain
    load --seconds 3 online
    load --members 100 --messages 3 fanout
    held 500
    "$bin/tacit-bench" --limit-ms 100 limits
    exit
fi

python3 -B "$here/bench.py" "$bin"
"$bin/bench_relay"
"$bin/tacit-bench" limits
load submit
load --window 1 --messages 200000 submit
load drain
load online
load fanout
load --relay-option mailbox_items=200000 deep
held 10000

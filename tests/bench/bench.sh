#!/usr/bin/env bash
# bench.sh BUILD_DIR - the numbers of docs/benchmarks.md, measured here.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: bench.sh BUILD_DIR" >&2; exit 2; }
here=$(dirname "${BASH_SOURCE[0]}")

printf 'machine: %s, %s cores, %s\n' "$(uname -m)" "$(nproc)" \
    "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)"
printf 'directory of the measurements: %s (%s)\n\n' "${TMPDIR:-/tmp}" \
    "$(stat -f -c %T "${TMPDIR:-/tmp}")"
python3 -B "$here/bench.py" "$1/bin"
"$1/bin/bench_relay"

#!/usr/bin/env bash
# history.sh BIN_DIR [ROWS] - how long looking back takes in a long history: the
# command as people run it, a process each time, the fastest and the median of 20.
set -eu
bin=$1
rows=${2:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$bin/tacit-history" "$work" "$rows"
tacit() { "$bin/tacit" --home "$work" "$@"; }

# The first search makes the blocks of what was written past the client.
time tacit search "what nobody says"
measure() { # measure NAME ARGUMENT...
    local name=$1 i began

    shift
    for ((i = 0; i < 20; i++)); do
        began=$(date +%s%N)
        tacit "$@" > "$work/out"
        echo $((($(date +%s%N) - began) / 1000))
    done | sort -n > "$work/times"
    printf '%-28s %8.3f s at best %8.3f s median, %s lines\n' "$name" \
        "$(awk 'NR == 1 { print $1 / 1e6 }' "$work/times")" \
        "$(awk 'NR == 10 { print $1 / 1e6 }' "$work/times")" \
        "$(wc -l < "$work/out")"
}
measure "found nowhere" search "what nobody says"
measure "found everywhere" search a
measure "rare, in any case" search "ZZZZ"
measure "in one conversation" search "zzzz" peer01
measure "found nowhere, Unicode" search "ÜBERALL"

#!/usr/bin/env bash
# restart.sh TACIT_GROUPS TACIT_RELAY - a crowd that is ended in the middle goes
# on where it was, and in the end everything is there once.
set -euo pipefail
dir=$(mktemp -d "${TMPDIR:-/tmp}/tacit-clients.XXXXXX")
trap 'kill "$first" 2> /dev/null || true; rm -rf "$dir"' EXIT
first=

crowd() {
    exec "$1" --relay "$2" --data "$dir" --members 6 --messages 6 \
        --rounds 8 --kills 25 --workers 1 crowd
}

# The plan and some of the 24 turns are in the file.
some_turns() {
    [ -f "$dir/crowd" ] && [ "$(wc -l < "$dir/crowd")" -gt 5 ]
}

(crowd "$@") > /dev/null 2>&1 &
first=$!
until some_turns; do
    kill -0 "$first" 2> /dev/null ||
        { echo "the crowd ended before it was ended" >&2; exit 1; }
    sleep 0.005
done
kill -TERM "$first"
wait "$first" && { echo "it was over before" >&2; exit 1; }
before=$(wc -l < "$dir/crowd")
[ "$before" -lt 25 ] || { echo "no turn was left" >&2; exit 1; }
(crowd "$@") 2>&1 | tee "$dir/out"
grep -q "seed 1, $((before - 1)) turns done before" "$dir/out"

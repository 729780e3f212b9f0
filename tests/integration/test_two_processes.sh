#!/usr/bin/env bash
# test_two_processes.sh - many tacit processes on one profile at once.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

SENDERS=4
EACH=15
start_relay --log-level warn
user alice bob
expect 0 as alice send bob "session"
as bob receive > /dev/null
expect 0 as bob send alice "session"
as alice receive > /dev/null

send_some() { # send_some FROM TO WHO
    local n

    for n in $(seq "$EACH"); do
        as "$1" --quiet send "$2" "$3 $n" || return 1
    done
}

receive_some() { # receive_some NAME FILE - until told to stop
    while [ ! -e "$WORK/stop" ]; do
        as "$1" --json --quiet receive >> "$2" 2>> "$2.err" || return 1
    done
}

# ---- Both profiles are hammered from many sides -----------------------------

RECEIVERS=()
for name in alice bob; do
    for r in 1 2; do
        receive_some "$name" "$WORK/$name.$r" &
        RECEIVERS+=($!)
        own_pid $!
    done
done
WORKERS=()
for s in $(seq "$SENDERS"); do
    send_some alice bob "alice-$s" &
    WORKERS+=($!)
    own_pid $!
    send_some bob alice "bob-$s" &
    WORKERS+=($!)
    own_pid $!
done
for pid in "${WORKERS[@]}"; do
    ends_with "$pid" 0 120
done
touch "$WORK/stop"
for pid in "${RECEIVERS[@]}"; do
    ends_with "$pid" 0 60
done
as alice receive > /dev/null
as bob receive > /dev/null

wanted() {
    local s

    for s in $(seq "$SENDERS"); do
        seq -f "$1-$s %g" "$EACH"
    done
}
for pair in "alice bob" "bob alice"; do
    read -r from to <<< "$pair"
    same "what $to has of $from, each once" "$(wanted "$from" | sort)" \
        "$(said "$to" "$from" | grep "^$from-" | sort)"
    for s in $(seq "$SENDERS"); do
        same "order of $from-$s" "$(seq -f "$from-$s %g" "$EACH")" \
            "$(said "$to" "$from" | grep "^$from-$s ")"
    done
    same "notices at $to" "" "$(as "$to" --json history --limit 100000 "$from" |
        jq -r 'select(.type == "notice") | .kind')"
done
expect 0 as alice send bob "still able to talk"
same "bob" "still able to talk" "$(received bob)"
expect 0 as bob send alice "so am I"
same "alice" "so am I" "$(received alice)"
ok "$((SENDERS * EACH)) messages each way from many processes: each once, in order"

# ---- A second receiver ------------------------------------------------------

follow bob "$WORK/follow" --json
expect 0 as alice send bob "for the follower"
until_true 30 grep -q "for the follower" "$WORK/follow"
expect 0 as bob receive
contains "what the second receive says" "$ERR" "$FOLLOW"
expect 0 as bob --json send alice "a send beside a --follow"
same "alice" "a send beside a --follow" "$(received alice)"
expect 0 as alice group create both bob
until_true 30 grep -q '"both"' "$WORK/follow"
expect 0 as bob send -g both "a group send beside a --follow"
same "alice" "a group send beside a --follow" "$(received alice)"
stop_follow
ok "a second receive says who holds the lock; sends go on beside it"

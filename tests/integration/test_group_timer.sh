#!/usr/bin/env bash
# test_group_timer.sh - messages that disappear, with the real programs.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

TIMER_S=2

states() { # states NAME - of each message in the group, oldest first
    as "$1" --json history -g pals |
        jq -r 'select(.type == "message") | "\(.from):\(.disappeared // false):\(.text)"'
}

gone_within() { # gone_within SECONDS NAME TEXT
    local end=$((SECONDS + $1))

    while grep -qF "$3" <<< "$(states "$2")"; do
        [ "$SECONDS" -lt "$end" ] || fail "$2 still shows: $3"
        sleep 0.2
    done
}

start_relay --log-level warn
user alice bob
expect 0 as alice group create pals bob
as bob receive > /dev/null
expect 0 as alice send -g pals "for ever"
expect 0 as alice group set pals --timer "${TIMER_S}s"
expect 0 as alice send -g pals "gone in a moment"
expect 0 as bob --json receive
contains "what bob is told" "$(jq -r 'select(.text == "gone in a moment") | .expires_at' <<< "$OUT")" "T"
same "a timer of what has none" null "$(jq -r 'select(.text == "for ever") | .expires_at' <<< "$OUT")"
for name in alice bob; do
    gone_within 20 "$name" "gone in a moment"
    same "what $name has" "alice:false:for ever
alice:true:" "$(states "$name")"
    same "what $name finds" "" "$(as "$name" --json history -g pals --search moment)"
    contains "the line at $name" "$(as "$name" history -g pals)" "pals/alice (message disappeared)"
done
ok "a message disappears at both ends, its line stays, and what has no timer stays"

expect 0 as alice send -g pals "not fetched for a while"
gone_within 20 alice "not fetched for a while"
expect 0 as bob receive
contains "what comes late" "$OUT" "not fetched for a while"
gone_within 20 bob "not fetched for a while"
ok "the time of what comes late begins when it comes"

expect 0 as alice --json group log pals --verify
same "the timer in the log" "$TIMER_S" "$(jq -r 'select(.act == "settings") | .timer_s' <<< "$OUT")"
expect 0 as alice group log pals --verify
contains "the log, told" "$OUT" "messages disappear after ${TIMER_S}s"
contains "its verdict" "$OUT" "verdict  sound"
ok "the log tells of the timer"

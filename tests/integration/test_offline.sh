#!/usr/bin/env bash
# test_offline.sh - somebody is away, or the relay is.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

MANY=1000
start_relay --log-level warn
user alice bob carol

# ---- The relay is down ------------------------------------------------------

expect 0 as alice send bob "so that there is a session"
same "bob" "so that there is a session" "$(received bob)"
expect 0 as bob send alice "and an answer"
same "alice" "and an answer" "$(received alice)"
stop_relay
expect 3 as alice --json --timeout 5s send bob "while it is down"
SENT=$(jq -c 'select(.type == "sent")' <<< "$OUT")
same "state" queued "$(jq -r .state <<< "$SENT")"
ID=$(jq -r .id <<< "$SENT")
same "error" unreachable "$(jq -r .error.code <<< "$ERR")"
expect 0 as alice --json outbox list
contains "outbox" "$OUT" "$ID"
contains "why it waits" "$(jq -r .reason <<< "$OUT")" "reached the relay since"
expect 0 as alice send --queue bob "while it is down, too"
expect 3 as alice --timeout 5s outbox retry
same "what a retry in vain says" 1 "$(wc -l <<< "$ERR")"
expect 3 as alice --json --timeout 5s send carol "to somebody never met"
expect 3 as bob --timeout 5s receive
expect 0 as alice --json history bob
same "state in the history" queued "$(jq -r 'select(.text == "while it is down") | .state' <<< "$OUT")"
start_relay --log-level warn
expect 0 as alice --json send bob "it is back"
expect 0 as alice --json outbox
same "the outbox" "" "$OUT"
expect 0 as bob --json receive
same "bob reads" "while it is down
while it is down, too
it is back" "$(only_texts <<< "$OUT")"
same "the id is the same" "$ID" "$(jq -r 'select(.text == "while it is down") | .id' <<< "$OUT")"
same "carol reads" "to somebody never met" "$(received carol)"
same "state afterwards" stored \
    "$(as alice --json history bob | jq -r 'select(.text == "while it is down") | .state')"
ok "a send while the relay is down is queued, and delivered by the next command"

stop_relay
as alice --json --timeout 20s send --wait 20s bob "patient" > "$WORK/patient" 2>&1 &
PATIENT=$!
own_pid "$PATIENT"
is_queued() {
    as alice --json outbox | grep -q patient
}
until_true 20 is_queued
expect 0 as alice --json send --queue bob "queued behind it"
start_relay --log-level warn
ends_with "$PATIENT" 0 40
expect 0 as alice --json outbox retry
same "bob reads" "patient
queued behind it" "$(received bob)"
ok "--wait keeps trying until the relay is back"

# ---- The relay goes away under a --follow -----------------------------------

follow bob "$WORK/follow" --json
follow_has() {
    only_texts < "$WORK/follow" | grep -qxF "$1"
}
expect 0 as alice send bob "before the restart"
until_true 30 follow_has "before the restart"
for round in 1 2; do
    stop_relay
    expect 3 as alice --quiet --timeout 5s send bob "during restart $round"
    start_relay --log-level warn
    expect 0 as alice --quiet send bob "after restart $round"
    until_true 60 follow_has "after restart $round"
done
stop_follow
same "what --follow printed" "before the restart
during restart 1
after restart 1
during restart 2
after restart 2" "$(only_texts < "$WORK/follow")"
ok "--follow comes back after the relay did, and misses nothing"

# A killed reader may see lines again, and skips none.
follow bob "$WORK/killed" --json
seq -f 'killed %g' 300 | as alice --quiet send --lines bob &
SENDER=$!
own_pid "$SENDER"
until_true 30 grep -q '"killed [0-9]' "$WORK/killed"
kill -KILL "$FOLLOW"
ends_with "$FOLLOW" 137 20
ends_with "$SENDER" 0 60
as bob --json receive > "$WORK/rest"
# The last line of the killed one may be cut.
same "lines of both" "$(seq -f 'killed %g' 300 | sort)" \
    "$(cat "$WORK/killed" <(echo) "$WORK/rest" |
        jq -rR 'fromjson? | .text // empty' | sort -u)"
same "its history" "$(seq -f 'killed %g' 300)" "$(said bob alice | grep '^killed')"
ok "a --follow that is killed loses nothing"

# ---- A long time away -------------------------------------------------------

expect 0 as alice group create friends bob carol
as bob receive > /dev/null
as carol receive > /dev/null
seq -f 'direct %g' "$MANY" | as alice --quiet send --lines bob
seq -f 'group %g' 100 | as carol --quiet send --lines -g friends
same "waiting" true "$(as bob --json status | jq ".mailbox_waiting >= $MANY + 100")"
stop_relay
start_relay --log-level warn
expect 0 as bob --json receive --limit 10
same "a limit" 10 "$(only_texts <<< "$OUT" | wc -l)"
cp "$WORK/out" "$WORK/first"
expect 0 as bob --json receive
cat "$WORK/out" >> "$WORK/first"
same "direct messages" "$(seq -f 'direct %g' "$MANY")" \
    "$(only_texts < "$WORK/first" | grep '^direct')"
same "group messages" "$(seq -f 'group %g' 100)" \
    "$(only_texts < "$WORK/first" | grep '^group')"
same "n rises by one place each" "" \
    "$(jq -r .n "$WORK/first" | awk 'NR > 1 && $1 <= last { print } { last = $1 }')"
same "nothing is left" "" "$(received bob)"
same "history" "$MANY" "$(said bob alice | grep -c '^direct')"
ok "$MANY messages wait, and come in order, each once"

#!/usr/bin/env bash
# test_life.sh - what becomes of a message: told to the one who sent it, and
# gone at both ends when its time is over, also at a receiver that was away.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

changes() { # changes FILE ID - the states that were told of a message, in order
    jq -r "select(.type == \"state\" and .id == \"$2\") | .state" "$1" | xargs
}

tells() { # tells FILE ID STATES
    [ "$(changes "$1" "$2")" = "$3" ]
}

shows() { # shows NAME WITH TEXT
    as "$1" --json history "$2" | only_texts | grep -qxF "$3"
}

shows_no_more() {
    ! shows "$@"
}

id_of() { # the id of what OUT says was sent
    jq -r .id <<< "$OUT"
}

start_relay --log-level warn
user alice bob

# ---- States -----------------------------------------------------------------

STREAM=$WORK/alice.stream
expect 0 as alice group create pals bob
as bob receive > /dev/null
expect 0 as alice --json send bob "one"
ONE=$(id_of)
follow alice "$STREAM" --json
expect 0 as bob send -g pals "bob catches up and shows nothing"
until_true 30 tells "$STREAM" "$ONE" delivered
as bob receive > /dev/null
until_true 30 tells "$STREAM" "$ONE" "delivered read"
stop_follow
same "where it goes" bob "$(jq -r "select(.id == \"$ONE\" and .state == \"read\") | .to.name" "$STREAM")"
ok "a receiver that stays is told when a message is delivered and read"

expect 0 as alice --json send bob "two"
TWO=$(id_of)
as bob receive > /dev/null
expect 0 as alice --json receive
same "what comes and goes is not told unasked" "" "$(jq -r 'select(.type == "state") | .id' <<< "$OUT")"
expect 0 as alice --json receive --states
same "once, and the last" "$TWO read" "$(jq -r 'select(.type == "state") | .id + " " + .state' <<< "$OUT")"
expect 0 as alice --json receive --states
same "and not again" "" "$OUT"
ok "what changed while nobody looked is told once"

stop_relay
expect 3 as alice --json send bob "three"
THREE=$(id_of)
start_relay --log-level warn
expect 0 as alice send bob "four"
expect 0 as alice receive --states
contains "what was sent later" "$OUT" "bob: your message ${THREE:0:8} is stored"
ok "a message that went out later is told to be stored"

expect 0 as alice --json send -g pals "to the group"
as bob receive > /dev/null
as alice receive > /dev/null
expect 0 as alice history -g pals --long
contains "who has it" "$OUT" "--    bob  read  delivered"
expect 0 as alice history bob --long
contains "when it was read" "$OUT" "read, n"
contains "when it was read" "$OUT" ", delivered 20"
same "the same for programs" "true" "$(as alice --json history bob | jq -r "select(.id == \"$TWO\") | .read_at != null")"
ok "history --long says who has what, and since when"

# ---- Receipts ---------------------------------------------------------------

expect 0 as bob config set receipts none
expect 0 as alice --json send bob "five"
FIVE=$(id_of)
as bob receive > /dev/null
expect 0 as alice receive
same "with none" stored "$(as alice --json history bob | jq -r "select(.id == \"$FIVE\") | .state")"
expect 0 as bob config set receipts delivered
expect 0 as alice --json send bob "six"
SIX=$(id_of)
as bob receive > /dev/null
expect 0 as alice receive
same "with delivered" delivered "$(as alice --json history bob | jq -r "select(.id == \"$SIX\") | .state")"
same "what was before" stored "$(as alice --json history bob | jq -r "select(.id == \"$FIVE\") | .state")"
same "the setting" delivered "$(as bob config get receipts)"
expect 2 as bob config set receipts some
expect 4 as bob config get colour
expect 0 as bob config set receipts all
ok "receipts are the user's to send"

# ---- One message that disappears --------------------------------------------

follow bob "$WORK/bob.stream" --json
expect 0 as alice send bob --expire 3s "gone in a moment"
until_true 30 grep -qF "gone in a moment" "$WORK/bob.stream"
stop_follow # bob is away when its time is over
until_true 30 shows_no_more alice bob "gone in a moment"
sleep 1
until_true 30 shows_no_more bob alice "gone in a moment"
contains "the line at bob" "$(as bob history alice)" "alice (message disappeared)"
shows bob alice "six" || fail "what has no timer went as well"
expect 2 as alice send bob --expire 367d "too long"
ok "one message disappears at both ends, also at a receiver that was away"

# ---- All of them from now on ------------------------------------------------

expect 0 as bob contacts set alice --timer 3s
expect 0 as alice receive
contains "what alice is told" "$OUT" "bob: bob changed the settings: messages disappear after 3s"
contains "what bob sees" "$(as bob history alice)" "bob changed the settings: messages disappear after 3s"
contains "the setting" "$(as alice contacts show bob)" "disappear after 3s"
expect 0 as alice send bob "under the timer"
as bob receive > /dev/null
until_true 30 shows_no_more alice bob "under the timer"
until_true 30 shows_no_more bob alice "under the timer"
expect 0 as alice --json contacts set bob --timer off
same "what changed" "0 true" "$(jq -r '"\(.timer_s) \(.changed)"' <<< "$OUT")"
expect 0 as alice --json contacts set bob --timer off
same "already so" false "$(jq -r .changed <<< "$OUT")"
expect 0 as bob receive
contains "what bob is told" "$OUT" "alice changed the settings: messages stay"
expect 0 as bob send alice "stays again"
same "the timer of it" null "$(as bob --json history alice | jq -r 'select(.text == "stays again") | .expires_at')"
expect 4 as alice contacts set nobody-here --timer 1d
ok "a timer between two is set by either and holds for both"

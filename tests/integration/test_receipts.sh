#!/usr/bin/env bash
# test_receipts.sh - delivered and then read, with the real programs, three
# people, and a receiver that is killed at every place there is.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

id_of() { # the id of what OUT says was sent
    jq -r .id <<< "$OUT"
}

state_of() { # state_of NAME ID GROUP-OR-PEER...
    local name=$1 id=$2

    shift 2
    as "$name" --json history "$@" | jq -r "select(.id == \"$id\") | .state"
}

holders() { # holders ID - what each member has of alice's message
    as alice --json group show friends --message "${1:0:8}" |
        jq -r '.account + " " + .state' | sort
}

hear() { # alice fetches what there is
    as alice receive > /dev/null
}

start_relay --log-level warn
user alice bob carol dave

# ---- Two people --------------------------------------------------------------

expect 0 as alice --json send bob "direct"
ID=$(id_of)
same "sent" stored "$(jq -r .state <<< "$OUT")"
expect 0 as bob --json receive
hear
same "a direct message" read "$(state_of alice "$ID" bob)"
same "what is left in bob's outbox" "" "$(as bob --json outbox list)"
ok "a direct message is read"

# ---- A group -----------------------------------------------------------------

expect 0 as alice group create friends bob carol
for name in bob carol; do as "$name" receive > /dev/null; done
expect 0 as alice --json send -g friends "one"
ONE=$(id_of)
same "who has it" "bob stored
carol stored" "$(holders "$ONE")"
expect 0 as bob send -g friends "bob catches up and shows nothing"
hear
same "who has it" "bob delivered
carol stored" "$(holders "$ONE")"
same "not all have it" stored "$(state_of alice "$ONE" -g friends)"
as carol receive > /dev/null
hear
same "who has it" "bob delivered
carol read" "$(holders "$ONE")"
same "all have it" delivered "$(state_of alice "$ONE" -g friends)"
as bob receive > /dev/null
hear
same "who has it" "bob read
carol read" "$(holders "$ONE")"
same "all have read it" read "$(state_of alice "$ONE" -g friends)"
same "both times are known" "true
true" "$(as alice --json group show friends --message "$ONE" |
    jq '.delivered_at != null and .read_at != null')"
ok "a message to a group is delivered, then read"

expect 4 as bob group show friends --message "$ONE"
expect 4 as alice group show friends --message 0123456789
expect 4 as alice group show nothing --message "$ONE"
ok "only of an own message, and of one there is"

# ---- Who is behind -------------------------------------------------------------

LENGTH=$(as alice --json group show friends | jq .length)
known() {
    as alice --json group show friends |
        jq -r ".members[] | select(.account == \"$1\") | .known_length"
}
same "what carol knows" "$LENGTH" "$(known carol)"
expect 0 as alice group add friends dave
same "what carol knew" "$LENGTH" "$(known carol)"
same "what dave knows" null "$(known dave)"
contains "for people" "$(as alice group show friends)" "behind: knew $LENGTH of"
contains "for people" "$(as alice group show friends)" "not heard of yet"
for name in bob carol dave; do as "$name" receive > /dev/null; done
expect 0 as alice send -g friends "hello dave"
for name in bob carol dave; do as "$name" receive > /dev/null; done
hear
same "what dave knows now" "$((LENGTH + 1))" "$(known dave)"
lacks "for people" "$(as alice group show friends)" "behind"
ok "members who are behind are named until they are heard of"

# ---- Killed in between --------------------------------------------------------

N=0
KILLED=1
while [ "$KILLED" = 1 ]; do
    N=$((N + 1))
    [ "$N" -le 40 ] || fail "the receiver never comes to its end"
    expect 0 as alice --json send -g friends "round $N"
    ID=$(id_of)
    KILLED=0
    TACIT_HOOK=any:$N "$TACIT_HOOKED" --home "$(home_of carol)" receive \
        > /dev/null 2>&1 || KILLED=1
    as carol receive > /dev/null
    for name in bob dave; do as "$name" receive > /dev/null; done
    hear
    same "round $N" "bob read
carol read
dave read" "$(holders "$ID")"
    same "round $N" read "$(state_of alice "$ID" -g friends)"
    same "round $N, in carol's history" 1 \
        "$(as carol --json history -g friends | jq -r .text | grep -c "^round $N\$")"
done
[ "$N" -gt 3 ] || fail "the receiver was killed $N times only"
lacks "alice's history" "$(as alice history -g friends)" "missing"
lacks "carol's history" "$(as carol history bob 2>&1)" "missing"
ok "killed at $((N - 1)) places, and every message was read once"

# ---- Gone ----------------------------------------------------------------------

expect 0 as alice --json send -g friends "last one for dave"
ID=$(id_of)
expect 0 as alice group remove friends dave
for name in bob carol; do as "$name" receive > /dev/null; done
hear
same "who has it" "bob read
carol read
dave removed" "$(holders "$ID")"
same "who is gone holds nothing up" read "$(state_of alice "$ID" -g friends)"
ok "who was removed before it came is told of, and holds nothing up"

#!/usr/bin/env bash
# test_recover.sh - a lost device is not a lost account: a recovery key on
# paper, a new machine, and everybody goes on talking.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
PAPER=$WORK/paper
expect 0 as alice register alice --relay "$LINK" --no-passphrase \
    --recovery-key-file "$PAPER"
same "mode of the paper" 600 "$(stat -c %a "$PAPER")"
same "groups of letters" 14 "$(tr -- - '\n' < "$PAPER" | wc -l)"
user bob carol

recover_as() { # recover_as HOME NAME PAPER
    as "$1" recover "$2" --relay "$LINK" --no-passphrase \
        --recovery-key-file "$3"
}

# ---- Before -----------------------------------------------------------------

expect 0 as alice send bob "before"
same "bob" "before" "$(received bob)"
expect 0 as bob send alice "and back"
same "alice" "and back" "$(received alice)"
expect 0 as alice group create friends bob carol # she is its only admin
expect 0 as bob group create club alice carol
received bob > /dev/null
received carol > /dev/null
received alice > /dev/null
expect 0 as alice send -g friends "friends before"
expect 0 as bob send -g club "club before"
same "carol" "club before
friends before" "$(received carol | sort)"
received alice > /dev/null
received bob > /dev/null
NUMBER=$(as bob --json verify alice | jq -r .digits)
cp -r "$(home_of alice)" "$WORK/stolen"

# ---- What does not open -----------------------------------------------------

tr A B < "$PAPER" > "$WORK/slip"
if ! cmp -s "$PAPER" "$WORK/slip"; then
    expect 2 recover_as other alice "$WORK/slip"
fi
expect 0 as dave register dave --relay "$LINK" --no-passphrase \
    --recovery-key-file "$WORK/daves"
expect 4 recover_as other alice "$WORK/daves"
expect 4 recover_as other bob "$PAPER"
expect 4 recover_as other nobody.here "$PAPER"
expect 4 as other status
ok "neither another key nor another name opens an account"

# ---- Recovered --------------------------------------------------------------

expect 0 as bob send alice "to the lost one"
rm -rf "$(home_of alice)"
expect 0 recover_as alice alice "$PAPER"
expect 11 recover_as alice alice "$PAPER"
expect 0 as alice --json devices
same "devices of alice" "2 true" "$(jq -r '"\(.device) \(.this)"' <<< "$OUT")"
expect 0 as alice send bob "I am back"
same "bob" "I am back" "$(received bob)"
same "the safety number" "$NUMBER" "$(as bob --json verify alice | jq -r .digits)"
expect 0 as bob send alice "welcome"
contains "alice" "$(received alice)" "welcome" # what was lost may come again
expect 0 as alice send carol "never met before"
same "carol" "never met before" "$(received carol)"
expect 0 as bob --json devices alice
same "devices that bob knows" 2 "$(jq -r .device <<< "$OUT")"
ok "the account goes on under the same key, and people notice nothing worse"

# ---- Groups -----------------------------------------------------------------

rekeys() { # rekeys NAME GROUP
    as "$1" --json group log "$2" | jq -r 'select(.act == "rekey") | .author'
}

received alice > /dev/null
expect 0 as alice --json group list
same "groups of alice" "club friends" \
    "$(jq -r .name <<< "$OUT" | sort | paste -sd ' ')"
received carol > /dev/null
received bob > /dev/null
received alice > /dev/null
expect 0 as alice send -g friends "friends after"
expect 0 as alice send -g club "club after"
for name in bob carol; do
    same "$name" "club after
friends after" "$(received $name | grep after | sort)"
done
expect 0 as bob send -g club "club to all"
expect 0 as carol send -g friends "friends to all"
same "alice" "club to all
friends to all" "$(received alice | grep 'to all' | sort)"
same "who changed the key of friends" alice "$(rekeys bob friends)"
same "who changed the key of club" bob "$(rekeys carol club)"
expect 0 as alice group rename friends comrades
expect 0 as bob receive
same "members" "alice admin
bob member
carol member" "$(roster_of bob comrades)"
ok "groups take her in again, also the one where nobody else is an admin"

contains "notice" "$(as bob --json history alice)" '"kind":"device-changed"'
ok "people are told that she has another device"

# ---- The old device ---------------------------------------------------------

rm -rf "$(home_of old)"
cp -r "$WORK/stolen" "$(home_of old)"
expect 9 as old receive
contains "why" "$ERR" "Another device has taken the place"
expect 9 as old status
expect 0 as old history bob
expect 0 as bob send alice "for the new one alone"
expect 9 as old receive
contains "alice" "$(received alice)" "for the new one alone"
ok "the old device gets nothing any more, says why, and can still be read"

# ---- What is on its way -------------------------------------------------------

expect 0 as carol send -g club "waits for her in the group"
received bob > /dev/null
stop_relay
expect 3 as bob send alice "sealed for the device that is lost"
expect 3 as carol send -g club "the same in a group"
start_relay --log-level warn
rm -rf "$(home_of alice)"
expect 0 recover_as alice alice "$PAPER"
expect 0 as bob receive
expect 0 as carol receive
expect 0 as bob --json outbox
same "what bob still has" "" "$OUT"
same "state" "stored" "$(as bob --json history alice |
    jq -r 'select(.text == "sealed for the device that is lost") | .state')"
expect 0 as bob send alice "and more"
GOT=$(received alice)
contains "alice" "$GOT" "sealed for the device that is lost"
contains "alice" "$GOT" "and more"
same "carol's own" "1" "$(said carol -g club | grep -c "the same in a group")"
received bob > /dev/null
for _ in 1 2; do # invited by bob, and what waited is sent by carol
    received carol > /dev/null
    received bob > /dev/null
    GOT=$GOT$(received alice)
done
contains "alice" "$GOT" "waits for her in the group"
contains "alice" "$GOT" "the same in a group"
same "the group before" "" "$(as alice --json history -g club |
    jq -r .text | grep -E "club after|club to all" || true)"
ok "what was sealed for the old device is sealed anew for the next"

# ---- What it had sent, and killed on the way ----------------------------------

expect 0 as alice send bob "from the device that will be lost"
stop_relay
expect 3 as bob send alice "refused, and then killed"
start_relay --log-level warn
rm -rf "$(home_of alice)"
expect 0 recover_as alice alice "$PAPER"
# Sending finds out: refused, encrypted anew as it was signed, sent; killed
# wherever it is.
for place in send-after-submit:1 courier-sealed:1 courier-sealed:2 \
    courier-sealed:3 send-after-submit:1; do
    TACIT_HOOK=$place TACIT_BIN=$TACIT_HOOKED \
        as bob outbox retry > /dev/null 2>&1 || true
done
expect 0 as bob send alice "and the next"
same "what bob still has" "" "$(as bob --json outbox)"
same "alice" "and the next
refused, and then killed" "$(received alice | grep -E "refused|and the next" | sort)"
same "how often" 1 "$(as alice --json history bob |
    jq -r .text | grep -c "refused, and then killed")"
contains "bob" "$(received bob)" "from the device that will be lost"
ok "what a lost device had sent is read, and what it was sent goes to the next, once"

# ---- Cut short --------------------------------------------------------------

for place in recover-after-keys recover-after-answer recover-after-prekeys; do
    rm -rf "$(home_of alice)"
    TACIT_HOOK=$place:1 TACIT_BIN=$TACIT_HOOKED \
        recover_as alice alice "$PAPER" > /dev/null 2>&1 && fail "not killed"
    expect 4 as alice send bob "too early"
    expect 0 recover_as alice alice "$PAPER"
    expect 0 as alice send bob "after $place"
    same "bob" "after $place" "$(received bob)"
    expect 0 as bob send alice "heard of $place"
    contains "alice" "$(received alice)" "heard of $place"
done
ok "killed anywhere, the same command finishes it"

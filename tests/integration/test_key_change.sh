#!/usr/bin/env bash
# Somebody has another key: told once, exit code 5 for all that would reach it,
# nothing encrypted anew behind the user's back, and all of it read after trust.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay
user alice carol
stop_relay
cp -a "$RELAY_DIR/store" "$WORK/store-before-bob"
start_relay
user bob
expect 0 as alice group create friends carol bob
received carol > /dev/null
received bob > /dev/null
expect 0 as alice send bob "to the first bob"
expect 0 as bob send alice "from the first bob"
received alice > /dev/null
expect 0 as alice verify bob --mark

# What waits in the outbox is made for the first bob, and stays that.
stop_relay
expect 3 as alice send bob "made for the first bob alone"
same "it waits" draft "$(as alice --json outbox | jq -r .state)"
mv "$RELAY_DIR/store" "$WORK/store-with-bob"
cp -a "$WORK/store-before-bob" "$RELAY_DIR/store"
start_relay
as another --quiet register bob --relay "$LINK" --no-passphrase < /dev/null

expect 5 as alice send bob "for whoever is called bob"
expect 0 as another send alice "I am bob"
expect 0 as another send alice "believe me"
expect 0 as alice --json receive
lacks "what alice is shown" "$(only_texts <<< "$OUT")" "believe me"
same "notices" "identity-changed" \
    "$(as alice --json history bob | jq -r 'select(.type == "notice") | .kind')"
ok "a changed key is told once, and what it says waits"

for try in one two; do
    expect 5 as alice send bob "$try"
    expect 5 as alice verify bob --mark
    same "trust" changed "$(as alice --json contacts show bob | jq -r .trust)"
done
expect 5 as alice send --queue bob "not even queued"
# A group goes on without the one whose key changed, and says who lacks it.
expect 0 as alice --json send -g friends "to friends"
same "left out" bob "$(jq -r '.refused[]' <<< "$OUT")"
same "the other bob got" "" "$(received another)"
same "carol got" "to friends" "$(received carol)"
NUMBER=$(as alice --json verify bob | jq -r .digits)
same "the number of the new key" true "$(as alice --json verify bob | jq .changed)"
expect 5 as alice verify bob --compare "$NUMBER" --mark
expect 0 as alice verify bob --compare "$NUMBER"
ok "until trust nothing is sent, queued, marked or encrypted"

expect 0 as alice trust bob
same "what waited is failed" failed "$(as alice --json history bob |
    jq -r 'select(.text == "made for the first bob alone") | .state')"
same "nothing waits" "" "$(as alice --json outbox | jq -r 'select(.text) | .id')"
contains "what was kept aside is read" "$(said alice bob)" "believe me"
expect 0 as alice verify bob --compare "$NUMBER" --mark
expect 0 as alice send bob "accepted"
same "the other bob got" "accepted" "$(received another)"
same "notices" "identity-changed" \
    "$(as alice --json history bob | jq -r 'select(.type == "notice") | .kind')"
lacks "words for the first bob" "$(said another alice)" "first bob"
ok "after trust what was kept is read, and nothing is sent to another key than it was made for"

#!/usr/bin/env bash
# test_two_lists.sh - a relay that shows an older device list to `recover`: the
# list that is made then contradicts one that people know, who say so, and the
# client makes another above both.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

mkdir -p "$RELAY_DIR"
start_relay --log-level warn
expect 0 as alice register alice --relay "$LINK" --no-passphrase \
    --recovery-key-file "$WORK/paper"
user bob carol
expect 0 as alice send bob "from the first device"
received bob > /dev/null
# What the relay knows now it will show again later, as if nothing had come.
expect 0 "$TACIT_RELAY_BIN" backup --data "$RELAY_DIR" "$WORK/older"

recover() {
    rm -rf "$(home_of alice)"
    expect 0 as alice recover alice --relay "$LINK" --no-passphrase \
        --recovery-key-file "$WORK/paper"
}
lie() { # the relay is as it was then
    stop_relay
    rm -rf "$RELAY_DIR"
    expect 0 "$TACIT_RELAY_BIN" restore "$WORK/older" --data "$RELAY_DIR"
    start_relay --log-level warn
}
device() {
    as alice --json devices | jq .device
}

recover
expect 0 as alice send bob "from the second device"
same "bob" "from the second device" "$(received bob)"
expect 0 as bob send alice "heard the second"
same "alice" "heard the second" "$(received alice)"
same "device" 2 "$(device)"

# ---- Shown an older list --------------------------------------------------------

lie
recover
same "the same number again" 2 "$(device)"
expect 0 as alice send carol "to one who knows no other"
contains "carol" "$(received carol)" "to one who knows no other"
expect 0 as alice send bob "to one who knows better"
as bob receive > /dev/null || true
as bob send alice "can you hear me?" > /dev/null 2>&1 || true
as bob outbox retry > /dev/null 2>&1 || true
expect 0 as alice receive
expect 0 as alice doctor --check
contains "the doctor" "$OUT" "another list of this account's devices"
same "looking changes nothing" 2 "$(device)"
expect 0 as alice doctor
contains "the doctor" "$OUT" "above both"
same "a number above both" 3 "$(device)"
expect 0 as alice send bob "healed"
contains "bob" "$(received bob)" "healed"
as bob outbox retry > /dev/null 2>&1 || true
expect 0 as bob send alice "now you can"
contains "alice" "$(received alice)" "now you can"
contains "alice" "$(said alice bob)" "can you hear me?"
expect 0 as alice send carol "and to the other one"
contains "carol" "$(received carol)" "and to the other one"
expect 0 as carol send alice "and back"
contains "alice" "$(received alice)" "and back"
for name in bob carol; do
    lacks "notices of $name" "$(as $name --json history alice)" identity-changed
done
ok "people say that they know another list, and the client makes one above both"

# ---- Often, and far behind --------------------------------------------------------

for _ in 1 2 3; do
    recover
    expect 0 as alice send bob "and again"
    received bob > /dev/null
done
KNOWN=$(device)
lie
recover
for place in replace-after-keys replace-after-answer replace-after-switch; do
    as bob send alice "are you there?" > /dev/null 2>&1 || true
    as alice receive > /dev/null 2>&1 || true
    TACIT_HOOK=$place:1 TACIT_BIN=$TACIT_HOOKED \
        as alice status > /dev/null 2>&1 || true
done
expect 0 as alice status
[ "$(device)" -gt "$KNOWN" ] || fail "device $(device) after $KNOWN"
expect 0 as alice send bob "healed again"
contains "bob" "$(received bob)" "healed again"
expect 0 as bob send alice "I see"
contains "alice" "$(received alice)" "I see"
ok "also far behind, and killed on the way"

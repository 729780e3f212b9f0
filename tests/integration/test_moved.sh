#!/usr/bin/env bash
# A relay that moves: it says so in its own name alone, and its users go after
# it, to one that has their data and to one that has never heard of them.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

log_has() {
    grep -q "$1" "$OLD_DIR.err"
}

reload() { # reload MOVED_TO
    : > "$OLD_DIR.err"
    printf 'moved_to = %s\n' "$1" > "$OLD_DIR/relay.conf"
    kill -HUP "$OLD_PID"
    until_true 20 log_has '^info reloaded'
}

mkdir -p "$RELAY_DIR"
start_relay --log-level info
OLD_DIR=$RELAY_DIR OLD_PID=$RELAY_PID OLD_LINK=$LINK
user alice bob carol
expect 0 as alice send bob "at the old one"
same "received" "at the old one" "$(received bob)"
same "a relay that has not moved" null \
    "$(as alice --json relay | jq -r .moved_to)"
same "its link" "$OLD_LINK" "$(as alice --json relay | jq -r .link)"

# ---- A forged word ----------------------------------------------------------

cp "$OLD_DIR/identity.key" "$WORK/identity.key"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out "$OLD_DIR/identity.key" 2> /dev/null
reload "tacit://evil.example/"
expect 0 as alice contacts
expect 0 as alice --verbose status
lacks "what alice is told" "$OUT" "evil.example"
lacks "what alice is told" "$(grep -v moved-to <<< "$ERR")" "evil.example"
contains "the log" "$ERR" "moved-to"
same "the relay is still" "$OLD_LINK" "$(as alice --json relay | jq -r .link)"
cp "$WORK/identity.key" "$OLD_DIR/identity.key"
ok "a forged word is ignored and logged"

# ---- An empty relay ---------------------------------------------------------

RELAY_DIR=$WORK/new RELAY_LISTEN=
start_relay --join code
NEW_LINK=$LINK
CODE=$("$TACIT_RELAY_BIN" invite --data "$RELAY_DIR" --uses 5 |
    grep -o 'tacit://[^ ]*' | head -n 1)
reload "$NEW_LINK"
expect 0 as alice send bob "are you coming along?"
contains "one line" "$ERR" "tacit relay set $NEW_LINK"
same "and no more" 1 "$(grep -c 'tacit relay set' <<< "$ERR")"
same "status" "$NEW_LINK" "$(as alice --json status | jq -r .moved_to)"
expect 0 as alice relay
contains "relay show" "$OUT" "moved to  $NEW_LINK"
expect 2 as alice relay set "not a link"
expect 7 as alice relay set "$NEW_LINK" # without a code
same "nothing has changed" "$OLD_LINK" "$(as alice --json relay | jq -r .link)"
same "bob reads on" "are you coming along?" "$(received bob)"
NUMBER=$(as alice --json verify bob | jq -r .digits)
expect 0 as alice --json relay set "$CODE"
same "registered" true "$(jq .registered <<< "$OUT")"
expect 0 as bob relay set "$CODE"
same "the link" "$NEW_LINK" "$(as alice --json relay | jq -r .link)"
expect 0 as alice send bob "at the new one"
same "received" "at the new one" "$(received bob)"
expect 0 as bob send alice "so am I"
same "received" "so am I" "$(received alice)"
same "the same keys" "$NUMBER" "$(as alice --json verify bob | jq -r .digits)"
lacks "the join code" "$(cat "$RELAY_DIR.err")" "$CODE"
ok "an empty relay registers the same keys, and talk goes on"

# ---- A relay that has the data ----------------------------------------------

expect 0 "$TACIT_RELAY_BIN" backup --data "$OLD_DIR" "$WORK/backup"
expect 0 "$TACIT_RELAY_BIN" restore "$WORK/backup" --data "$WORK/third"
RELAY_DIR=$WORK/third RELAY_LISTEN=
start_relay
expect 0 as carol --json relay set "$LINK"
same "known there" false "$(jq .registered <<< "$OUT")"
expect 0 as carol status
expect 0 as carol receive
ok "a relay that has the data is followed without registering"

# ---- Somebody else has the name ---------------------------------------------

RELAY_DIR=$WORK/fourth RELAY_LISTEN=
start_relay
as other --quiet register carol --relay "$LINK" --no-passphrase < /dev/null
expect 11 as carol relay set "$LINK"
expect 0 as carol status
ok "where somebody else has the name nothing changes"

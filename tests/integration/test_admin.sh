#!/usr/bin/env bash
# tacit-relay's administration, while the relay serves and while it does not.
. "$(dirname "$0")/../support/cluster.sh"

relay() { # relay COMMAND [ARGUMENT...]
    local command=$1

    shift
    "$TACIT_RELAY_BIN" "$command" --data "$RELAY_DIR" "$@"
}

# json FILTER COMMAND... - what jq makes of its objects
json() {
    local filter=$1

    shift
    relay "$@" --json | jq -rc "$filter"
}

expect 1 relay stats
contains "without a relay" "$ERR" "there is no relay in"
start_relay
user alice bob

# ---- What it does and holds -------------------------------------------------

as alice send bob "one" --queue > /dev/null
as alice send bob "two" > /dev/null
same "stats" "true false false 2 2 2" "$(json '[.serving, .frozen, .broken,
    .registrations, .queued, .mailboxes] | map(tostring) | join(" ")' stats)"
same "members of stats" "$(sed -n 's/^{"type":"stats"/&/p' \
    "$(dirname "$0")/../../docs/json.md" | jq -c 'keys')" "$(json keys stats)"
expect 0 relay stats
contains "for people" "$OUT" "messages waiting       2"
relay stats --follow > "$WORK/follow" &
own_pid $!
until_true 30 grep -q "devices" "$WORK/follow"
kill -TERM $!
ends_with $! 143 10
ok "stats of a serving relay"

# ---- Settings and keys under open connections -------------------------------

follow bob "$WORK/bob"
until_true 30 grep -q "alice: two" "$WORK/bob"
same "reload" '{"type":"reloaded"}' "$(relay reload --json)"
echo "mailbox_items = many" > "$RELAY_DIR/relay.conf"
expect 1 relay reload
contains "a mistake" "$ERR" "everything stays as it was"
rm "$RELAY_DIR/relay.conf"
key_of() {
    openssl s_client -connect "$RELAY_LISTEN" < /dev/null \
        > "$WORK/shown" 2> /dev/null || true
    openssl x509 -in "$WORK/shown" -noout -pubkey | sha256sum
}
before=$(key_of)
same "rotate-key" '{"type":"key-rotated","in_use":true}' \
    "$(relay rotate-key --json)"
[ "$before" != "$(key_of)" ] || fail "the key is the old one"
same "its link" "$LINK" "$(relay link)"
as alice send bob "under another key" > /dev/null
until_true 30 grep -q "alice: under another key" "$WORK/bob"
read_by_bob() { # what bob owes for it has come, and lies at the relay no more
    as alice --quiet receive > /dev/null
    [ "$(as alice --json history bob | jq -r .state | sort -u)" = read ]
}
until_true 30 read_by_bob
stop_follow
ok "settings and keys change under open connections"

# ---- While none serves ------------------------------------------------------

as alice send bob "three" > /dev/null
stop_relay
same "stats" "false 1 2" "$(json '[.serving, .queued, .mailboxes]
    | map(tostring) | join(" ")' stats)"
expect 1 relay stats --follow
contains "nothing to follow" "$ERR" "no relay serves"
expect 1 relay reload
same "rotate-key" '{"type":"key-rotated","in_use":false}' \
    "$(relay rotate-key --json)"
# What a crash in the middle of it leaves: a key without its certificate.
cp "$RELAY_DIR/tls.key" "$WORK/tls.key"
relay rotate-key > /dev/null
cp "$WORK/tls.key" "$RELAY_DIR/tls.key"
start_relay
same "messages" "three" "$(received bob)"
ok "a stopped relay is administered all the same"

# ---- Frozen, before a move --------------------------------------------------

as alice group create friends bob > /dev/null
as bob receive > /dev/null
as alice send bob "before the move" > /dev/null
stop_relay
start_relay --frozen
same "stats" "true" "$(json .frozen stats)"
same "fetched" "before the move" "$(received bob)"
same "acknowledged" "0" "$(json .queued stats)"
expect 3 as alice send bob "while it is frozen"
expect 3 as alice send -g friends "to all while it is frozen"
expect 3 as carol --quiet register carol --relay "$LINK" --no-passphrase
same "nothing came in" "0" "$(json .queued stats)"
stop_relay
start_relay
as alice outbox retry > /dev/null
same "nothing is lost" "to all while it is frozen
while it is frozen" "$(received bob | sort)"
ok "a frozen relay gives out mail, and takes nothing"

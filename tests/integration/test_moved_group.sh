#!/usr/bin/env bash
# test_moved_group.sh - a group goes to an empty relay, one member after the
# other: with an account that was recovered, and one with a later recovery key.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice
for name in bob carol; do
    expect 0 as $name register $name --relay "$LINK" --no-passphrase \
        --recovery-key-file "$WORK/$name-1"
done
expect 0 as alice send bob "hello bob"
received bob > /dev/null
# bob is a recovered account, carol has another recovery key.
rm -rf "$(home_of bob)"
expect 0 as bob recover bob --relay "$LINK" --no-passphrase \
    --recovery-key-file "$WORK/bob-1"
expect 0 as carol recovery-key new --recovery-key-file "$WORK/carol-2"
expect 0 as alice group create friends bob carol
for name in bob carol; do
    received $name > /dev/null
done
expect 0 as alice send -g friends "from alice"
expect 0 as bob send -g friends "from bob"
expect 0 as carol send -g friends "from carol"
for name in alice bob carol; do
    received $name > /dev/null
done
expect 0 as alice group rename friends old-friends
expect 0 as bob receive
expect 0 as carol receive
for name in alice bob carol; do
    same "what $name has read" "from alice
from bob
from carol" "$(said $name -g old-friends | sort)"
done

OLD_DIR=$RELAY_DIR
RELAY_DIR=$WORK/new RELAY_LISTEN=
start_relay --log-level warn
NEW=$LINK
: "$OLD_DIR"

everybody_hears() { # everybody_hears WHAT: each says it, and each has all
    local what=$1 name
    for name in alice bob carol; do
        expect 0 as $name send -g old-friends "$what by $name"
    done
    for _ in 1 2 3; do # who asks is answered in the next round
        for name in alice bob carol; do
            expect 0 as $name receive
        done
    done
    for name in alice bob carol; do
        same "what $name has of $what" "$what by alice
$what by bob
$what by carol" "$(said $name -g old-friends | grep "$what by" | sort)"
    done
}

# ---- One after the other ------------------------------------------------------

# The first to go is the recovered account, the last one the admin.
expect 0 as bob --json relay set "$NEW"
same "bob is registered there" true "$(jq .registered <<< "$OUT")"
as bob receive > /dev/null || true
as bob send -g old-friends "alone there" > /dev/null 2>&1 || true
expect 0 as carol --json relay set "$NEW"
as carol receive > /dev/null || true
expect 0 as bob send carol "two of us"
contains "carol" "$(received carol)" "two of us"
expect 0 as carol send bob "three soon"
contains "bob" "$(received bob)" "three soon"
expect 0 as alice --json relay set "$NEW"
for _ in 1 2 3; do
    for name in alice bob carol; do
        expect 0 as $name receive
    done
done
everybody_hears "after moving"
same "what bob said there alone" 1 "$(said alice -g old-friends | grep -c "alone there")"
same "what bob said there alone" 1 "$(said carol -g old-friends | grep -c "alone there")"
ok "three of a group talk on at an empty relay"

for name in alice bob carol; do
    lacks "$name's group" "$(as $name --json group show old-friends)" '"frozen":true'
    expect 0 as $name group log old-friends --verify
done
expect 0 as alice group promote old-friends bob
expect 0 as bob receive
expect 0 as bob group rename old-friends old-friends2
expect 0 as alice receive
expect 0 as carol receive
expect 0 as bob group rename old-friends2 old-friends
expect 0 as alice receive
expect 0 as carol receive
user dave
expect 0 as alice group add old-friends dave
expect 0 as dave receive
expect 0 as dave send -g old-friends "a new one"
for name in alice bob carol; do
    contains "$name" "$(received $name)" "a new one"
done
expect 0 as alice group remove old-friends dave
everybody_hears "after changes"
ok "the log goes on there"

# ---- Recovered there ----------------------------------------------------------

rm -rf "$(home_of carol)"
expect 4 as carol recover carol --relay "$NEW" --no-passphrase \
    --recovery-key-file "$WORK/carol-1"
rm -rf "$(home_of carol)"
expect 0 as carol recover carol --relay "$NEW" --no-passphrase \
    --recovery-key-file "$WORK/carol-2"
rm -rf "$(home_of bob)"
expect 0 as bob recover bob --relay "$NEW" --no-passphrase \
    --recovery-key-file "$WORK/bob-1"
same "device of bob" 3 "$(as bob --json devices | jq .device)"
expect 0 as bob send carol "both new"
expect 0 as bob send alice "me too"
expect 0 as carol send alice "and heard"
contains "alice" "$(received alice)" "and heard"
contains "carol" "$(received carol)" "both new"
for _ in 1 2 3; do
    for name in alice bob carol; do
        expect 0 as $name receive
    done
done
everybody_hears "after recovering"
ok "recovery keys work at the new relay as they did at the old one"

# ---- A change of the key that was begun at the old one ------------------------

expect 0 as alice recovery-key new --recovery-key-file "$WORK/alice-1"
TACIT_HOOK=recovery-key-after-list:1 TACIT_BIN=$TACIT_HOOKED as alice \
    recovery-key new --recovery-key-file "$WORK/alice-2" > /dev/null 2>&1 &&
    fail "not killed"
RELAY_DIR=$WORK/third RELAY_LISTEN=
start_relay --log-level warn
expect 0 as alice relay set "$LINK"
expect 0 as alice status
same "in force" "true false" "$(as alice --json recovery-key |
    jq -r '"\(.recovery_key) \(.waits)"')"
rm -rf "$(home_of alice)"
expect 4 as alice recover alice --relay "$LINK" --no-passphrase \
    --recovery-key-file "$WORK/alice-1"
rm -rf "$(home_of alice)"
expect 0 as alice recover alice --relay "$LINK" --no-passphrase \
    --recovery-key-file "$WORK/alice-2"
ok "a change that was begun at the old relay is ended at the new one"

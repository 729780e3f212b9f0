#!/usr/bin/env bash
# test_passphrase.sh - what opens a profile, changed while it is used.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
echo 'first of quite some words' > "$WORK/first"
echo 'second of quite some words' > "$WORK/second"
user bob
with() { # with PASSPHRASE ARGUMENT... - tacit, as alice
    local passphrase=$1

    shift
    as alice --passphrase-file "$WORK/$passphrase" "$@"
}
expect 0 with first --quiet register alice --relay "$LINK" \
    --recovery-key-file "$WORK/paper"
expect 0 as bob send alice "before"

# ---- Others go on ------------------------------------------------------------

follow alice "$WORK/followed" --passphrase-file "$WORK/first"
until_true 30 grep -q before "$WORK/followed"
expect 0 with first passphrase --new-passphrase-file "$WORK/second"
expect 0 as bob send alice "after"
until_true 30 grep -q after "$WORK/followed"
stop_follow
ok "receive --follow goes on while the passphrase changes"

expect 6 with first status
expect 6 with first passphrase --new-passphrase-file "$WORK/first"
expect 0 with second history bob
contains "the history" "$OUT" before
contains "the history" "$OUT" after
ok "the old passphrase opens nothing and changes nothing"

expect 2 with second passphrase < /dev/null
contains "what is asked for" "$ERR" --new-passphrase-file
expect 0 with second --json passphrase --remove
same "what opens it" "false false true" \
    "$(jq -r '"\(.passphrase) \(.keyring) \(.recovery_key)"' <<< "$OUT")"
expect 0 as alice status
expect 0 as alice passphrase --new-passphrase-file "$WORK/first"
expect 6 as alice status < /dev/null
ok "a passphrase can be removed, and set again"

# A registration that was begun without one and goes on with one.
NOWHERE=$(sed -E 's/:[0-9]+/:1/' <<< "$LINK") # nobody listens there
expect 3 as dora register dora --relay "$NOWHERE" --no-passphrase
expect 0 as dora --passphrase-file "$WORK/first" register dora --relay "$LINK"
expect 6 as dora status < /dev/null
expect 0 as dora --passphrase-file "$WORK/first" status
ok "the passphrase with which a registration goes on counts"

# What is wrong with the profile is said before what is to be asked.
expect 11 with first register alice --relay "$LINK"
expect 6 with second register alice --relay "$LINK"
contains "whose it is" "$ERR" "does not open"
expect 11 as bob register bob --relay "$LINK" < /dev/null
expect 11 as bob recover bob --relay "$LINK" < /dev/null
expect 4 as nobody passphrase < /dev/null
expect 0 with first passphrase --no-keyring # there is none: so already
ok "whether there is a profile comes before any question"

# ---- Forgotten ---------------------------------------------------------------

expect 0 as alice passphrase --recovery-key-file "$WORK/paper" \
    --new-passphrase-file "$WORK/second"
expect 0 with second status
expect 6 with first status
tr 'A-M' 'B-N' < "$WORK/paper" | tr 'a-m' 'b-n' > "$WORK/forged"
expect 6 as alice passphrase --recovery-key-file "$WORK/forged" \
    --new-passphrase-file "$WORK/first"
ok "the recovery key sets another passphrase when it is forgotten"

# ---- The desktop's keyring ---------------------------------------------------

no_session() { # as alice, where there is no desktop session
    env -u DBUS_SESSION_BUS_ADDRESS -u XDG_RUNTIME_DIR \
        "$TACIT_BIN" --home "$(home_of alice)" "$@"
}
expect 1 no_session --passphrase-file "$WORK/second" passphrase --keyring
contains "why not" "$ERR" "No desktop keyring"
ok "without a desktop session --keyring changes nothing and says so"

if ! command -v gnome-keyring-daemon dbus-run-session > /dev/null; then
    echo "not tried with a real keyring: gnome-keyring is not installed"
    exit 0
fi
cat > "$WORK/session" << 'SESSION'
# A bus, an unlocked keyring, and alice.
set -eu
printf 'login' | gnome-keyring-daemon --unlock --components=secrets > /dev/null
"$TACIT_BIN" --home "$1" --passphrase-file "$2" passphrase --keyring
"$TACIT_BIN" --home "$1" status < /dev/null
"$TACIT_BIN" --home "$1" --passphrase-file "$2" passphrase --no-keyring
if "$TACIT_BIN" --home "$1" status < /dev/null; then
    exit 99
fi
SESSION
mkdir -p -m 0700 "$WORK/runtime"
export TACIT_BIN
expect 0 env XDG_RUNTIME_DIR="$WORK/runtime" dbus-run-session -- \
    sh "$WORK/session" "$(home_of alice)" "$WORK/second"
contains "what alice sees without a passphrase" "$OUT" alice
ok "an unlocked keyring opens a profile, and no more once that is taken back"

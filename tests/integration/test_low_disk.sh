#!/usr/bin/env bash
# test_low_disk.sh - the relay's disk fills up: new accounts are refused first,
# then new messages, and what waits is given out at all times; needs mount.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

# In a mount namespace of its own nothing is left mounted, whatever happens.
if [ -z "${TACIT_TEST_UNSHARED:-}" ]; then
    if ! unshare -rm true 2> /dev/null; then
        skip "no mount namespace can be made here"
    fi
    code=0
    TACIT_TEST_UNSHARED=1 unshare -rm bash "${BASH_SOURCE[0]}" || code=$?
    exit "$code"
fi
mkdir "$RELAY_DIR"
mount -t tmpfs -o size=200m,mode=0700 tmpfs "$RELAY_DIR" 2> /dev/null ||
    skip "a tmpfs cannot be mounted here"

fill_up_to() { # fill_up_to MIB - so much stays free
    local free

    rm -f "$RELAY_DIR/filler"
    free=$(df --output=avail -B1M "$RELAY_DIR" | tail -n 1)
    head -c "$((free - $1))M" /dev/zero > "$RELAY_DIR/filler"
}

has_level() {
    grep -q "^[a-z]* pressure level=$1 " "$RELAY_DIR.err"
}

reach() { # reach LEVEL - the relay has noticed
    until_true 20 has_level "$1"
    : > "$RELAY_DIR.err"
}

start_relay --disk-reserve-mib 60
user alice bob
expect 0 as alice send bob "before"

fill_up_to 40
reach no-new-accounts
code=0
user carol 2> "$WORK/err" || code=$?
[ "$code" -ne 0 ] || fail "carol registered although the disk is short"
expect 0 as alice send bob "low"
ok "below the reserve there are no new accounts, and messages go on"

fill_up_to 10
reach nothing-new
code=0
as alice --json send bob "none" > /dev/null 2> "$WORK/err" || code=$?
[ "$code" -ne 0 ] || fail "a message was taken although the disk is full"
same "bob" "before
low" "$(received bob)"
same "bob, once more" "" "$(received bob)"
ok "below a quarter of it nothing new is stored; what waits is given out"

rm "$RELAY_DIR/filler"
reach none
user carol
expect 0 as carol send bob "room again"
contains "bob" "$(received bob)" "room again"
ok "with room again it goes on by itself"

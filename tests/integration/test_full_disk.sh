#!/usr/bin/env bash
# test_full_disk.sh - exit code 13, and an operator's full disk; needs mount.
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
mkdir "$WORK/users" "$WORK/users/bob"
mount -t tmpfs -o size=3m,mode=0700 tmpfs "$WORK/users/bob" 2> /dev/null ||
    skip "a tmpfs cannot be mounted here"

start_relay --log-level warn
user alice bob
expect 0 as alice send bob "before"
same "bob" "before" "$(received bob)"
expect 0 as bob send alice "bob writes"
received alice > /dev/null
free() {
    df --output=avail -B1 "$WORK/users/bob" | tail -n 1
}
head -c "$(free)" /dev/zero > "$WORK/users/bob/filler" 2> /dev/null || true

text=$(head -c 24000 /dev/zero | tr '\0' x)
code=0
for n in 1 2 3 4 5 6; do
    as bob --json send alice "$n$text" > /dev/null 2> "$WORK/err" || code=$?
    [ "$code" -eq 0 ] || break
done
same "exit code of a send without room:" 13 "$code"
same "its name" disk-full "$(jq -r .error.code < "$WORK/err")"
for n in 1 2 3 4 5 6; do
    as alice --quiet send bob "room $n$text"
done
code=0
as bob --json receive > /dev/null 2> "$WORK/err" || code=$?
same "exit code of a receive without room" 13 "$code"
ok "13: no room for what is sent or received"

rm "$WORK/users/bob/filler"
mount -o remount,size=40m "$WORK/users/bob"
as bob receive > /dev/null
same "what bob has after making room" "before
room 1
room 2
room 3
room 4
room 5
room 6" "$(said bob alice | grep -E '^(before|room)' | tr -d x)"
expect 0 as bob send alice "works again"
same "alice" "works again" "$(received alice | tail -n 1)"
ok "with room again nothing is missing"

# ---- Not even room for the locks ---------------------------------------------

expect 0 as bob --quiet backup "$WORK/bob.backup"
rm "$WORK/users/bob/lock.mdb"
mount -o remount,size=3m "$WORK/users/bob" 2> /dev/null || true
head -c "$(free)" /dev/zero > "$WORK/users/bob/filler" 2> /dev/null || true
expect 13 as bob status
expect 13 as bob send alice "no room" --queue
as bob --json doctor > "$WORK/out" 2> "$WORK/err" || true
lacks "what the doctor finds" "$(cat "$WORK/out")" "overwritten"
rm "$WORK/users/bob/filler"
expect 0 as bob status
ok "13: no room for the file of locks, which is no damage"

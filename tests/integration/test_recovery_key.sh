#!/usr/bin/env bash
# test_recovery_key.sh - a recovery key made later, changed and taken away: at
# every moment the paper that works is one that its owner was told to keep.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
printf 'a passphrase\n' > "$WORK/first"
printf 'another one\n' > "$WORK/second"
expect 0 as alice register alice --relay "$LINK" \
    --passphrase-file "$WORK/first"
user bob
alice() {
    as alice --passphrase-file "$WORK/first" "$@"
}

recover_as() { # recover_as HOME PAPER
    rm -rf "$(home_of "$1")"
    as "$1" recover alice --relay "$LINK" --no-passphrase \
        --recovery-key-file "$2"
}
opens() { # opens PAPER: the profile on disk, of which a copy is tried
    rm -rf "$(home_of copy)"
    cp -r "$(home_of alice)" "$(home_of copy)"
    as copy passphrase --recovery-key-file "$1" \
        --new-passphrase-file "$WORK/second"
}
new_key() { # new_key PAPER
    alice recovery-key new --recovery-key-file "$1"
}
shown() {
    alice --json recovery-key |
        jq -r '"\(.recovery_key) \(.waits)"'
}

expect 0 alice send bob "hello"
same "bob" "hello" "$(received bob)"
expect 0 as bob send alice "hello yourself"
same "alice" "hello yourself" "$(alice --json receive | only_texts)"

# ---- Made later ---------------------------------------------------------------

same "before" "false false" "$(shown)"
stop_relay
expect 3 new_key "$WORK/none"
[ ! -e "$WORK/none" ] || fail "a key was shown without a relay"
start_relay --log-level warn
same "still" "false false" "$(shown)"
expect 0 new_key "$WORK/paper1"
same "mode of the paper" 600 "$(stat -c %a "$WORK/paper1")"
same "after" "true false" "$(shown)"
expect 0 opens "$WORK/paper1"
ok "a recovery key can be had later, and not without the relay"

expect 6 as alice --passphrase-file "$WORK/second" recovery-key new \
    --recovery-key-file "$WORK/none"
expect 6 as alice --passphrase-file "$WORK/second" recovery-key remove
same "still there" "true false" "$(shown)"
ok "who has not the passphrase changes nothing"

expect 0 alice send bob "after it"
same "bob" "after it" "$(received bob)"
expect 0 as bob send alice "and back"
same "alice" "and back" "$(alice --json receive | only_texts)"
same "notices" "0" "$(as bob --json history alice |
    jq -r 'select(.type == "notice") | .kind' | wc -l)"
ok "people notice nothing"

# ---- Another one ----------------------------------------------------------------

expect 0 new_key "$WORK/paper2"
contains "what to do with the old one" "$ERR" "Keep the recovery key"
expect 4 recover_as thief "$WORK/paper1"
expect 6 opens "$WORK/paper1"
expect 0 opens "$WORK/paper2"
ok "the old one opens nothing any more"

# ---- Cut short --------------------------------------------------------------

# Of the two papers whose owner was told to keep both, one works everywhere;
# the next command that reaches the relay makes it the new one.
n=2
for place in recovery-key-after-slot recovery-key-after-list \
    recovery-key-after-answer recovery-key-after-turn; do
    was=$WORK/paper$n
    n=$((n + 1))
    next=$WORK/paper$n
    TACIT_HOOK=$place:1 TACIT_BIN=$TACIT_HOOKED \
        new_key "$next" > /dev/null 2>&1 && fail "not killed at $place"
    one=0
    for paper in "$was" "$next"; do
        opens "$paper" > /dev/null 2>&1 && one=$((one + 1))
    done
    case $place in
    recovery-key-after-turn) want=1 ;;
    *) want=2 ;;
    esac
    same "papers that open the profile, killed at $place" "$want" "$one"
    expect 0 alice status
    if [ "$place" = recovery-key-after-slot ]; then
        same "killed before it was signed" "true false" "$(shown)"
        expect 0 new_key "$WORK/again"
        mv "$WORK/again" "$next"
    fi
    same "after $place" "true false" "$(shown)"
    expect 6 opens "$was"
    expect 0 opens "$next"
    expect 4 recover_as thief "$was"
done
ok "killed anywhere, one of the two works and the next command ends it"

stop_relay
TACIT_HOOK=recovery-key-after-list:1 TACIT_BIN=$TACIT_HOOKED \
    new_key "$WORK/never" > /dev/null 2>&1 || true
same "without the relay nothing is begun" "true false" "$(shown)"
start_relay --log-level warn

# ---- Recovered by the last one ----------------------------------------------------

cp -r "$(home_of alice)" "$WORK/kept"
expect 0 recover_as fresh "$WORK/paper$n"
expect 0 as fresh send bob "from the new device"
same "bob" "from the new device" "$(received bob)"
expect 9 new_key "$WORK/too-late"
[ ! -e "$WORK/too-late" ] || fail "a key was shown by a device that is out"
expect 0 as fresh recovery-key new --recovery-key-file "$WORK/paper-fresh"
expect 4 recover_as thief "$WORK/paper$n"
ok "a device that was replaced changes no key, and the next one does"

# ---- Taken away -----------------------------------------------------------------

TACIT_HOOK=recovery-key-after-list:1 TACIT_BIN=$TACIT_HOOKED \
    as fresh recovery-key remove > /dev/null 2>&1 && fail "not killed"
same "begun" "true true" "$(as fresh --json recovery-key |
    jq -r '"\(.recovery_key) \(.waits)"')"
expect 0 as fresh status
same "ended" "false false" "$(as fresh --json recovery-key |
    jq -r '"\(.recovery_key) \(.waits)"')"
expect 4 recover_as thief "$WORK/paper-fresh"
expect 6 as fresh passphrase --recovery-key-file "$WORK/paper-fresh" \
    --new-passphrase-file "$WORK/second"
expect 0 as fresh recovery-key remove
ok "without one nothing is opened by paper"

# ---- A backup from before -------------------------------------------------------

expect 0 as fresh recovery-key new --recovery-key-file "$WORK/seen"
expect 0 as fresh backup "$WORK/backup"
expect 0 as fresh recovery-key new --recovery-key-file "$WORK/last"
rm -rf "$(home_of fresh)"
expect 0 as fresh restore "$WORK/backup"
expect 0 as fresh receive
expect 4 recover_as thief "$WORK/seen"
expect 6 as fresh passphrase --recovery-key-file "$WORK/seen" \
    --new-passphrase-file "$WORK/second"
expect 0 recover_as fresh "$WORK/last"
ok "a backup from before brings no old key back"

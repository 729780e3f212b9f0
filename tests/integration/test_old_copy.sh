#!/usr/bin/env bash
# test_old_copy.sh - an old copy of a profile, restored from a backup or copied
# back, goes on talking to everybody, with the real programs: two people, two
# groups, one of which has nobody else as admin.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

everybody="alice bob carol"
NEXT=0

# say FROM TEXT - to everybody and every group, wherever FROM is.
say() {
    local name=$1 text=$2 other

    for other in $everybody; do
        [ "$other" = "$name" ] ||
            as "$name" --quiet send "$other" "$text to $other"
    done
    as "$name" --quiet send -g ours "$text to ours"
    as "$name" --quiet send -g theirs "$text to theirs"
}

# hear NAME... - until nothing comes any more.
hear() {
    local name

    for name in "$@"; do
        as "$name" --quiet receive > /dev/null
    done
}

settle() {
    local i

    for i in 1 2 3 4; do hear alice bob carol; done
}

# has NAME FROM TEXT - NAME has what FROM said to it and to both groups.
has() {
    contains "$1 of $2" "$(said "$1" "$2")" "$3 to $1"
    contains "$1 of $2 in ours" "$(said "$1" -g ours)" "$3 to ours"
    contains "$1 of $2 in theirs" "$(said "$1" -g theirs)" "$3 to theirs"
}

# Everybody says something to everybody, twice, and everybody has it.
all_talk() {
    local round name other

    for round in first second; do
        NEXT=$((NEXT + 1))
        for name in $everybody; do say "$name" "$round-$NEXT-$name"; done
        settle
        for name in $everybody; do
            for other in $everybody; do
                [ "$name" = "$other" ] ||
                    has "$name" "$other" "$round-$NEXT-$other"
            done
        done
    done
    for name in $everybody; do
        same "what is stuck at $name" "" \
            "$(as "$name" --json outbox list)"
    done
}

lines_of() { # lines_of NAME KIND - notices of a kind
    as "$1" --json export | jq -r "select(.kind? == \"$2\") | .kind" | wc -l
}

start_relay --log-level warn
user alice bob carol
as alice group create ours bob carol > /dev/null
as bob group create theirs alice carol > /dev/null
settle
all_talk
ok "before"

# ---- A backup, and what was said since ---------------------------------------

say alice "fetched since"
as alice --quiet backup "$WORK/alice.backup"
cp -a "$(home_of alice)" "$WORK/copied"
for name in $everybody; do say "$name" "since-$name"; done
settle
as bob --quiet group create later alice carol > /dev/null
hear alice carol
as bob --quiet send -g later "since-bob to later"
hear alice carol
as alice --quiet send bob "the last that only the lost copy has"
# What nobody fetched before the profile was lost.
mv "$(home_of alice)" "$WORK/newest"
say bob "waiting-bob"
say carol "waiting-carol"
expect 0 as alice restore "$WORK/alice.backup"
lacks "it is old" "$(said alice bob)" "since-bob"

# ---- It goes on ------------------------------------------------------------------

expect 0 as alice receive
DEVICE=$(as alice --json status | jq .device)
same "it is another device" 2 "$DEVICE"
same "and says so" 1 "$(lines_of alice renewed)"
settle
for other in bob carol; do
    has alice "$other" "since-$other"
    has alice "$other" "waiting-$other"
done
contains "a group that the copy knew nothing of" "$(said alice -g later)" \
    "since-bob to later"
ok "what others said since is there"

# The receipts for it went to the copy that is lost.
state() { # state TEXT WHERE...
    as alice --json history "${@:2}" |
        jq -r --arg text "$1" 'select(.text == $text) | .state'
}
for other in bob carol; do
    same "what $other has" read \
        "$(state "fetched since to $other" "$other")"
done
for group in ours theirs; do
    same "what $group has" read \
        "$(state "fetched since to $group" -g "$group")"
done
ok "what others have of what it had said is known"

all_talk
same "still one device" 2 "$(as alice --json status | jq .device)"
for name in $everybody; do
    expect 0 as "$name" --json doctor
done
ok "everybody talks to everybody, and nothing is stuck"

as alice group add ours bob > /dev/null
expect 0 as alice group rename ours "our own"
expect 0 as alice group rename "our own" ours
settle
same "bob knows" 1 "$(as bob --json group list | jq -r .name | grep -cx ours)"
all_talk
ok "the only admin is one still"

# ---- The newer copy, if it is not lost ----------------------------------------------

newest() {
    "$TACIT_BIN" --home "$WORK/newest" "$@"
}
expect 9 newest send bob "from the newer copy"
contains "it says why" "$ERR" "taken the place"
expect 9 newest receive
contains "its history stays" "$(newest history bob)" "the last that only"
lacks "nothing came of it" "$(said bob alice)" "from the newer copy"
ok "the newer copy says that it is none any more, and keeps its history"

# ---- A directory copied back -----------------------------------------------------------

copied() {
    "$TACIT_BIN" --home "$WORK/copied" "$@"
}
expect 9 copied send bob "from the copied directory"
expect 9 copied doctor --check
expect 9 copied doctor < /dev/null
lacks "nothing was sent" "$(said bob alice)" "from the copied directory"
rm -rf "$(home_of alice)"
mv "$WORK/copied" "$(home_of alice)"
expect 0 as alice --json doctor --repair
same "it is mended" mended \
    "$(jq -r 'select(.step == "copy") | .verdict' <<< "$OUT")"
same "a third device" 3 "$(as alice --json status | jq .device)"
settle
all_talk
for other in bob carol; do
    has alice "$other" "since-$other"
    has alice "$other" "waiting-$other"
done
ok "a directory that was copied back is repaired by the doctor"

# ---- What was queued ----------------------------------------------------------------------

stop_relay
expect 0 as alice send --queue bob "queued before the backup"
as alice --quiet backup "$WORK/second.backup"
mv "$(home_of alice)" "$WORK/third"
expect 0 as alice restore "$WORK/second.backup"
expect 0 as alice send --queue bob "queued after the restore"
start_relay --log-level warn
settle
same "what may have left has failed" failed "$(as alice --json history bob |
    jq -r 'select(.text == "queued before the backup") | .state')"
lacks "and did not leave" "$(said bob alice)" "queued before the backup"
contains "what was written since has left" "$(said bob alice)" \
    "queued after the restore"
same "and has come" read \
    "$(state "queued after the restore" bob)"
all_talk
ok "what may have left before is not sent, what cannot have left is"

# ---- Killed on the way ----------------------------------------------------------------------

as alice --quiet backup "$WORK/last.backup"
say bob "meanwhile-bob"
for place in renew-after-fetch replace-after-keys replace-after-answer \
    replace-after-switch prekeys-published; do
    rm -rf "$(home_of alice)"
    expect 0 as alice restore "$WORK/last.backup"
    GOT=0
    { TACIT_HOOK=$place:1 "$TACIT_HOOKED" --home "$(home_of alice)" receive \
        > /dev/null 2>&1 || GOT=$?; } 2> /dev/null
    same "killed at $place" 137 "$GOT"
    expect 0 as alice receive
    settle
    has alice bob "meanwhile-bob"
    all_talk
done
ok "killed on the way, it goes on"

#!/usr/bin/env bash
# test_client_backup.sh - a profile into one encrypted file while it is used,
# and back, with the real programs: damaged files, wrong passphrases, crashes.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice
printf 'correct horse\n' > "$WORK/secret"
printf 'wrong horse\n' > "$WORK/wrong"
as bob --quiet --passphrase-file "$WORK/secret" register bob --relay "$LINK" \
    < /dev/null
bob() {
    as bob --passphrase-file "$WORK/secret" "$@"
}

as alice send bob "the first thing said"
expect 0 bob receive
contains "it came" "$OUT" "the first thing said"

# ---- Making one --------------------------------------------------------------

FILE=$WORK/bob.backup
expect 0 bob --json backup "$FILE"
same "its size" "$(stat -c %s "$FILE")" "$(jq .bytes <<< "$OUT")"
same "who may read it" 600 "$(stat -c %a "$FILE")"
if grep -aqE 'alice|first thing' "$FILE"; then
    fail "something is readable in a backup"
fi
expect 11 bob backup "$FILE"
expect 0 bob backup --force "$FILE"
expect 1 bob backup "$WORK/not/there"
same "nothing else is left" "" "$(find "$WORK" -maxdepth 1 -name '*.part')"
bob backup - > "$WORK/piped" 2> "$WORK/err"
[ "$(stat -c %s "$WORK/piped")" -gt 20000 ] || fail "too little was piped"
ok "a backup is one file that says nothing"

if [ -c /dev/full ]; then
    expect 13 bash -c "\"$TACIT_BIN\" --home '$(home_of bob)' \
        --passphrase-file '$WORK/secret' backup - > /dev/full"
    ok "a full disk is told"
fi

# ---- Back again ----------------------------------------------------------------

restored() {
    as again --passphrase-file "$WORK/secret" "$@"
}
expect 6 as again --passphrase-file "$WORK/wrong" restore "$FILE"
expect 6 as again restore "$FILE" < /dev/null
[ ! -e "$(home_of again)" ] || fail "a wrong passphrase left something"
expect 0 restored --json restore "$FILE"
contains "what was said" "$(restored history alice)" "the first thing said"
expect 11 restored restore "$FILE"
# Nobody is asked for what would be in vain.
expect 11 as again restore "$FILE" < /dev/null
expect 11 as again restore "$WORK/no-such-file" < /dev/null
rm -rf "$(home_of again)"
expect 0 as again --passphrase-file "$WORK/secret" restore - < "$WORK/piped"
contains "what was said" "$(restored history alice)" "the first thing said"
rm -rf "$(home_of again)"
ok "it comes back with the passphrase alone"

SIZE=$(stat -c %s "$FILE")
for at in 0 12 30 200 400 70000 $((SIZE / 2)) $((SIZE - 1)); do
    cp "$FILE" "$WORK/bad"
    byte=$(od -An -tx1 -j "$at" -N 1 "$WORK/bad" | tr -d ' ')
    printf "\\x$(printf '%02x' $((0x$byte ^ 1)))" |
        dd of="$WORK/bad" bs=1 seek="$at" conv=notrunc status=none
    expect 9 restored restore "$WORK/bad"
    head -c "$at" "$FILE" > "$WORK/bad"
    expect 9 restored restore "$WORK/bad"
    [ ! -e "$(home_of again)" ] || fail "a bad file left something"
    [ ! -e "$(home_of again).restoring" ] || fail "a bad file left something"
done
cat "$FILE" "$FILE" > "$WORK/bad"
expect 9 restored restore "$WORK/bad"
[ ! -e "$(home_of again)" ] || fail "a bad file left something"
expect 4 restored restore "$WORK/no-such-file"
ok "what is damaged, cut or altered is refused and leaves nothing"

# ---- Killed on the way -----------------------------------------------------------

hooked() {
    local place=$1 got=0

    shift
    TACIT_HOOK=$place "$TACIT_HOOKED" --passphrase-file "$WORK/secret" "$@" \
        > /dev/null 2>&1 || got=$?
    same "killed at $place" 137 "$got"
}
for place in restore-begun restore-poured restore-marked restore-named; do
    hooked "$place:1" --home "$(home_of again)" restore "$FILE"
    if [ "$place" = restore-named ]; then
        contains "all of it" "$(restored history alice)" "first thing"
    else
        expect 4 restored history alice
        expect 0 restored restore "$FILE"
        [ ! -e "$(home_of again).restoring" ] || fail "something is left"
    fi
    rm -rf "$(home_of again)"
done
for place in backup-wrote:2 backup-synced:1 backup-named:1; do
    rm -f "$WORK"/new.backup*
    hooked "$place" --home "$(home_of bob)" backup "$WORK/new.backup"
    if [ "$place" = backup-named:1 ]; then
        expect 0 restored restore "$WORK/new.backup"
        rm -rf "$(home_of again)"
    else
        [ ! -e "$WORK/new.backup" ] || fail "half a backup has the name"
    fi
done
ok "a crash leaves nothing, or all of it"

# ---- While others write ------------------------------------------------------------

for i in $(seq 150); do echo "line $i"; done > "$WORK/lines"
user carol
as carol send alice "for the session"
as alice --quiet receive > /dev/null
as alice send --lines carol < "$WORK/lines" &
SENDER=$!
own_pid "$SENDER"
for i in 1 2 3 4 5; do
    expect 0 as alice backup "$WORK/alice.$i"
done
wait "$SENDER"
forget_pid "$SENDER"
for i in 1 2 3 4 5; do
    expect 0 as "alice$i" restore "$WORK/alice.$i"
    COUNT=$(said "alice$i" carol | grep -c '^line' || true)
    # Of one moment: the first so many, none left out.
    same "the lines of backup $i" "$(head -n "$COUNT" "$WORK/lines")" \
        "$(said "alice$i" carol | grep '^line' || true)"
done
ok "a backup is of one moment while others write"

# By its first contact it becomes another device, which status says at once.
expect 0 as alice5 --json status
same "which device it is" "true 2" "$(jq -r '"\(.reached) \(.device)"' <<< "$OUT")"
expect 9 as alice --json status
same "what its place was taken of" "false 1" \
    "$(jq -r '"\(.reached) \(.device)"' <<< "$OUT")"
ok "a restored copy says which device it is"

# ---- A user who may not write so much ----------------------------------------

limited() { # as carol, files of at most 20 KiB
    (ulimit -f 20 && as carol "$@")
}
expect 13 limited backup "$WORK/limited"
same "what is left of it" "" "$(find "$WORK" -maxdepth 1 -name 'limited*')"
expect 13 limited send alice "$(head -c 20000 /dev/zero | tr '\0' x)" --queue
expect 0 as carol doctor --check
ok "13: a limit on the size of files ends nothing by a signal"

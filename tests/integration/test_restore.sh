#!/usr/bin/env bash
# A backup is made under load, the relay is lost, the backup is restored: what
# was answered before the backup is there, and everybody goes on.
. "$(dirname "$0")/../support/cluster.sh"

ORIGINAL=$RELAY_DIR
DOCS=$(dirname "$0")/../../docs

relay() { # relay COMMAND [ARGUMENT...]
    local command=$1

    shift
    "$TACIT_RELAY_BIN" "$command" --data "$RELAY_DIR" "$@"
}

lines() { # lines PREFIX FROM TO
    seq -f "$1 %g" "$2" "$3"
}

start_relay
user alice bob carol dave grace
as alice group create friends bob carol > /dev/null
as bob receive > /dev/null
as carol receive > /dev/null
as bob send alice "hello alice" > /dev/null
as alice send bob "hello bob" > /dev/null
as alice receive > /dev/null
as bob receive > /dev/null

# ---- A backup under load ----------------------------------------------------

lines before 1 200 | as alice send carol --lines > /dev/null
as alice send -g friends "to all, before" > /dev/null
(lines load 1 1000000 || true) | "$TACIT_BIN" --home "$(home_of dave)" send bob --lines \
    > "$WORK/dave" 2> "$WORK/dave.err" &
LOAD=$!
own_pid "$LOAD"
under_load() {
    [ "$("$TACIT_RELAY_BIN" stats --json --data "$RELAY_DIR" |
        jq .submits)" -gt 300 ]
}
until_true 30 under_load
# Grace is away from here to the end.
lines answered 1 200 | as alice send grace --lines > /dev/null
relay backup "$WORK/backup" > /dev/null
kill -TERM "$LOAD"
wait "$LOAD" 2> /dev/null || true
forget_pid "$LOAD"

# What the backup does not know of: mail that was fetched, that was sent, an
# account, keys that were given out, a change of a group, a new group.
same "carol has it all" "200" "$(received carol | grep -c '^before')"
as bob receive > /dev/null
as alice send bob "after the backup" > /dev/null
as bob receive > /dev/null
user erin
as erin send alice "from one that will be unknown" > /dev/null
as alice receive > /dev/null
as alice group add friends dave > /dev/null
as bob receive > /dev/null
as dave receive > /dev/null
as alice group create later bob > /dev/null
as bob receive > /dev/null
kill -9 "$RELAY_PID"
wait "$RELAY_PID" 2> /dev/null || true
forget_pid "$RELAY_PID"
ok "a backup under load, and a relay that is lost after it"

# ---- What is refused --------------------------------------------------------

expect 11 relay restore "$WORK/backup"
RELAY_DIR=$WORK/other
expect 2 relay restore
expect 1 relay restore "$WORK/nowhere"
expect 1 relay restore "$ORIGINAL"
contains "no backup" "$ERR" "is no backup"
cp -r "$WORK/backup" "$WORK/damaged"
printf 'x' | dd of="$WORK/damaged/store/data.mdb" bs=1 seek=5000 \
    conv=notrunc 2> /dev/null
expect 1 relay restore "$WORK/damaged"
contains "damaged" "$ERR" "store/data.mdb is not what it was"
expect 1 relay serve
contains "unfinished" "$ERR" "was not finished"
expect 1 relay stats
expect 11 relay restore "$WORK/backup"
contains "unfinished" "$ERR" "was not finished"
jq '.files[0].name = "../stolen"' "$WORK/backup/backup.json" \
    > "$WORK/damaged/backup.json"
RELAY_DIR=$WORK/third
expect 1 relay restore "$WORK/damaged"
contains "names lead nowhere else" "$ERR" "makes no sense"
[ ! -e "$RELAY_DIR" ] || fail "a directory was made for nothing"
ok "what is no backup, and what is damaged, is refused"

# ---- The restored relay -----------------------------------------------------

RELAY_DIR=$WORK/restored
same "members" "$(grep -m1 '"type":"restored","dir"' "$DOCS/json.md" |
    jq -c keys_unsorted)" \
    "$(relay restore "$WORK/backup" --json | jq -c keys_unsorted)"
same "for its owner alone" "" "$(find "$RELAY_DIR" -perm /077)"
expect 0 relay doctor
same "the same link" "$LINK" "$(relay link)"
same "no one-time prekey" "" "$(relay users --json |
    jq -r 'select(.name == "erin") | .name')"
cp -r "$RELAY_DIR" "$WORK/again"

# Nothing comes in, and mail is fetched all the same: prekeys were dropped.
start_relay --frozen
as carol receive > "$WORK/carol"
same "nothing twice" "" "$(grep before "$WORK/carol" || true)"
stop_relay
start_relay
as bob receive > "$WORK/bob"
lacks "nothing twice" "$(cat "$WORK/bob")" "hello bob"

same "all that was answered before the backup" "$(lines answered 1 200)" \
    "$(received grace)"
as alice send bob "in the new epoch" > /dev/null
as bob send alice "and back" > /dev/null
same "bob" "in the new epoch" "$(received bob)"
same "alice" "and back" "$(received alice)"
lines again 1 20 | as dave send bob --lines > /dev/null
same "dave's stream goes on" "20" "$(received bob | grep -c '^again')"
user frank
as frank send bob "a first message" > /dev/null
same "frank" "a first message" "$(received bob)"
as bob send frank "and an answer" > /dev/null
same "frank" "and an answer" "$(received frank)"
as alice send -g friends "to all, in the new epoch" > /dev/null
for name in bob carol dave; do
    contains "$name" "$(received "$name")" "to all, in the new epoch"
done
as bob send -g later "in a group that the relay had lost" > /dev/null
contains "alice" "$(received alice)" "in a group that the relay had lost"
as alice group add friends frank > /dev/null
as bob send -g friends "with frank" > /dev/null
contains "frank" "$(received frank)" "with frank"
same "one log" "$(as alice --json group show friends | jq -r .head)" \
    "$(as bob --json group show friends | jq -r .head)"
relay doctor --json > "$WORK/verdicts" || fail "$(cat "$WORK/verdicts")"
ok "everybody goes on"

# ---- As root, for the relay's own user --------------------------------------

if [ "$(id -u)" -eq 0 ]; then
    chmod 711 "$WORK"
    RELAY_DIR=$WORK/others
    mkdir -m 755 "$RELAY_DIR"
    chown 65534:65534 "$RELAY_DIR"
    expect 0 relay restore "$WORK/backup"
    same "whose it is" "65534:65534" \
        "$(find "$RELAY_DIR" -printf '%U:%G\n' | sort -u)"
    same "for its owner alone" "" "$(find "$RELAY_DIR" -perm /077)"
    expect 0 relay doctor
    expect 0 relay backup "$WORK/by-root"
    same "the backup is root's" "0:0" \
        "$(find "$WORK/by-root" -printf '%U:%G\n' | sort -u)"
    same "nothing became root's" "65534:65534" \
        "$(find "$RELAY_DIR" -printf '%U:%G\n' | sort -u)"
    ok "what root restores belongs to whoever the directory belongs to"
fi

#!/usr/bin/env bash
# Root starts a relay whose directory is somebody else's: whoever broke into
# that relay must not get from there to root.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "$0")/../support/cluster.sh"

[ "$(id -u)" = 0 ] || skip "only root can become somebody else"
getent passwd nobody > /dev/null || skip "there is no user nobody here"

chmod 755 "$WORK"
RELAY_DIR=$WORK/theirs
VICTIM=$WORK/victim

# fresh - a directory of nobody's, and root's file beside it.
fresh() {
    rm -rf "$RELAY_DIR"
    mkdir -m 700 "$RELAY_DIR"
    chown nobody "$RELAY_DIR"
    echo "root's own" > "$VICTIM"
    chmod 600 "$VICTIM"
}

victim_is_whole() {
    same "what root's file says" "root's own" "$(cat "$VICTIM")"
    same "whose it is" root "$(stat -c %U "$VICTIM")"
}

fresh
start_relay
same "who it is" "$(id -u nobody)" \
    "$(sed -n 's/^Uid:[[:space:]]*//p' "/proc/$RELAY_PID/status" | cut -f1)"
stop_relay
same "what is not nobody's" "" "$(find "$RELAY_DIR" ! -user nobody)"
ok "a directory that was given away before the first start is enough"

fresh
ln -s "$VICTIM" "$RELAY_DIR/lock"
expect 1 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" --listen "$RELAY_LISTEN"
victim_is_whole
rm "$RELAY_DIR/lock"
if ln "$VICTIM" "$RELAY_DIR/lock"; then
    expect 1 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" \
        --listen "$RELAY_LISTEN"
    victim_is_whole
fi
ok "a link in the place of the lock gives nothing of root's away"

fresh
echo "user = root" > "$RELAY_DIR/relay.conf"
expect 2 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" --listen "$RELAY_LISTEN"
contains "what is wrong" "$ERR" "belongs to somebody else"
ok "what they write in relay.conf does not make them root"

fresh
start_relay
stop_relay
rm "$RELAY_DIR/store/lock.mdb"
ln -s "$VICTIM" "$RELAY_DIR/store/lock.mdb"
expect 1 "$TACIT_RELAY_BIN" backup "$WORK/copy" --data "$RELAY_DIR"
victim_is_whole
expect 1 "$TACIT_RELAY_BIN" doctor --data "$RELAY_DIR"
victim_is_whole
rm -r "$RELAY_DIR/store/lock.mdb" "$RELAY_DIR/lock" "$WORK/copy"
"$TACIT_RELAY_BIN" doctor --data "$RELAY_DIR" > /dev/null
"$TACIT_RELAY_BIN" backup "$WORK/copy" --data "$RELAY_DIR" > /dev/null
same "what is not nobody's" "" "$(find "$RELAY_DIR" ! -user nobody)"
ok "a backup by root writes into the directory as its owner"

# What is closed is not opened again as something else.
fresh
start_relay
stop_relay
relay_without_errors() {
    exec "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" \
        --listen "$RELAY_LISTEN" 0<&- > "$RELAY_DIR.out" 2>&-
}
: > "$RELAY_DIR.out"
relay_without_errors &
RELAY_PID=$!
own_pid "$RELAY_PID"
until_true 30 relay_is_up
for fd in 0 2; do
    same "descriptor $fd" /dev/null "$(readlink "/proc/$RELAY_PID/fd/$fd")"
done
stop_relay
ok "a standard stream that is closed is no file of the relay"

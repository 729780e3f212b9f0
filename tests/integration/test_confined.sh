#!/usr/bin/env bash
# A relay that serves is confined; started by root it is somebody else.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "$0")/../support/cluster.sh"

status() { # status FIELD - of the relay's main thread
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$RELAY_PID/status"
}

start_relay
same "no new privileges" 1 "$(status NoNewPrivs)"
if [ "$(status Seccomp)" = 0 ]; then
    stop_relay
    skip "this build confines nothing, for its sanitizer's sake"
fi
for task in "/proc/$RELAY_PID/task"/*; do
    same "the filter of every thread" 2 \
        "$(sed -n 's/^Seccomp:[[:space:]]*//p' "$task/status")"
done
user alice bob
as alice send bob hello > /dev/null
same "what bob reads" hello "$(received bob)"
stop_relay
start_relay --sandbox no
same "without it" 0 "$(status Seccomp)"
stop_relay
ok "every thread is confined, unless the operator says otherwise"

[ "$(id -u)" = 0 ] || skip "only root can become somebody else"
getent passwd nobody > /dev/null || skip "there is no user nobody here"

expect 2 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" --user nobody
contains "a directory of root's" "$ERR" "chown -R"
expect 2 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" --user no-such-user

chmod 755 "$WORK"
RELAY_DIR=$WORK/other
start_relay --user nobody
same "who it is" "$(id -u nobody)" "$(status Uid | cut -f1)"
same "its capabilities" 0000000000000000 "$(status CapPrm)"
"$TACIT_RELAY_BIN" invite --data "$RELAY_DIR" > /dev/null
stop_relay
"$TACIT_RELAY_BIN" invite --data "$RELAY_DIR" > /dev/null
same "what is not nobody's" "" "$(find "$RELAY_DIR" ! -user nobody)"
start_relay
same "who it is, by whose the data is" "$(id -u nobody)" \
    "$(status Uid | cut -f1)"
user carol
stop_relay
ok "root's relay is somebody else, and so are its commands"

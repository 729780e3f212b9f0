#!/usr/bin/env bash
# SIGHUP: new limits under open connections; what is wrong changes nothing; what
# needs a restart is named.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "$0")/../support/cluster.sh"

log_has() {
    grep -q "$1" "$RELAY_DIR.err"
}

reload() { # reload PATTERN - what the log says then
    : > "$RELAY_DIR.err"
    kill -HUP "$RELAY_PID"
    until_true 20 log_has "$1"
}

mkdir -p "$RELAY_DIR"
start_relay
user alice
user bob
follow alice "$WORK/follow"
as bob send alice before > /dev/null
until_true 20 grep -q before "$WORK/follow"

printf 'join = code\nlog_level = debug\n' > "$RELAY_DIR/relay.conf"
reload '^info reloaded'
expect 7 user mallory
printf 'join = open\n' > "$RELAY_DIR/relay.conf"
reload '^info reloaded'
user carol
ok "a reload counts from the next registration on"

printf 'join = code\njion = open\n' > "$RELAY_DIR/relay.conf"
reload 'reload refused=".*relay.conf:2: '
user dave
printf 'join = code\nworkers = 9999\n' > "$RELAY_DIR/relay.conf"
reload 'reload refused=".*relay.conf:2: '
user erin
ok "a file that is wrong in one line changes nothing"

printf 'workers = 5\nlisten = 127.0.0.1:1\nmap_mib = 64\n' \
    > "$RELAY_DIR/relay.conf"
reload '^info reloaded'
log_has 'setting=workers what="needs a restart"' || fail "workers are named"
log_has 'setting=map_mib what="needs a restart"' || fail "map_mib is named"
! log_has 'setting=listen' || fail "the command line goes before the file"
ok "what needs a restart is named and left alone"

printf 'mailbox_items = 3\n' > "$RELAY_DIR/relay.conf"
reload '^info reloaded'
for text in one two three; do
    as carol send alice "$text" > /dev/null
    as carol send bob "$text" > /dev/null
done
expect 7 as carol send bob four
printf 'mailbox_items = 10\n' > "$RELAY_DIR/relay.conf"
reload '^info reloaded'
as carol outbox > /dev/null
as carol send bob five > /dev/null
ok "a smaller mailbox is full, and a larger one is not"

for _ in $(seq 50); do
    kill -HUP "$RELAY_PID"
done
as bob send alice after > /dev/null
until_true 20 grep -q after "$WORK/follow"
lacks "the follower" "$(cat "$WORK/follow.err")" "again"
ok "no connection ended"

stop_follow
stop_relay
ok "it stops as ever"

# ---- What is promised and cannot be held ------------------------------------

: > "$RELAY_DIR.out"
: > "$RELAY_DIR.err"
printf 'connections = 300\n' > "$RELAY_DIR/relay.conf"
(
    ulimit -n 200
    exec "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" > "$RELAY_DIR.out" \
        2>> "$RELAY_DIR.err"
) &
RELAY_PID=$!
own_pid "$RELAY_PID"
until_true 20 relay_is_up
log_has 'descriptors connections=300 descriptors=200' ||
    fail "too few descriptors are not named"
printf 'connections = 100\n' > "$RELAY_DIR/relay.conf"
reload '^info reloaded'
! log_has '^warn descriptors' || fail "enough descriptors are complained of"
stop_relay
ok "a limit of open files that is too low is named"

#!/usr/bin/env bash
# test_monitor.sh - what a relay tells about itself while people use it.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

monitor_port() {
    sed -n 's/^info monitor port=//p' "$RELAY_DIR.err" | tail -n 1
}

# page PATH - the code on the first line, then the body.
page() {
    python3 - "http://127.0.0.1:$(monitor_port)$1" << 'END'
import sys
import urllib.error
import urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=20)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status)
sys.stdout.write(answer.read().decode())
END
}

value() { # value NAME - of one metric, with its labels
    page /metrics | sed -n "s/^tacit_relay_$1 //p"
}

has_value() { # has_value NAME VALUE
    [ "$(value "$1")" = "$2" ]
}

start_relay --metrics 127.0.0.1:0 --log-level info
same "alive" "200 ok" "$(page /healthz | paste -sd' ')"
same "ready" "200 ready" "$(page /readyz | paste -sd' ')"
same "nothing else" 404 "$(page /status | sed -n 1p)"
ok "a relay that was just started is ready"

# ---- What people do moves the numbers ---------------------------------------

user alice bob
expect 0 as alice send bob "one"
expect 0 as alice send bob "two"
same "registrations" 2 "$(value registrations_total)"
same "submits asked for" "$(value 'requests_total{kind="submit"}')" \
    "$(value submits_total)"
[ "$(value submits_total)" -ge 2 ] || fail "two sends are fewer submits"
[ "$(value messages_total)" -ge 2 ] || fail "two sends are fewer messages"
[ "$(value bundles_total)" -ge 1 ] || fail "no bundle was handed out"
same "with a one-time prekey each" 0 "$(value bundles_exhausted_total)"
same "the same in stats" "$(value bundles_total) 0" "$("$TACIT_RELAY_BIN" \
    stats --json --data "$RELAY_DIR" | jq -r '"\(.bundles) \(.bundles_exhausted)"')"
[ "$(value commits_total)" -ge 4 ] || fail "so few commits"
same "each commit was timed" "$(value commits_total)" \
    "$(value commit_seconds_count)"
same "and weighed" "$(value messages_total)" "$(value commit_messages_sum)"
until_true 20 has_value mailbox_items 2
until_true 20 has_value mailbox_deepest_items 2
same "of two" 2 "$(value mailboxes)"
same "what bob reads" "one
two" "$(received bob)"
as bob --quiet receive > /dev/null
until_true 20 has_value connections_open 0
same "nobody is there" 0 "$(value sessions_open)"
[ "$(value pushed_total)" -ge 2 ] || fail "nothing was pushed"
[ "$(value received_bytes_total)" -gt 1000 ] || fail "no bytes came in"
[ "$(value sent_bytes_total)" -gt 1000 ] || fail "no bytes went out"
ok "registering, sending and reading are counted"

expect 4 as alice send nobody "hello"
[ "$(value 'errors_total{code="not_found"}')" -ge 1 ] ||
    [ "$(value 'requests_total{kind="take_bundles"}')" -ge 2 ] ||
    fail "asking for a stranger is counted nowhere"
lacks "the page" "$(page /metrics)" alice
lacks "the page" "$(page /metrics)" bob
ok "and nobody is named"

# ---- A port that is misused -------------------------------------------------

python3 - "$(monitor_port)" "$WORK/held" << 'END' &
import socket
import sys
import time
held = []
for n in range(200):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.sendall(b"GET /metrics HTT" if n % 2 else b"\x16\x03\x01" + bytes(500))
    held.append(s)
open(sys.argv[2], "w").close()
time.sleep(600)
END
own_pid $!
until_true 60 test -e "$WORK/held"
same "still answered" 200 "$(page /metrics | sed -n 1p)"
expect 0 as alice send bob "three"
same "still delivered" "three" "$(received bob)"
same "still ready" 200 "$(page /readyz | sed -n 1p)"
ok "who holds the monitoring port holds up nobody"

# ---- When it does not serve everybody ---------------------------------------

stop_relay
start_relay --metrics 127.0.0.1:0 --frozen
same "frozen" "503 frozen" "$(page /readyz | paste -sd' ')"
same "and healthy" "200 ok" "$(page /healthz | paste -sd' ')"
has_value ready 0 || fail "ready, and /readyz says it is not"
stop_relay

# The most that can be asked for: below a quarter of a TiB nothing is stored.
if [ "$(df --output=avail -BG "$WORK" | tr -dc 0-9)" -lt 250 ]; then
    start_relay --metrics 127.0.0.1:0 --disk-reserve-mib 1048576
    until_true 20 has_value pressure 2
    same "full" "503 full" "$(page /readyz | paste -sd' ')"
    expect 3 as alice send bob "no room"
    [ "$(value 'errors_total{code="unavailable"}')" -ge 1 ] ||
        fail "a refusal for want of room is counted nowhere"
    stop_relay
    start_relay --metrics 127.0.0.1:0
    expect 0 as alice send bob "room"
    same "what was refused came later" "no room
room" "$(received bob)"
fi
ok "readiness says when it is frozen or full"

stop_relay
expect 2 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" --metrics 0.0.0.0:0
contains "why not" "$ERR" "loopback"
ok "only this machine is answered"

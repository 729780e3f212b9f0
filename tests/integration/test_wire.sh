#!/usr/bin/env bash
# test_wire.sh - what somebody sees who records the line to the relay.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

SUPPORT=$(dirname "${BASH_SOURCE[0]}")/../support
start_relay --log-level warn
mkdir "$WORK/tap"
python3 "$SUPPORT/tap.py" "${RELAY_LISTEN##*:}" "$WORK/tap" > "$WORK/tap.port" &
own_pid $!
until_true 20 test -s "$WORK/tap.port"
LINK=${LINK/"$RELAY_LISTEN"/127.0.0.1:$(cat "$WORK/tap.port")}

user wiretest-alice wiretest-bob
expect 0 as wiretest-alice send wiretest-bob "plaintextmarker direct"
same "bob" "plaintextmarker direct" "$(received wiretest-bob)"
expect 0 as wiretest-alice group create groupnamemarker wiretest-bob
as wiretest-bob receive > /dev/null
expect 0 as wiretest-bob send -g groupnamemarker "plaintextmarker group"
same "alice" "plaintextmarker group" "$(received wiretest-alice)"
printf 'plaintextmarker %.0s' {1..1500} | as wiretest-alice send wiretest-bob
same "bytes of a long text" 24000 "$(received wiretest-bob | tr -d '\n' | wc -c)"

seen=0
for up in "$WORK"/tap/*.up; do
    expect 0 python3 "$SUPPORT/tls_records.py" "$up" "${up%.up}.down"
    seen=$((seen + 1))
done
[ "$seen" -ge 6 ] || fail "only $seen connections went through the proxy"
ok "$seen connections are TLS 1.3 from the first byte to the last"
nowhere "$WORK/tap" wiretest plaintextmarker groupnamemarker
ok "no name, no group and no text was seen on the line"

# The search finds what is there, or it would prove nothing.
printf 'xx wiretest-alice xx' > "$WORK/tap/planted"
if (nowhere "$WORK/tap" wiretest) 2> /dev/null; then
    fail "the search does not find a planted name"
fi
rm "$WORK/tap/planted"
printf 'GET / HTTP/1.1\r\n\r\n' > "$WORK/plain.up"
cp "$WORK/plain.up" "$WORK/plain.down"
expect 1 python3 "$SUPPORT/tls_records.py" "$WORK/plain.up" "$WORK/plain.down"
ok "both checks fail where they should"

#!/usr/bin/env bash
# test_proxy.sh - a relay whose name only a proxy knows.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

ASKED=$WORK/asked

# proxy HOW - sets PROXY to its URL.
proxy() {
    python3 -B "$(dirname "${BASH_SOURCE[0]}")/../support/socks.py" "$1" \
        relay.invalid "$RELAY_PORT" "$ASKED" > "$WORK/proxy.$1" &
    own_pid $!
    until_true 20 test -s "$WORK/proxy.$1"
    PROXY=127.0.0.1:$(cat "$WORK/proxy.$1")
}

verdicts() { # verdicts - of the check in $OUT, a line each
    printf '%s\n' "$OUT" | jq -r '.step + " " + .verdict'
}

start_relay --host relay.invalid
RELAY_PORT=${RELAY_LISTEN##*:}
contains "the link" "$LINK" "tacit://relay.invalid:$RELAY_PORT/"
proxy fine
FINE=socks5h://$PROXY

# ---- Without the proxy there is no such host; with it there is --------------

expect 3 "$TACIT_BIN" --json check "$LINK"
expect 0 "$TACIT_BIN" --json --proxy "$FINE" check "$LINK"
same "every step" "link ok
proxy ok
dns ok
tcp ok
tls ok
pin ok
protocol ok
clock ok" "$(verdicts)"
contains "who looks names up" "$OUT" "The proxy looks the host name up"

export TACIT_PROXY=$FINE
user alice bob
expect 0 as alice send bob "through it"
same "what bob reads" "through it" "$(received bob)"
same "status" true "$(as alice --json status | jq .reached)"
unset TACIT_PROXY
expect 3 as alice send bob "around it"
same "only names were asked for" "name relay.invalid $RELAY_PORT -" \
    "$(sort -u "$ASKED")"
ok "everything goes through the proxy, which alone knows the name"

# ---- Nobody else hears of it ------------------------------------------------

if strace -o /dev/null true 2> /dev/null; then
    # A leak check cannot run beside strace.
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq \
        -e trace=connect,sendto,sendmsg,sendmmsg,socket -o "$WORK/calls" \
        "$TACIT_BIN" --home "$(home_of alice)" --proxy "$FINE" status \
        > "$WORK/out"
    same "the only places connected to" \
        "sin_port=htons(${PROXY##*:}), sin_addr=inet_addr(\"127.0.0.1\")" \
        "$(grep -o 'sin6*_port=.*)' "$WORK/calls" | sed 's/}.*//' | sort -u)"
    if grep -E 'SOCK_DGRAM|AF_UNIX|AF_NETLINK' "$WORK/calls"; then
        fail "a resolver was asked"
    fi
    ok "no resolver is asked, and nothing else is connected to"
else
    ok "strace does not work here: who is connected to is not watched"
fi

# ---- Proxies that are none, or will not -------------------------------------

: > "$ASKED"
proxy login
expect 3 "$TACIT_BIN" --json --proxy "socks5h://$PROXY" check "$LINK"
contains "the steps" "$(verdicts)" "proxy failed"
contains "why" "$ERR" "does not let us in"
expect 3 "$TACIT_BIN" --proxy "socks5h://profile:two@$PROXY" check "$LINK"
expect 0 "$TACIT_BIN" --proxy "socks5h://profile:one@$PROXY" check "$LINK"
same "who asked" "name relay.invalid $RELAY_PORT profile" "$(cat "$ASKED")"
ok "a user and a password are given to who asks for them"

proxy garbage
expect 3 "$TACIT_BIN" --json --proxy "socks5h://$PROXY" check "$LINK"
contains "garbage" "$(verdicts)" "proxy failed"
contains "garbage" "$ERR" "no SOCKS5 proxy"
proxy refuse
expect 3 "$TACIT_BIN" --json --proxy "socks5h://$PROXY" check "$LINK"
contains "refusal" "$(verdicts)" "dns ok
tcp failed
tls skipped"
contains "refusal" "$ERR" "cannot connect to that host"
proxy cut
expect 3 "$TACIT_BIN" --json --proxy "socks5h://$PROXY" check "$LINK"
contains "cut off" "$(verdicts)" "tcp failed"
proxy silent
expect 3 "$TACIT_BIN" --json --timeout 1s --proxy "socks5h://$PROXY" \
    check "$LINK"
contains "silence" "$(verdicts)" "proxy failed"
expect 3 as alice --timeout 1s --proxy "socks5h://$PROXY" send bob "waits"
expect 3 "$TACIT_BIN" --proxy "socks5h://127.0.0.1:1" check "$LINK"
contains "nobody there" "$ERR" "The proxy does not answer"
ok "a proxy that fails is told from a relay that does"

expect 2 as alice --proxy "socks5://$PROXY" status
contains "what to write" "$ERR" "socks5h://"
expect 2 as alice --proxy "socks5h://proxy.example:1080" status
expect 2 env TACIT_PROXY="socks5h://a:b@$PROXY" \
    "$TACIT_BIN" --home "$(home_of alice)" status
ok "what is not understood is not gone around"

# What waited while there was no way goes out when there is one.
expect 0 as alice --proxy "$FINE" send bob "at last"
same "all of it, in order" "around it
waits
at last" "$(as bob --proxy "$FINE" --json receive | only_texts)"
ok "and nothing was lost"

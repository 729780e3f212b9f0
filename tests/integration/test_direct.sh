#!/usr/bin/env bash
# test_direct.sh - one profile and its direct messages: registration, retries,
# kills at any moment, old copies.  What is read is read exactly once.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice bob

register_as() { # register_as HOME NAME LINK
    as "$1" register "$2" --relay "$3" --no-passphrase
}

# ---- Registration -----------------------------------------------------------

WRONG=tacit://$RELAY_LISTEN/#pin=$(printf '%043d' 0 | tr 0 A)
expect 10 register_as willy willy "$WRONG"
expect 10 as willy check "$WRONG"
expect 4 as willy status
expect 0 register_as willy willy "$LINK"
expect 0 as willy check "$LINK"
ok "a wrong pin reaches nobody; the registration is taken up with the right one"

expect 11 register_as second alice "$LINK"
expect 4 as second send bob "not registered"
expect 0 register_as second second "$LINK"
expect 11 register_as second third "$LINK"
ok "a name in use is refused, and another one is taken with the same keys"

stop_relay
expect 3 register_as later later "$LINK"
start_relay --log-level warn
expect 0 register_as later later "$LINK"
expect 0 as later send bob "I made it"
same "bob" "I made it" "$(received bob)"
ok "a registration that found no relay is finished later"

# ---- Bad input --------------------------------------------------------------

expect 4 as alice send nobody.of.that.name hello
expect 2 as alice send alice "to myself"
expect 2 as alice send "No Name" hello
expect 2 as alice send bob ""
expect 2 as alice send bob "$(printf 'a\377b')"
expect 2 as alice send bob --id 12 hello
long() {
    head -c 33000 /dev/zero | tr '\0' x | as alice send bob
}
expect 2 long
expect 0 as alice --json outbox
same "the outbox" "" "$OUT"
ok "what cannot be sent is refused, and nothing is queued"

# ---- Once and once only -----------------------------------------------------

ID=0123456789abcdef0123456789abcdef
expect 0 as alice --json send bob --id $ID "once"
expect 0 as alice --json send bob --id $ID "once"
same "state of the retry" stored "$(jq -r .state <<< "$OUT")"
same "bob" "once" "$(received bob)"
same "bob" "" "$(received bob)"
expect 12 as bob receive --wait 1s
ok "the same id is the same message"

seq -f 'k%g' 800 > "$WORK/lines"
as alice --quiet send bob --lines < "$WORK/lines" > /dev/null 2>&1 &
SENDER=$!
sleep 0.08
kill -9 "$RELAY_PID"
wait "$RELAY_PID" || true
forget_pid "$RELAY_PID"
wait $SENDER || true
start_relay --log-level warn
expect 0 as alice --json outbox retry
same "the outbox" "" "$(as alice --json outbox)"
same "bob" "$(cat "$WORK/lines")" "$(received bob)"
ok "a relay killed under 800 messages: each arrives once, in order"

kill_soon() { # kill_soon PID - some time in the next 20 ms
    sleep "0.0$((RANDOM % 20))"
    kill -9 "$1" 2> /dev/null || true
    wait "$1" 2> /dev/null || true
}
for n in $(seq 25); do
    ID=$(printf 'feed%028x' "$n")
    "$TACIT_BIN" --home "$(home_of alice)" send bob --id "$ID" "z$n" \
        > /dev/null 2>&1 &
    kill_soon $!
    expect 0 as alice send bob --id "$ID" "z$n"
    "$TACIT_BIN" --home "$(home_of bob)" receive > /dev/null 2>&1 &
    kill_soon $!
done
expect 0 as bob receive
same "what bob has" "$(seq -f 'z%g' 25)" "$(said bob alice | grep '^z')"
expect 0 as bob send alice "an answer"
same "alice" "an answer" "$(received alice)"
ok "clients killed 50 times: each message once, in order, and both can talk"

# ---- An old copy of a profile -----------------------------------------------

cp -r "$(home_of alice)" "$(home_of copy)"
expect 0 as alice send bob "by the newer one"
expect 9 as copy send bob "by the old one"
expect 9 as copy receive
same "bob" "by the newer one" "$(received bob)"
ok "an old copy of a profile sends and receives nothing"

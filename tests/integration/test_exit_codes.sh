#!/usr/bin/env bash
# test_exit_codes.sh - every exit code of the contract, really caused.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

MAILBOX_ITEMS=8
cat > "$WORK/relay.conf" <<END
mailbox_items = $MAILBOX_ITEMS
join_guesses_burst = 3
log_level = warn
END
start_relay --config "$WORK/relay.conf"

# coded CODE NAME COMMAND... - also as JSON, whose error has that name.
coded() {
    local code=$1 name=$2

    shift 2
    expect "$code" "$@" --json
    same "name of exit code $code" "$name" "$(jq -r .error.code <<< "$ERR")"
    [ "$(jq -r '.error.message | length' <<< "$ERR")" -gt 10 ] ||
        fail "an error without a sentence: $ERR"
}

# ---- 5: before bob is known, the relay's store is put aside -----------------

user alice
stop_relay
cp -a "$RELAY_DIR/store" "$WORK/store-with-alice-only"
start_relay --config "$WORK/relay.conf"
user bob
expect 0 as alice send bob "to the first bob"
expect 0 as alice verify bob --mark
FIRST=$(as alice --json verify bob | jq -r .digits)
stop_relay
mv "$RELAY_DIR/store" "$WORK/store-with-both"
cp -a "$WORK/store-with-alice-only" "$RELAY_DIR/store"
start_relay --config "$WORK/relay.conf"
as another --quiet register bob --relay "$LINK" --no-passphrase < /dev/null
coded 5 key-changed as alice send bob "only for the first bob"
expect 0 as another send alice "I am bob, believe me"
expect 0 as alice --json receive
lacks "what alice is shown" "$(only_texts <<< "$OUT")" "believe me"
contains "notices" "$(jq -r 'select(.type == "notice") | .kind' <<< "$OUT")" identity-changed
same "trust" changed "$(as alice --json contacts show bob | jq -r .trust)"
same "the other bob got" "" "$(received another)"
expect 5 as alice send bob "still not"
expect 0 as alice trust bob
expect 0 as alice --json trust bob
same "a second trust" false "$(jq -r .changed <<< "$OUT")"
expect 0 as alice send bob "accepted"
same "after trust" "accepted" "$(received another | tail -n 1)"
lacks "nothing was sent again to the new key" "$(said another alice)" "only for the first"
contains "what waited is read" "$(said alice bob)" "I am bob, believe me"
same "no longer verified" unverified "$(as alice --json contacts show bob | jq -r .trust)"
[ "$(as alice --json verify bob | jq -r .digits)" != "$FIRST" ] ||
    fail "a changed key has the same safety number"
ok "5: a changed key stops sends, and is accepted by trust alone"

# ---- 0, 1, 2 ----------------------------------------------------------------

user carol dave
expect 0 as carol status
coded 1 failed as carol send dave < /
expect 1 env HOME=/proc "$TACIT_BIN" register erin --relay "$LINK" --no-passphrase
for bad in "" "--no-such-option" "no-such-command" "send" "send dave a b" \
    "history" "history dave -g x" "receive --wait soon" "receive --limit 0" \
    "receive --follow --wait 1s" "send --lines dave text" "group" \
    "group show" "register" "register x" "history dave --limit many" \
    "--profile a --home b status" "send --id xyz dave hello" "check"; do
    read -ra words <<< "$bad"
    expect 2 as carol ${words[@]+"${words[@]}"} < /dev/null
done
coded 2 usage as carol send dave "" 
expect 2 as carol send dave < /dev/null
expect 2 as carol send dave $'\xff\xfe'
head -c 32769 /dev/zero | tr '\0' x > "$WORK/long"
expect 2 as carol send dave < "$WORK/long"
head -c 32768 "$WORK/long" > "$WORK/fits"
expect 0 as carol send dave < "$WORK/fits"
same "length that arrived" 32768 "$(received dave | tr -d '\n' | wc -c)"
for name in A x -x .hidden "a b" "$(printf 'a%.0s' {1..33})"; do
    expect 2 as erin register --relay "$LINK" --no-passphrase -- "$name"
done
for link in nonsense http://localhost tacit:// tacit://h:99999/#pin=x \
    "$LINK,join="; do
    expect 2 as erin register erin --relay "$link" --no-passphrase
done
ok "0, 1 and 2"

# ---- 4, 8, 11, 12 -----------------------------------------------------------

coded 4 not-found as carol send nobody-here hello
expect 4 as carol verify nobody-here
expect 4 as carol history -g no-such-group
expect 4 as carol send -g no-such-group hello
expect 4 as carol contacts show nobody-here
expect 4 as carol outbox cancel 0123456789abcdef
coded 4 not-found as nobody status
expect 0 as carol group create pair dave
expect 0 as dave receive
coded 8 not-allowed as dave group remove pair carol
coded 11 exists as carol register carol --relay "$LINK" --no-passphrase
expect 11 as erin register carol --relay "$LINK" --no-passphrase
expect 0 as erin register erin --relay "$LINK" --no-passphrase
expect 11 as carol group create pair erin
before=$SECONDS
coded 12 nothing-came as erin receive --wait 1s
[ $((SECONDS - before)) -lt 15 ] || fail "--wait 1s took $((SECONDS - before)) s"
expect 0 as carol --json send erin "in time"
expect 0 as erin receive --wait 20s
ok "4, 8, 11 and 12"

# ---- 7: a full mailbox ------------------------------------------------------

expect 0 as erin receive
refused=0
for n in $(seq $((MAILBOX_ITEMS + 1))); do
    got=0
    as carol --json send erin "fills $n" > "$WORK/out" 2> "$WORK/err" || got=$?
    [ "$got" -eq 0 ] && continue
    same "exit code of a send to a full mailbox" 7 "$got"
    refused=$((refused + 1))
    same "name" refused "$(jq -r .error.code < "$WORK/err")"
    same "who refused" erin "$(jq -r 'select(.type == "sent") | .refused[]' "$WORK/out")"
done
[ "$refused" -ge 1 ] || fail "no mailbox of $MAILBOX_ITEMS items was ever full"
contains "the outbox" "$(as carol --json outbox)" "fills $((MAILBOX_ITEMS + 1))"
expect 0 as erin receive
expect 0 as carol outbox retry
expect 0 as erin receive
same "all of it came" "$(seq -f 'fills %g' $((MAILBOX_ITEMS + 1)))" \
    "$(said erin carol | grep '^fills')"
ok "7: a full mailbox refuses, and nothing is lost"

# ---- 3 and 10 ---------------------------------------------------------------

PIN=$(sed 's/.*pin=\([^,]*\).*/\1/' <<< "$LINK")
FIRST=${PIN:0:1}
OTHER=$(tr 'A-Za-z0-9_-' 'B-ZAb-za1-90_-' <<< "$FIRST" | tr '_-' '-_')
WRONG=${LINK/pin=$FIRST/pin=$OTHER}
[ "$WRONG" != "$LINK" ] || fail "the pin was not changed"
coded 10 wrong-relay as frank register frank --relay "$WRONG" --no-passphrase
coded 10 wrong-relay as frank check "$WRONG"
same "the step that failed" pin "$(jq -r 'select(.verdict == "failed") | .step' <<< "$OUT" | head -n 1)"
expect 0 as frank check "$LINK"
# Another relay takes the place of ours.
stop_relay
mv "$RELAY_DIR" "$WORK/ours"
start_relay --config "$WORK/relay.conf"
coded 10 wrong-relay as carol send dave "for our relay only"
expect 10 as carol receive
stop_relay
coded 3 unreachable as carol --timeout 5s status
coded 3 unreachable as judy --timeout 5s register judy --relay "$LINK" --no-passphrase
expect 4 as judy status
contains "what to do about it" "$ERR" "tacit register"
expect 3 as carol check "$LINK"
rm -rf "$RELAY_DIR"
mv "$WORK/ours" "$RELAY_DIR"
start_relay --config "$WORK/relay.conf"
expect 0 as carol outbox retry
same "dave" "for our relay only" "$(received dave)"
expect 0 as judy register judith --relay "$LINK" --no-passphrase
same "the name in the end" judith "$(as judy --json status | jq -r .account)"
ok "3 and 10: the wrong relay gets nothing, the right one gets it later"

# ---- 6 ----------------------------------------------------------------------

echo good > "$WORK/good"
echo bad > "$WORK/bad"
expect 0 as grace --passphrase-file "$WORK/good" register grace --relay "$LINK"
coded 6 passphrase as grace --passphrase-file "$WORK/bad" status
coded 6 passphrase as grace status < /dev/null
expect 6 as grace --passphrase-file "$WORK/no-such-file" status
expect 0 as grace --passphrase-file "$WORK/good" status
ok "6: wrong, missing and unreadable passphrase"

# ---- 9 ----------------------------------------------------------------------

cp -a "$(home_of carol)" "$WORK/carol.old"
expect 0 as carol send dave "sent after the copy"
cp -a "$(home_of carol)" "$WORK/carol.new"
rm -rf "$(home_of carol)"
cp -a "$WORK/carol.old" "$(home_of carol)"
coded 9 damaged as carol send dave "from an old copy"
expect 9 as carol send dave "again"
same "dave" "sent after the copy" "$(received dave)"
expect 0 as carol history dave
rm -rf "$(home_of carol)"
cp -a "$WORK/carol.new" "$(home_of carol)"
expect 0 as carol send dave "from the right one"
same "dave" "from the right one" "$(received dave)"
cp -a "$(home_of dave)" "$WORK/dave.good"
find "$(home_of dave)" -type f -name '*.mdb' -size +0 ! -name 'lock*' |
    while read -r file; do
        head -c 65536 /dev/urandom |
            dd of="$file" conv=notrunc bs=4096 status=none
    done
coded 9 damaged as dave status
rm -rf "$(home_of dave)"
cp -a "$WORK/dave.good" "$(home_of dave)"
expect 0 as dave status
ok "9: an old copy sends nothing; a damaged profile is called one"

# ---- 7: join codes ----------------------------------------------------------

stop_relay
start_relay --config "$WORK/relay.conf" --join code
coded 7 refused as heidi register heidi --relay "$LINK" --no-passphrase
expect 7 as heidi register heidi --relay "$LINK,join=wrong" --no-passphrase
INVITE=$("$TACIT_RELAY_BIN" invite --data "$RELAY_DIR")
expect 0 as heidi register heidi --relay "$INVITE" --no-passphrase
expect 7 as ivan register ivan --relay "$INVITE" --no-passphrase
for _ in 1 2 3 4 5; do
    expect 7 as ivan --json register ivan --relay "$LINK,join=guess" --no-passphrase
done
[ "$(jq '.error.retry_after_ms // 0' <<< "$ERR")" -gt 0 ] ||
    fail "guessing is not slowed down: $ERR"
ok "7: wrong, used and guessed join codes"

# ---- 13 and 130 -------------------------------------------------------------

coded_full() {
    local got=0

    "$@" > /dev/full 2> "$WORK/err" || got=$?
    same "exit code with a full disk: $*" 13 "$got"
}
coded_full as heidi status
follow heidi "$WORK/follow"
stop_follow
ok "13 for output that finds no room, 130 after Ctrl-C"

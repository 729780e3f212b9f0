#!/usr/bin/env bash
# test_at_rest.sh - what somebody sees who copies the disks.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

NAMES=(zanzibar-alice zanzibar-bob zanzibar-carol)
start_relay --log-level warn
echo 'correct horse battery staple' > "$WORK/secret"
user zanzibar-alice zanzibar-bob
expect 0 as zanzibar-carol --passphrase-file "$WORK/secret" register \
    zanzibar-carol --relay "$LINK"
carol() {
    as zanzibar-carol --passphrase-file "$WORK/secret" "$@"
}

expect 0 as zanzibar-alice send zanzibar-bob "marzipan direct"
expect 0 as zanzibar-alice send zanzibar-carol "marzipan for carol"
expect 0 as zanzibar-alice group create quagmire zanzibar-bob zanzibar-carol
expect 0 as zanzibar-alice contacts rename zanzibar-bob pumpernickel
as zanzibar-bob receive > /dev/null
carol receive > "$WORK/out.carol"
grep -q "marzipan for carol" "$WORK/out.carol" || fail "carol got nothing"
expect 0 carol send -g quagmire "marzipan in the group"
as zanzibar-alice receive > /dev/null
# What waits at the relay and in an outbox is looked at too.
expect 0 as zanzibar-bob send zanzibar-alice "marzipan waiting"
stop_relay
expect 3 as zanzibar-alice --timeout 5s send zanzibar-carol "marzipan queued"

for name in "${NAMES[@]}"; do
    nowhere "$(home_of "$name")" zanzibar marzipan quagmire pumpernickel \
        "correct horse" "127.0.0.1"
done
ok "no name, alias, group, text or relay is readable in a profile"
nowhere "$RELAY_DIR" marzipan quagmire pumpernickel "correct horse"
grep -rqaF zanzibar-bob "$RELAY_DIR" ||
    fail "the relay holds no names at all: this search proves nothing"
nowhere "$WORK/relay.err" zanzibar marzipan quagmire
ok "no text, group or alias is readable at the relay; its log names nobody"

# The id of the group, as it is and as it is written; what is planted is found.
holds() { # holds DIR HEX - some file has these bytes, newlines among them
    find "$1" -type f -exec cat {} + | od -An -v -tx1 | tr -d ' \n' |
        grep -F "$2" > /dev/null # all of it: no SIGPIPE
}
GROUP_ID=$(as zanzibar-bob --json group show quagmire | jq -r .id)
HEAD=$(as zanzibar-bob --json group show quagmire | jq -r .head)
mkdir "$WORK/planted"
for hex in "$GROUP_ID" "$HEAD"; do
    same "length" 64 "${#hex}"
    nowhere "$RELAY_DIR" "$hex"
    if holds "$RELAY_DIR" "$hex"; then
        fail "the relay holds $hex"
    fi
    printf %b "$(sed 's/../\\x&/g' <<< "$hex")" > "$WORK/planted/$hex"
    holds "$WORK/planted" "$hex" ||
        fail "the search does not find planted bytes"
done
ok "the relay holds neither the id of a group nor the head of its log"

for root in "$RELAY_DIR" "$(home_of zanzibar-alice)" "$(home_of zanzibar-carol)"; do
    same "directories under $root" "" "$(find "$root" -type d ! -perm 0700)"
    same "files under $root" "" "$(find "$root" -type f ! -perm 0600)"
done
ok "directories are 0700 and files 0600"

# ---- The passphrase ---------------------------------------------------------

start_relay --log-level warn
echo 'wrong horse' > "$WORK/wrong"
expect 6 as zanzibar-carol --passphrase-file "$WORK/wrong" history zanzibar-alice
lacks "what a wrong passphrase shows" "$OUT$ERR" marzipan
expect 6 as zanzibar-carol history zanzibar-alice < /dev/null
expect 0 carol history zanzibar-alice
contains "what the right one shows" "$OUT" "marzipan for carol"
ok "a profile with a passphrase opens with it and with nothing else"

# The bytes of a passphrase are in no process's arguments or environment.
expect 0 carol --json send zanzibar-alice "marzipan last"
follow zanzibar-carol "$WORK/follow" --passphrase-fd 3 3< "$WORK/secret"
expect 0 as zanzibar-bob send zanzibar-carol "marzipan to see it run"
until_true 30 grep -q "to see it run" "$WORK/follow"
if cat "/proc/$FOLLOW/cmdline" "/proc/$FOLLOW/environ" 2> /dev/null |
    grep -qaF "correct horse"; then
    fail "the passphrase is in argv or the environment"
fi
stop_follow
ok "a passphrase comes in by descriptor and shows nowhere"

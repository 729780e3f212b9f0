#!/usr/bin/env bash
# Accounts that go: removed by their owner, by the operator, or kept out.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "$0")/../support/cluster.sh"

users() { # users ARGUMENT... - while the relay serves or not
    "$TACIT_RELAY_BIN" users --data "$RELAY_DIR" "$@"
}

register_as() { # register_as HOME NAME
    as "$1" --quiet register "$2" --relay "$LINK" --no-passphrase
}

names() {
    users list --json | jq -r 'select(.type == "user") | .name' |
        sort | tr '\n' ' '
}

start_relay
user alice bob carol

# ---- By its owner -----------------------------------------------------------

as bob send alice "before I go" > /dev/null
as alice send bob "you will never read this" > /dev/null
expect 2 as bob account delete
contains "no terminal" "$ERR" "--yes NAME"
expect 2 as bob account delete --yes alice
same "who is there" "alice bob carol " "$(names)"
follow bob "$WORK/bob"
until_true 30 grep -q "never read" "$WORK/bob"
expect 0 as bob --json account delete --yes bob
same "what is said" '{"type":"account-deleted","account":"bob"}' \
    "$(jq -c '{type, account}' <<< "$OUT")"
same "who is there" "alice carol " "$(names)"
until_true 30 grep -q "does not know this device" "$WORK/bob.err"
stop_follow
expect 7 as bob receive
contains "afterwards" "$ERR" "does not know this device"
expect 7 as bob status
contains "the relay answered" "$OUT" "(refused)"
expect 7 as bob --json status
contains "what it said" "$(jq -r .refused <<< "$OUT")" "does not know this device"
expect 0 as bob history alice
contains "what stays" "$OUT" "before I go"
expect 11 register_as other bob
expect 4 as carol send bob "are you there?"
same "what it had sent" "before I go" "$(received alice)"
ok "an owner leaves; its name stays its own and its mail arrives"

# ---- By the operator --------------------------------------------------------

expect 0 users suspend carol
expect 7 as carol receive
contains "suspended" "$ERR" "suspended"
expect 0 as alice send carol "for later"
expect 0 users resume carol
same "after the suspension" "for later" "$(received carol)"
ok "who is suspended is told so, and its mail waits"

expect 0 users free bob
expect 0 register_as newbob bob
as newbob receive > "$WORK/newbob"
same "mail of the one before" "" "$(cat "$WORK/newbob")"
# Whoever knew the first one is warned before anything is encrypted.
expect 5 as alice send bob "hello again"
ok "a freed name belongs to somebody else, and its peers notice"

expect 0 as alice --json send carol "too late"
ID=$(jq -r .id <<< "$OUT")
stop_relay
expect 0 users remove carol --yes
same "who is there" "alice bob " "$(names)"
start_relay
expect 7 as carol receive
expect 11 register_as other carol
# The relay goes through what waited for it when it has nothing else to do.
told() {
    as alice --json receive |
        jq -e 'select(.kind == "account-removed" and .subject == "carol")'
}
until_true 30 told
same "the message" "device-gone" "$(as alice --json history carol |
    jq -r --arg id "$ID" 'select(.id == $id) | .state')"
ok "a relay that is stopped removes an account, too, and senders hear of it"

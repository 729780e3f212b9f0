#!/usr/bin/env bash
# Who may come near: strangers wait, the blocked are not heard.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay
user alice bob carol
expect 0 as alice config set policy contacts
expect 0 as bob send alice "one"
expect 0 as bob send alice "two"
expect 0 as carol group create club alice
expect 0 as alice receive
contains "the line" "$OUT" "bob wants to write to you"
contains "the line" "$OUT" "carol wants to write to you"
lacks "what alice sees" "$OUT" "two"
same "who waits" "bob 2 0
carol 0 1" "$(as alice --json requests |
    jq -r '"\(.name) \(.messages) \(.invitations)"' | sort)"
received bob > /dev/null
same "no receipt" stored "$(as bob --json history alice | jq -r .state | sort -u)"
same "no contacts" "" "$(as alice --json contacts | jq -r .name)"
ok "strangers are one line each, and are told nothing"

expect 4 as alice requests accept dave
expect 0 as alice requests accept bob
same "in order" "one
two" "$(received alice)"
received bob > /dev/null
same "a receipt" read "$(as bob --json history alice | jq -r .state | sort -u)"
expect 0 as alice requests accept carol
received alice > /dev/null
same "the group" member "$(as alice --json group show club | jq -r .standing)"
same "nobody waits" "" "$(as alice --json requests)"
ok "who is accepted is read from the first word on"

expect 0 as alice contacts block carol
expect 8 as alice send carol "no"
expect 0 as carol send alice "are you there?"
expect 0 as carol send -g club "hello club"
same "alice reads" "" "$(received alice)"
same "nor in the group" "" "$(said alice -g club)"
expect 0 as alice contacts unblock carol
same "kept in the group" "hello club" "$(said alice -g club)"
expect 0 as carol send alice "now?"
same "and only from now on" "now?" "$(received alice)"
ok "who is blocked is not heard, and nothing breaks by it"

#!/usr/bin/env bash
# test_group_ghost.sh - a member whose account is gone stops nobody.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice bob carol dave erin
expect 0 as alice group create pals bob dave
expect 0 as dave receive
expect 0 as dave account delete --yes dave
# carol comes later, and has never met dave.
expect 0 as alice group add pals carol
expect 0 as carol receive
expect 0 as carol send -g pals "is anybody here?"
expect 0 as bob receive
contains "what bob reads" "$OUT" "is anybody here?"
ok "who never met a member whose account is gone speaks to the others"

for i in $(seq 30); do
    expect 0 as carol send -g pals "and $i"
done
same "what waits at carol" 0 "$(as carol --json outbox | wc -l)"
expect 0 as bob receive
contains "what bob reads" "$OUT" "and 30"
ok "again and again"

expect 0 as alice group create duo erin
expect 0 as erin receive
expect 0 as erin account delete --yes erin
expect 0 as alice group add duo carol
expect 0 as alice group promote duo carol
expect 0 as carol receive
expect 0 as alice group leave duo
expect 7 as carol send -g duo "to nobody"
contains "why it waits" "$ERR" "No other member"
expect 0 as carol group remove duo erin
expect 0 as carol receive
ok "where nobody else is left, the message says so"

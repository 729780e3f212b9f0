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
expect 7 as carol --json send -g duo "to nobody"
contains "what became of it" "$OUT" '"state":"failed"'
contains "why" "$ERR" "Nobody else is left in this group"
same "what waits at carol" 0 "$(as carol --json outbox | wc -l)"
expect 0 as carol group remove duo erin
expect 0 as carol receive
ok "where nobody else is left, the message says so"

user frank grace
expect 0 as alice group create trio frank grace
expect 0 as frank receive
expect 0 as grace receive
expect 0 as alice send -g trio "to both"
expect 0 as frank receive
expect 0 as grace receive
expect 0 as frank account delete --yes frank
expect 0 as grace account delete --yes grace
# The first is encrypted for those who are gone meanwhile, the next are not.
for i in 1 2 3; do
    expect 7 as alice --json send -g trio "nobody hears $i"
    contains "what became of $i" "$OUT" '"state":"failed"'
    contains "why of $i" "$ERR" "Nobody else is left in this group"
done
same "what waits at alice" 0 "$(as alice --json outbox | wc -l)"
expect 0 as alice history -g trio --long
same "states in the history" 3 "$(grep -c "(failed: Nobody else" <<< "$OUT")"
same "nobody who gets them" 3 "$(grep -cx -- '--    grace  removed' <<< "$OUT")"
lacks "why not" "$OUT" "send it again"
ok "who has met them and sends to nobody is told the same from the first one"

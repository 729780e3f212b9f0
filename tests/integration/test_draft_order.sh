#!/usr/bin/env bash
# test_draft_order.sh - drafts that waited for the relay, and what happened
# meanwhile.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice bob
as alice --quiet send bob "one"
as bob --quiet receive > /dev/null
as bob --quiet send alice "two"
as alice --quiet receive > /dev/null
as alice --quiet group create friends bob > /dev/null
as bob --quiet receive > /dev/null
stop_relay

# A draft: it carries a key for bob once it is sealed.  What is sealed for a
# device leaves in that order, or bob is told of a gap that there is none.
expect 3 as alice --quiet send -g friends "to all"
start_relay --log-level warn
expect 0 as alice --quiet send bob "three"
as bob --json receive > "$WORK/received"
same "notices" "" "$(jq -c 'select(.type == "notice")' "$WORK/received")"
same "texts" "to all
three" "$(only_texts < "$WORK/received")"
ok "a message made while a draft waits is sealed after it"

# A draft is sealed for those who are in the group when it leaves.
user carol
as alice --quiet group add friends carol
for name in alice bob carol; do
    as "$name" --quiet receive > /dev/null
    as "$name" --quiet send -g friends "$name is here"
done
stop_relay
expect 3 as bob --quiet send -g friends "not for carol"
start_relay --log-level warn
as alice --quiet group remove friends carol
expect 0 as bob --quiet send alice "four"
lacks "carol" "$(received carol)" "not for carol"
contains "alice" "$(received alice)" "not for carol"
ok "a draft does not reach who was removed while it waited"

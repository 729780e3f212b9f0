#!/usr/bin/env bash
# test_draft_order.sh - what is sealed for a device leaves in that order, also
# when a draft of another conversation waited for the relay: the receiver
# would be told of a gap that there is none.
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

# A draft: it carries a key for bob once it is sealed.
expect 3 as alice --quiet send -g friends "to all"
start_relay --log-level warn
expect 0 as alice --quiet send bob "three"
as bob --json receive > "$WORK/received"
same "notices" "" "$(jq -c 'select(.type == "notice")' "$WORK/received")"
same "texts" "to all
three" "$(only_texts < "$WORK/received")"
ok "a message made while a draft waits is sealed after it"

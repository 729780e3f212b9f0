#!/usr/bin/env bash
# test_group_history.sh - who is added with --history reads what was said.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice bob carol dave eve

texts() { # texts NAME - who said what in the group, as NAME has it
    as "$1" --json history -g friends |
        jq -r 'select(.type == "message") | "\(.from) \(.text) \(.signature)"'
}

expect 0 as alice group create friends bob
as bob receive > /dev/null
expect 0 as alice send -g friends "first words"
as bob receive > /dev/null
expect 0 as bob send -g friends "words of bob"
as alice receive > /dev/null

expect 0 as alice group add friends carol
as carol receive > /dev/null
same "without --history" "" "$(texts carol)"

expect 0 as alice group add --history 7d friends dave
as dave receive > /dev/null
same "with --history" "alice first words valid
bob words of bob valid" "$(texts dave)"
same "who sent it again" alice "$(as dave --json history -g friends |
    jq -r 'select(.text == "words of bob").resent_by')"

# Once more makes no difference, and what follows is no gap.
expect 0 as alice group add --history 7d friends dave
as bob receive > /dev/null
expect 0 as bob send -g friends "words to dave"
as dave receive > /dev/null
same "once each" "alice first words valid
bob words of bob valid
bob words to dave valid" "$(texts dave)"

# Who asked by a link in vain is no worse off.
link=$(as alice group link friends)
expect 0 as alice group link revoke friends \
    "$(as alice --json group link list friends | jq -r .id)"
as eve --quiet group join "$link" > /dev/null
as alice receive > /dev/null
as eve receive > /dev/null
expect 0 as alice group add --history 7d friends eve
as eve receive > /dev/null
same "to one who asked before" "$(texts dave)" "$(texts eve)"
expect 2 as alice group add --history soon friends dave
ok "who is added with --history reads what was said before, once"

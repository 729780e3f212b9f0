#!/usr/bin/env bash
# test_group_rules.sh - settings of a group, and leaving one.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

catch_up() { # catch_up NAME...
    local name

    for name in "$@"; do
        as "$name" receive > /dev/null
    done
}

setting() { # setting NAME GROUP MEMBER
    as "$1" --json group show "$2" | jq -r ".$3"
}

start_relay --log-level warn
user alice bob carol dave
expect 0 as alice group create pals bob carol
expect 0 as alice group promote pals carol
catch_up bob carol

# ---- Settings ---------------------------------------------------------------

same "who may add at first" admins "$(setting bob pals who_may_add)"
same "timer at first" 0 "$(setting bob pals timer_s)"
expect 8 as bob group add pals dave
expect 8 as bob group set pals --who-may-add members
expect 2 as alice group set pals --timer 367d
expect 4 as alice group set nothing --timer 7d
expect 0 as alice --json group set pals --who-may-add members --timer 7d
same "changed" 1 "$(jq -r .changed <<< "$OUT")"
expect 0 as alice --json group set pals --timer 7d
same "changed by what is so" 0 "$(jq -r .changed <<< "$OUT")"
expect 0 as bob receive
contains "what bob reads" "$OUT" "alice changed the settings: who-may-add members"
contains "what bob reads" "$OUT" "alice changed the settings: timer 7d"
same "who may add" members "$(setting bob pals who_may_add)"
same "timer" 604800 "$(setting bob pals timer_s)"
expect 0 as bob group add pals dave
expect 8 as bob group remove pals dave
catch_up alice carol dave
same "dave's standing" member "$(setting dave pals standing)"
ok "an admin lets members add, and sets a timer"

as alice group set pals --who-may-add admins &
one=$!
expect 0 as carol group set pals --timer off
wait "$one"
catch_up alice bob carol dave
for name in alice bob carol dave; do
    same "who may add at $name" admins "$(setting "$name" pals who_may_add)"
    same "timer at $name" 0 "$(setting "$name" pals timer_s)"
done
ok "two admins set different things at once, and neither undoes the other"

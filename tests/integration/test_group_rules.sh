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
contains "what bob reads" "$OUT" "alice changed the settings: members may add"
contains "what bob reads" "$OUT" "alice changed the settings: messages disappear after 7d"
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

# ---- Leaving ----------------------------------------------------------------

expect 0 as alice group create duo bob
catch_up bob
expect 8 as alice group leave duo
contains "why not" "$ERR" "You are the last admin"
stop_relay
expect 8 as alice --timeout 5s group leave duo
expect 3 as bob --timeout 5s --quiet send -g duo "before I go"
expect 3 as bob --timeout 5s group leave duo
contains "what bob is told" "$ERR" "next command that reaches the relay"
same "bob's standing" leaving "$(setting bob duo standing)"
expect 8 as bob --timeout 5s send -g duo "after I went"
expect 3 as bob --timeout 5s group leave duo
start_relay --log-level warn
expect 0 as bob receive
same "bob's standing" left "$(setting bob duo standing)"
same "what bob said before" failed "$(as bob --json history -g duo |
    jq -r 'select(.text == "before I go") | .state')"
expect 0 as bob group leave duo
expect 0 as alice receive
contains "what alice reads" "$OUT" "bob left"
lacks "what alice reads" "$OUT" "before I go"
same "who is left" "alice admin" "$(roster_of alice duo)"
ok "leaving while the relay is away: nothing is sent any more, and then it is done"

expect 0 as alice group leave duo
same "alice's standing" left "$(setting alice duo standing)"
same "nobody is left" "" "$(roster_of alice duo)"
expect 8 as alice group add duo bob
expect 8 as alice send -g duo "anybody?"
ok "the last one leaves, and the group is over"

# bob's log says that he may; meanwhile carol has made him the last admin.
expect 0 as alice group create trio bob carol
expect 0 as alice group promote trio bob carol
catch_up bob carol
stop_relay
expect 3 as bob --timeout 5s group leave trio
start_relay --log-level warn
expect 0 as carol group demote trio alice
expect 0 as carol group leave trio
expect 0 as bob receive
contains "what bob reads" "$OUT" "you are still a member"
contains "what bob reads" "$OUT" "You are the last admin"
same "bob's standing" member "$(setting bob trio standing)"
expect 0 as bob send -g trio "still here"
expect 0 as alice receive
contains "what alice reads" "$OUT" "still here"
ok "a leave that is refused later is told of, and the member stays"

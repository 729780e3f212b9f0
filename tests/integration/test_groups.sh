#!/usr/bin/env bash
# test_groups.sh - groups, with the real programs: who is in, who reads what.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"


catch_up() { # catch_up NAME...
    local name

    for name in "$@"; do
        as "$name" receive > /dev/null
    done
}

agree() { # agree GROUP NAME... - same roster, same head
    local group=$1 first=$2 name roster head

    shift 2
    roster=$(roster_of "$first" "$group")
    head=$(head_of "$first" "$group")
    for name in "$@"; do
        same "roster of $name" "$roster" "$(roster_of "$name" "$group")"
        same "head of $name" "$head" "$(head_of "$name" "$group")"
    done
}

start_relay --log-level warn
user alice bob carol dave eve

# ---- Life of a group --------------------------------------------------------

expect 0 as alice --json group create friends bob carol
same "type of what create prints" group "$(jq -r .type <<< "$OUT")"
ID=$(jq -r .id <<< "$OUT")
catch_up bob carol
agree friends alice bob carol
same "first roster" "alice admin
bob member
carol member" "$(roster_of bob friends)"
same "the id is the same for all" "$ID" "$(as carol --json group show friends | jq -r .id)"
ok "a group is created, and its members agree on it"

expect 0 as alice group create quick bob
expect 0 as bob send -g quick "before I have received anything"
same "what alice reads" "before I have received anything" "$(received alice)"
ok "one who was just invited writes at once"

expect 0 as bob send -g friends "before dave"
expect 0 as alice group add friends dave
expect 0 as alice group add friends dave
catch_up bob carol dave
expect 0 as bob send -g friends "with dave"
same "what dave reads" "with dave" "$(received dave)"
catch_up carol
same "what carol reads" "before dave
with dave" "$(said carol -g friends)"
lacks "dave's history" "$(said dave -g friends)" "before dave"
nowhere "$(home_of dave)" "before dave"
ok "a new member reads nothing that was sent before"

expect 8 as bob group add friends eve
contains "who may" "$ERR" "You are not an admin"
expect 8 as bob group remove friends carol
expect 8 as bob group promote friends bob
expect 0 as alice group promote friends bob
expect 0 as alice group promote friends bob
catch_up bob
same "bob's role" "bob admin" "$(roster_of bob friends | grep bob)"
expect 0 as bob group demote friends alice
catch_up alice
same "alice's role" "alice member" "$(roster_of alice friends | grep alice)"
expect 8 as alice group remove friends dave
expect 0 as bob group promote friends alice
catch_up alice carol dave
ok "only admins change the group; roles are given and taken"

expect 0 as bob group rename friends pals
catch_up alice carol dave
same "name at alice" pals "$(as alice --json group show pals | jq -r .name)"
entries=$(as bob --json group log pals | wc -l)
expect 0 as bob group rename pals pals
same "entries after a rename to the same" "$entries" "$(as bob --json group log pals | wc -l)"
expect 4 as alice group show friends
expect 0 as alice group show "${ID:0:12}"
expect 4 as alice group show "${ID:0:7}"
ok "a group is renamed for everybody, and its id finds it too"

expect 0 as carol send -g pals "carol was here"
catch_up alice bob dave
expect 0 as alice group remove pals carol
expect 0 as alice group remove pals carol
expect 0 as alice send -g pals "secret after carol"
expect 0 as bob send -g pals "second secret after carol"
expect 0 as dave send -g pals "third secret after carol"
catch_up alice bob carol dave
lacks "carol's history" "$(said carol -g pals)" "secret after carol"
nowhere "$(home_of carol)" "secret after carol"
same "carol's standing" removed "$(as carol --json group show pals | jq -r .standing)"
expect 8 as carol send -g pals "still here?"
expect 0 as carol group leave pals
same "dave has all" "secret after carol
second secret after carol
third secret after carol" "$(said dave -g pals | tail -n 3)"
ok "a removed member reads nothing that is sent after, and cannot write"

expect 0 as dave group leave pals
catch_up alice bob
expect 0 as bob send -g pals "after dave left"
catch_up alice dave
lacks "dave's history" "$(said dave -g pals)" "after dave left"
same "roster without dave" "alice admin
bob admin" "$(roster_of alice pals)"
same "dave's standing" left "$(as dave --json group show pals | jq -r .standing)"
ok "who leaves reads nothing more"

expect 0 as alice group add pals carol
catch_up alice bob carol
expect 0 as alice send -g pals "welcome back"
same "carol is back" "welcome back" "$(received carol)"
lacks "carol's history" "$(said carol -g pals)" "secret after carol"
agree pals alice bob carol
ok "someone who was removed can be added again, without what was missed"

expect 0 as bob group demote pals alice
catch_up alice carol
expect 8 as bob group leave pals
contains "what to do first" "$ERR" "group promote"
expect 0 as bob group promote pals alice
catch_up alice carol
ok "the last admin cannot leave"

expect 4 as eve group show pals
expect 4 as eve send -g pals "let me in"
expect 4 as eve send -g "$ID" "let me in"
same "eve has no group" "" "$(as eve --json group list)"
expect 4 as alice group add pals nobody-here
expect 4 as alice group create ghosts nobody-here
expect 11 as alice group create pals bob
for bad in 'a/b' 'a~b' '' $'a\nb' "$(printf 'x%.0s' {1..65})"; do
    expect 2 as alice group create "$bad" bob
done
expect 2 as alice group create -- -dash bob
ok "an outsider has nothing; bad names and unknown people are refused"

# ---- The signed log ---------------------------------------------------------

expect 0 as carol --json group log pals --verify
same "unverified entries" "" "$(jq -r 'select(.verified | not) | .index' <<< "$OUT")"
same "indexes rise by one" "$(seq 0 $(($(wc -l <<< "$OUT") - 1)))" "$(jq -r .index <<< "$OUT")"
same "how it began" create "$(head -n 1 <<< "$OUT" | jq -r .act)"
for act in add remove leave role rename; do
    contains "acts" "$(jq -r .act <<< "$OUT")" "$act"
done
same "bob's log is alice's" "$(as bob --json group log pals | jq -r .hash)" \
    "$(as alice --json group log pals | jq -r .hash)"
ok "the log tells all of it, and verifies"

# ---- Two admins at once -----------------------------------------------------

for round in 1 2 3; do
    as alice group rename pals "by-alice-$round" 2> "$WORK/a.err" &
    a=$!
    as bob group add pals dave eve 2> "$WORK/b.err" &
    b=$!
    code_a=0 code_b=0
    wait "$a" || code_a=$?
    wait "$b" || code_b=$?
    same "alice renames while bob adds: $(cat "$WORK/a.err")" 0 "$code_a"
    same "bob adds while alice renames: $(cat "$WORK/b.err")" 0 "$code_b"
    catch_up alice bob carol dave eve
    agree "by-alice-$round" alice bob carol dave eve
    same "members" 5 "$(roster_of eve "by-alice-$round" | wc -l)"
    expect 0 as alice group remove "by-alice-$round" dave
    catch_up bob
    expect 0 as bob group remove "by-alice-$round" eve
    expect 0 as bob group rename "by-alice-$round" pals
    catch_up alice carol
    agree pals alice bob carol
done
expect 0 as carol send -g pals "after the races"
same "alice after the races" "after the races" "$(received alice)"
same "bob after the races" "after the races" "$(received bob)"
ok "two admins at once: both succeed, and everybody agrees"

# ---- No key material for an unchanged group ---------------------------------

# Everything alice still owes is delivered first; then her outbox is empty and
# every item for bob is counted by status.
expect 0 as alice send -g pals "brings the key"
catch_up bob carol
before=$(as bob --json status | jq .mailbox_waiting)
for n in 1 2 3; do
    expect 0 as alice send -g pals "unchanged $n"
done
same "items that 3 messages bring to a mailbox" 3 \
    $(($(as bob --json status | jq .mailbox_waiting) - before))
same "outbox" "" "$(as alice --json outbox)"
same "what bob reads" "unchanged 1
unchanged 2
unchanged 3" "$(received bob)"
ok "another message to an unchanged group carries no key material"

# ---- Groups of one name -----------------------------------------------------

expect 0 as alice group create team dave
catch_up dave
expect 0 as bob group create team dave
catch_up dave
expect 0 as carol group create team dave
catch_up dave
same "names at dave" "team
team~2
team~3" "$(as dave --json group list | jq -r .name | grep team | sort)"
expect 0 as dave send -g team~2 "to the second"
same "bob reads it" "to the second" "$(received bob)"
same "alice does not" "" "$(received alice)"
ok "a second group of one name becomes name~2"

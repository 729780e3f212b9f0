#!/usr/bin/env bash
# test_group_races.sh - members and admins act at once, away or unknowing.
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

standing_of() { # standing_of NAME GROUP
    as "$1" --json group show "$2" | jq -r .standing
}

# both CODES COMMAND -- COMMAND: at once; their exit codes, sorted.
both() { # CODES may be a pattern
    local wanted=$1 first=() a b code_a=0 code_b=0

    shift
    while [ "$1" != -- ]; do
        first+=("$1")
        shift
    done
    shift
    { as "${first[@]}" || exit $?; } > "$WORK/a.out" 2>&1 &
    a=$!
    { as "$@" || exit $?; } > "$WORK/b.out" 2>&1 &
    b=$!
    wait "$a" || code_a=$?
    wait "$b" || code_b=$?
    grep -qxE "$wanted" <<< "$(sort -n <<< "$code_a
$code_b" | xargs)" || fail "exit codes of ${first[*]} ($code_a) and $* ($code_b):
$(cat "$WORK/a.out" "$WORK/b.out")"
}

start_relay --log-level warn
user alice bob carol dave eve
expect 0 as alice group create pals bob carol dave
expect 0 as alice group promote pals bob
catch_up bob carol dave

# ---- Away while the log moves -----------------------------------------------

expect 0 as alice group remove pals dave
expect 0 as alice send -g pals "not for dave"
expect 0 as alice group rename pals friends
expect 0 as bob receive
expect 0 as bob group add friends dave
expect 0 as bob send -g friends "for dave again"
catch_up alice carol
same "dave's standing before he looks" member "$(standing_of dave pals)"
expect 0 as dave --json receive
same "what dave reads" "for dave again" "$(only_texts <<< "$OUT")"
agree friends alice bob carol dave
expect 0 as dave send -g friends "dave is back"
for name in alice bob carol; do
    same "$name" "dave is back" "$(received "$name" | tail -n 1)"
done
nowhere "$(home_of dave)" "not for dave"
ok "removed, renamed and added again while away: in again, without the gap"

# ---- Two at once ------------------------------------------------------------

both "0 0" alice group add friends eve -- bob group add friends eve
catch_up alice bob carol dave eve
agree friends alice bob carol dave eve
same "entries that add eve" 1 "$(as eve --json group log friends |
    jq -r 'select(.act == "add" and .effective) | .subjects[]' | grep -cx eve)"
ok "two admins add the same person: it happens once"

# Who leaves may find that they have been removed.
both "0 [08]" eve group leave friends -- alice group remove friends eve
catch_up alice bob carol dave eve
agree friends alice bob carol dave
same "eve is out" "" "$(roster_of alice friends | grep eve || true)"
ok "leaving and being removed at once"

both "0 8" alice group remove friends bob -- bob group remove friends alice
catch_up alice bob carol dave
if [ "$(standing_of alice friends)" = member ]; then
    last=alice out=bob
else
    last=bob out=alice
fi
same "the one who is out" removed "$(standing_of "$out" friends)"
agree friends "$last" carol dave
same "admins" "$last admin" "$(roster_of carol friends | grep admin)"
ok "two admins remove each other: one of them did"

# ---- Written before one knew ------------------------------------------------

stop_relay
expect 3 as carol --quiet --timeout 5s send -g friends "carol did not know"
start_relay --log-level warn
expect 0 as "$last" --quiet group remove friends carol
expect 0 as "$last" --quiet send -g friends "after carol"
expect 0 as carol --quiet outbox retry
catch_up "$last" dave carol
state=$(as carol --json history -g friends |
    jq -r 'select(.text == "carol did not know") | .state')
# Failed, and carol is told; or the others have it or its refusal, once.
wanted=$([ "$state" = failed ] && echo 0 || echo 1)
for name in "$last" dave; do
    as "$name" --json history -g friends > "$WORK/history"
    shown=$(only_texts < "$WORK/history" | grep -cx "carol did not know" || true)
    told=$(jq -r 'select(.type == "notice" and .kind == "refused") | .subject // .from' \
        "$WORK/history" | grep -cx carol || true)
    same "times that $name has carol's message or its refusal ($state)" \
        "$wanted" $((shown + told))
done
same "carol's outbox" "" "$(as carol --json outbox)"
lacks "what carol has" "$(said carol -g friends)" "after carol"
ok "a message of somebody just removed is shown, refused or failed, never lost"

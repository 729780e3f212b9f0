#!/usr/bin/env bash
# test_group_links.sh - coming into a group by a link.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

catch_up() { # catch_up NAME...
    local name

    for name in "$@"; do
        as "$name" receive > /dev/null
    done
}

standing_of() { # standing_of NAME GROUP
    as "$1" --json group show "$2" | jq -r .standing
}

link_of() { # link_of NAME GROUP [OPTION...]
    local name=$1 group=$2

    shift 2
    as "$name" --json group link "$group" "$@" | jq -r .link
}

is_standing() { # is_standing NAME GROUP STANDING, after a receive
    as "$1" receive > /dev/null && [ "$(standing_of "$1" "$2")" = "$3" ]
}

start_relay --log-level debug
user alice bob carol dave eve mallory
expect 0 as alice group create pals bob
expect 0 as alice group promote pals bob
catch_up bob
ID=$(as alice --json group show pals | jq -r .id)
SHORT=${ID:0:8}

# ---- Made, listed, used -----------------------------------------------------

expect 0 as alice group link pals --uses 2 --label flyer
ONE=$OUT
contains "the link" "$ONE" "/g#pin="
contains "its admins" "$ONE" "admin=alice~"
contains "its admins" "$ONE" "admin=bob~"
SECRET=$(sed 's/.*secret=\([^,]*\).*/\1/' <<< "$ONE")
expect 0 as bob receive
contains "what bob is told" "$OUT" "alice made a link into the group"
expect 0 as bob --json group link list pals
same "label at bob" flyer "$(jq -r .label <<< "$OUT")"
lacks "what bob has" "$OUT" "$SECRET"
ok "an admin makes a link, and all members see that there is one"

# No admin is there: carol is told, and comes in when one has been.
expect 0 as carol group join - <<< "$ONE"
contains "what carol is told" "$ERR" "No admin's client has answered yet"
same "carol's standing" asked "$(standing_of carol "$SHORT")"
expect 0 as carol --json group list
same "in the list" asked "$(jq -r .standing <<< "$OUT")"
expect 8 as carol send -g "$SHORT" "too early"
expect 12 as carol group join "$ONE" --wait 1s
expect 0 as bob receive
contains "what bob reads" "$OUT" "carol was taken in (by link"
expect 0 as carol receive
same "carol's standing" member "$(standing_of carol pals)"
catch_up alice
same "roster" "alice admin
bob admin
carol member" "$(roster_of alice pals)"
expect 0 as carol send -g pals "hello"
same "what alice reads" "hello" "$(received alice)"
expect 0 as carol group join "$ONE"
ok "a link is used while no admin is there, and taken up later"

follow alice "$WORK/alice.follow"
until_true 30 catches_interrupts "$FOLLOW"
expect 0 as dave group join "$ONE" --wait 30s
same "dave's standing" member "$(standing_of dave pals)"
expect 0 as dave send -g pals "dave is here"
ok "with an admin who is there one is in at once"

# ---- Used up, revoked, expired, forged --------------------------------------

expect 8 as eve group join "$ONE" --wait 30s
contains "what eve is told" "$ERR" "used up"
same "eve's standing" refused "$(standing_of eve "$SHORT")"
expect 0 as alice group link pals --uses 0
TWO=$OUT
expect 0 as alice --json group link list pals
TWO_ID=$(jq -r 'select(.state == "good") | .id' <<< "$OUT")
same "state of the first" used-up \
    "$(jq -r 'select(.label == "flyer") | .state' <<< "$OUT")"
expect 0 as bob --json group link revoke pals "${TWO_ID:0:8}"
same "changed" 1 "$(jq -r .changed <<< "$OUT")"
expect 0 as bob group link revoke pals "${TWO_ID:0:8}"
expect 4 as bob group link revoke pals 00000000
expect 8 as eve group join "$TWO" --wait 30s
contains "what eve is told" "$ERR" "revoked"
THREE=$(link_of alice pals --expires 1s)
sleep 1.1
expect 8 as eve group join "$THREE" --wait 30s
contains "what eve is told" "$ERR" "expired"
FOUR=$(link_of alice pals --uses 0)
FORGED=${FOUR/secret=*,admin=alice/secret=$SECRET,admin=alice}
expect 8 as eve group join "$FORGED" --wait 30s
contains "what eve is told" "$ERR" "no such link"
expect 0 as alice group create other dave
OTHER=$(link_of alice other)
OTHER_ID=$(as alice --json group show other | jq -r .id)
expect 8 as eve group join "${OTHER/$OTHER_ID/$ID}" --wait 30s
contains "what eve is told" "$ERR" "no such link"
same "eve is out" "" "$(roster_of alice pals | grep eve || true)"
ok "a link that is used up, revoked, expired, forged or another group's admits nobody"

# An admin's key that is not the one the link names is asked for nothing.
BOB_HASH=$(sed 's/.*admin=bob~\([^,]*\).*/\1/' <<< "$FOUR")
expect 5 as mallory group join "${FOUR%%,admin=*},admin=alice~$BOB_HASH"
expect 4 as mallory group join "${FOUR%%,admin=*},admin=nobody-here~$BOB_HASH"
expect 2 as mallory group join "${FOUR}x"
expect 2 as mallory group join "${FOUR%%,admin=*}"
expect 2 as mallory group join "$LINK"
OTHER_PIN=$(printf 'A%.0s' {1..43})
expect 10 as mallory group join "${FOUR/pin=*,group/pin=$OTHER_PIN,group}"
same "mallory has no group" "" "$(as mallory --json group list)"
ok "a link that names other keys, or another relay, is refused before anything is said"

# ---- Removed people stay out ------------------------------------------------

expect 0 as eve group join "$FOUR" --wait 30s
expect 0 as alice group remove pals eve
catch_up eve
expect 8 as eve group join "$FOUR" --wait 30s
contains "what eve is told" "$ERR" "removed since"
stop_follow
ok "who was removed does not come back by an older link"

# ---- The last use, redeemed at two admins at once ---------------------------

LAST=$(link_of alice pals)
catch_up bob
expect 0 as mallory group join "$LAST"
user frank
expect 0 as frank group join "$LAST"
as alice receive > /dev/null &
one=$!
as bob receive > /dev/null
wait "$one"
catch_up alice bob carol dave mallory frank
same "how many came in" 1 "$(roster_of alice pals | grep -c 'mallory\|frank')"
same "bob's roster" "$(roster_of alice pals)" "$(roster_of bob pals)"
same "one is in, one is refused" "member
refused" "$({ standing_of mallory "$SHORT"; standing_of frank "$SHORT"; } | sort)"
ok "two admins redeem the last use at once: one person comes in"

# ---- Without an account -----------------------------------------------------

expect 4 as nobody group join "$FOUR"
contains "what nobody is told" "$ERR" "tacit register NAME --relay tacit://"
lacks "what nobody is told" "$ERR" "secret="
expect 2 as nobody --quiet register nobody --relay "$FOUR" --no-passphrase
contains "what nobody is told" "$ERR" "group join"
ok "who has no account is told how to get one"

# ---- Secrets ----------------------------------------------------------------

lacks "the relay's log" "$(cat "$RELAY_DIR.err")" "$SECRET"
nowhere "$RELAY_DIR" "$SECRET"
for name in alice bob carol; do
    nowhere "$(home_of "$name")" "$SECRET"
done
ok "no log and no relay has the secret of a link"

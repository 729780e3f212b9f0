#!/usr/bin/env bash
# A relay is restored from a backup, and two admins go on from different ends:
# the group freezes loudly, and one of them puts it right.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

relay() { # relay COMMAND [ARGUMENT...]
    local command=$1

    shift
    "$TACIT_RELAY_BIN" "$command" --data "$RELAY_DIR" "$@"
}

catch_up() { # catch_up NAME...
    local name

    for name in "$@"; do
        as "$name" receive > /dev/null
    done
}

restored() { # restored DIR - the relay as it was at the backup
    stop_relay
    RELAY_DIR=$1
    relay restore "$WORK/backup" > /dev/null
    start_relay
}

standing_of() { # standing_of NAME GROUP
    as "$1" --json group show "$2" | jq -r .standing
}

start_relay
user alice bob carol dave erin
as alice group create friends bob carol > /dev/null
as alice group promote friends bob > /dev/null
catch_up bob carol
as bob send -g friends "all is well" > /dev/null
catch_up alice carol

# ---- Nothing to put right ---------------------------------------------------

expect 0 as alice --json group adopt friends
same "changed" "0" "$(jq -r .changed <<< "$OUT")"
expect 4 as alice group adopt friends --from bob
expect 4 as alice group adopt nowhere
expect 2 as alice group adopt
ok "a group that is right gets no new log"

# ---- A chain that the relay lost, keys and all ------------------------------

relay backup "$WORK/backup" > /dev/null
as alice group remove friends carol > /dev/null
as alice group add friends dave > /dev/null
catch_up bob dave
as dave send -g friends "hello" > /dev/null
catch_up alice bob
restored "$WORK/second"
# Dave joined last, and had the log from nobody but the relay.
catch_up dave
as alice group add friends erin > /dev/null
catch_up bob dave erin
same "one head" "$(head_of alice friends)" "$(head_of erin friends)"
as erin send -g friends "all of it was put back" > /dev/null
same "bob" "all of it was put back" "$(received bob)"
ok "who joined last puts a lost log back, across a change of keys"

# ---- Two ends ---------------------------------------------------------------

rm -r "$WORK/backup"
relay backup "$WORK/backup" > /dev/null
as alice group remove friends erin > /dev/null
restored "$WORK/third"
# Bob has not read of it, and makes the entry that the relay has no more.
as bob group rename friends circle > /dev/null
as bob send -g circle "on bob's log" > /dev/null
catch_up dave alice
same "alice" "frozen" "$(standing_of alice friends)"
expect 8 as alice send -g friends "into the void"
# What alice says she has read tells bob of it.
catch_up bob
same "bob" "frozen" "$(standing_of bob circle)"
expect 0 as alice --json group adopt friends
same "act" "adopt" "$(jq -r .act <<< "$OUT")"
same "changed" "1" "$(jq -r .changed <<< "$OUT")"
same "alice" "member" "$(standing_of alice friends)"
catch_up bob
same "bob" "member" "$(standing_of bob friends)"
same "one head" "$(head_of alice friends)" "$(head_of bob friends)"
# Nothing is wrong with dave's log, but that it is bob's old one.
same "dave" "member" "$(standing_of dave circle)"
as dave receive > "$WORK/dave"
contains "dave is told" "$(cat "$WORK/dave")" "tacit group adopt"
expect 0 as dave group adopt circle --from alice
same "one head" "$(head_of alice friends)" "$(head_of dave friends)"
same "the roster" "alice admin
bob admin
dave member" "$(roster_of dave friends)"
expect 0 as bob send -g friends "together again"
contains "alice" "$(received alice)" "together again"
contains "dave" "$(received dave)" "together again"
lacks "erin" "$(received erin)" "together again"
expect 0 as alice group add friends carol
as carol send -g friends "and I" > /dev/null
contains "bob" "$(received bob)" "and I"
ok "two ends of a log: frozen loudly, and put right by an admin"

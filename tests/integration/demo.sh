#!/usr/bin/env bash
# demo.sh BIN_DIR - a story with alice, bob and carol.
#
# Every sentence that says "checked" is: the story stops with an error when a
# step did not happen.  It leaves nothing behind.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: demo.sh BIN_DIR" >&2; exit 2; }
BIN=$(cd "$1" && pwd)
TACIT_BIN=$BIN/tacit
TACIT_RELAY_BIN=$BIN/tacit-relay
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

BOLD= DIM= GREEN= PLAIN=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
fi

CHAPTER=0
chapter() {
    CHAPTER=$((CHAPTER + 1))
    printf '\n%s%d. %s%s\n' "$BOLD" "$CHAPTER" "$*" "$PLAIN"
}

tell() {
    printf '   %s\n' "$@"
}

checked() {
    printf '   %schecked:%s %s\n' "$GREEN" "$PLAIN" "$*"
}

# Shown as one would type it; the profile option is left to the last chapter.
typed() { # typed NAME WORD...
    local name=$1 word line=

    shift
    for word in "$@"; do
        case $word in
        *[!a-zA-Z0-9_./-]*) line+=" '$word'" ;;
        *) line+=" $word" ;;
        esac
    done
    printf '   %s%s$%s tacit%s\n' "$DIM" "$name" "$PLAIN" "$line"
}

# run NAME WORD... - typed, done, and its output shown.
run() {
    typed "$@"
    as "$@" > "$WORK/shown" 2> "$WORK/said" < /dev/null ||
        fail "this did not work: $(cat "$WORK/said")"
    sed 's/^/      /' "$WORK/shown" "$WORK/said"
}

# Messages only, as somebody sees them: "group/from: text" or "from: text".
lines_of() {
    jq -r 'select(.type == "message") |
        (if .conversation.kind == "group" then .conversation.name + "/"
         else "" end) + .from + ": " + .text'
}

printf '%sTacit: a story in eleven chapters%s\n' "$BOLD" "$PLAIN"
tell "The programs are those of $BIN."

chapter "A relay starts, on an empty directory and a free port"
start_relay --log-level warn
tell "It made its keys and its database, and prints the link that people need:" \
    "   $LINK" \
    "The part after pin= is the hash of its key: nobody else can pretend to be it."

chapter "Alice, Bob and Carol take their names"
for name in alice bob carol; do
    run "$name" register "$name" --relay "$LINK" --no-passphrase
done
tell "Their keys were made on their own machines and stay there."

chapter "A first message"
run alice send bob "Hello Bob, this is Alice."
run bob receive
run bob send alice "Hello Alice, I can read you."
run alice receive
same "alice's conversation with bob" \
    "Hello Bob, this is Alice.
Hello Alice, I can read you." "$(said alice bob)"
checked "both texts are in Alice's history, in this order."
alice_number=$(as alice --json verify bob | jq -r .digits)
bob_number=$(as bob --json verify alice | jq -r .digits)
run alice verify bob
same "the safety number of both sides" "$alice_number" "$bob_number"
checked "Bob sees the same 60 digits. Compared by voice, they rule out a stranger between them."

chapter "A group: friends"
run alice group create friends bob carol
run bob receive
run carol receive
run carol send -g friends "Carol here. I am off to the mountains, no network there."
run alice receive
run bob receive
run bob group show friends

chapter "Carol is away; life goes on"
tell "Carol's program is not running. The relay keeps what is sent to her, sealed."
run alice send carol "Enjoy the mountains!"
run bob send -g friends "Who waters the plants on Maple Street?"
run alice send -g friends "I do. The key is under the blue flowerpot."
run alice send carol "Bring back some cheese."

chapter "The relay is stopped in the middle of it, and started again"
stop_relay
tell "The relay is down. Bob writes all the same:"
typed bob send carol "Written while the relay was down."
code=0
as bob send carol "Written while the relay was down." 2> "$WORK/said" || code=$?
sed 's/^/      /' "$WORK/said"
same "exit code of a send while the relay is down" 3 "$code"
same "messages in bob's outbox" 1 "$(as bob --json outbox | jq -s 'map(select(.id)) | length')"
checked "exit code 3; the message waits in Bob's outbox."
start_relay --log-level warn
tell "The relay is back, on the same link. Bob's next command delivers what waits:"
run bob outbox retry
same "messages in bob's outbox" 0 "$(as bob --json outbox | wc -l)"
checked "Bob's outbox is empty."
run alice send -g friends "Carol, tell us when you are back."

chapter "Carol comes back"
typed carol receive
as carol --json receive > "$WORK/carol"
lines_of < "$WORK/carol" | sed 's/^/      /'
same "what carol received from alice" \
    "alice: Enjoy the mountains!
alice: Bring back some cheese." \
    "$(lines_of < "$WORK/carol" | grep '^alice' || true)"
same "what carol received in the group" \
    "friends/bob: Who waters the plants on Maple Street?
friends/alice: I do. The key is under the blue flowerpot.
friends/alice: Carol, tell us when you are back." \
    "$(lines_of < "$WORK/carol" | grep '^friends' || true)"
same "what carol received from bob" "bob: Written while the relay was down." \
    "$(lines_of < "$WORK/carol" | grep '^bob' || true)"
same "how many messages carol received" 6 "$(lines_of < "$WORK/carol" | wc -l)"
same "signatures" valid \
    "$(jq -r 'select(.type == "message") | .signature' "$WORK/carol" | sort -u)"
checked "six messages, each once, every conversation in order, every signature right."
same "what a second receive prints" "" "$(as carol receive)"
checked "a second 'receive' prints nothing again."

chapter "Carol is removed from the group"
run alice group remove friends carol
run alice send -g friends "The surprise party for Carol is on Friday."
run bob receive
run bob send -g friends "I will bake the cake."
run carol receive
cp "$WORK/shown" "$WORK/carol"
as carol --json history -g friends --limit 1000 >> "$WORK/carol"
if grep -qiE 'surprise|cake' "$WORK/carol"; then
    fail "carol reads what was sent after she was removed"
fi
nowhere "$(home_of carol)" "surprise party" "bake the cake"
same "how bob's group ends" "I will bake the cake." "$(said bob -g friends | tail -n 1)"
same "members" "alice admin
bob member" "$(roster_of bob friends)"
checked "Carol was shown nothing of it, and nothing of it is on her disk."
code=0
as carol send -g friends "Am I still here?" > "$WORK/shown" 2> "$WORK/said" || code=$?
typed carol send -g friends "Am I still here?"
sed 's/^/      /' "$WORK/said"
same "exit code of a send by someone who is no member" 8 "$code"
checked "nor can she write to the group (exit code 8)."
run bob group log friends --verify
checked "Bob's program checked every hash and signature of the group's log again."

chapter "Bob looks something up"
run bob history -g friends --search flowerpot
same "what bob found" "I do. The key is under the blue flowerpot." \
    "$(as bob --json history -g friends --search FLOWERPOT | only_texts)"
checked "exactly the one message, also when he asks for FLOWERPOT."

chapter "A thief takes the disks"
texts=("Hello Bob" "mountains" "Maple Street" "blue flowerpot" "cheese"
    "surprise party" "while the relay was down")
nowhere "$RELAY_DIR" "${texts[@]}" friends
tell "The relay's disk: $(find "$RELAY_DIR" -type f | wc -l) files, $(du -sh "$RELAY_DIR" | cut -f 1)."
checked "no text of any message and no group's name is in any byte of it."
if ! grep -rqaF alice "$RELAY_DIR"; then
    fail "the relay's disk does not even hold names: the search is broken"
fi
tell "It does hold the names of accounts: a relay has to know its users." \
    "" "Bob's disk:"
find "$(home_of bob)" -type f -printf '      %-12f %s bytes, mode %m\n' | sort
nowhere "$(home_of bob)" "${texts[@]}" friends alice carol
checked "no name, no group and no text is in any byte of it."
tell "(These profiles have no passphrase, so a thief who has tacit opens them too." \
    "For yourself leave out --no-passphrase: then the files alone are worth nothing.)"

chapter "Now you"
stop_relay
tell "The story's relay and profiles are gone. To go on by hand, paste this:" ""
sed 's/^/      /' <<COMMANDS
export PATH="$BIN:\$PATH"
export XDG_DATA_HOME=\$(mktemp -d)     # leave out to keep the profiles
tacit-relay init --data "\$XDG_DATA_HOME/relay" --listen 127.0.0.1:0
tacit-relay serve --data "\$XDG_DATA_HOME/relay" > /dev/null &
LINK=\$(tacit-relay link --data "\$XDG_DATA_HOME/relay")
until tacit check "\$LINK" > /dev/null 2>&1; do sleep 0.2; done
tacit --profile alice register alice --relay "\$LINK" --no-passphrase
tacit --profile bob register bob --relay "\$LINK" --no-passphrase
tacit --profile alice send bob 'Hello!'
tacit --profile bob receive
COMMANDS
tell "" "'tacit --help' lists what else there is; README.md explains it."
printf '\n%sThe story is over; every step of it happened.%s\n' "$BOLD" "$PLAIN"

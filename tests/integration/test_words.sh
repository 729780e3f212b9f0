#!/usr/bin/env bash
# test_words.sh - replies, reactions, edits and deletions: two and a group, with
# the real programs.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

id_of() { # id_of NAME TEXT -- of the message as NAME has it
    as "$1" --json export | jq -r --arg t "$2" \
        'select(.type == "message" and .text == $t) | .id' | head -n 1
}

start_relay --log-level warn
user alice bob carol
expect 0 as alice send bob "at eight?"
expect 0 as bob receive
ID=$(id_of bob "at eight?")

expect 0 as bob send alice --reply "${ID:0:8}" "at nine"
expect 0 as bob react "$ID" 👍
expect 0 as alice receive
contains "the line above a reply" "$OUT" "-- > ["
contains "what it answers" "$OUT" "] alice: at eight?
["
contains "the reply" "$OUT" "] bob: at nine"
contains "the reaction" "$OUT" " bob reacted 👍 to the message of ["
expect 0 as alice --json history bob
same "what it answers" "$ID" "$(jq -r 'select(.text == "at nine") | .reply_to.id' <<< "$OUT")"
same "the reactions" "bob:👍" "$(jq -r 'select(.text == "at eight?") | .reactions[] | "\(.from):\(.reaction)"' <<< "$OUT")"
same "lines of the history" 2 "$(wc -l <<< "$OUT")"
expect 0 as alice history bob
contains "the reactions, told" "$OUT" "alice: at eight?
-- + 👍 bob"
ok "a reply quotes one line, and a reaction stands under its message"

expect 0 as bob react "$ID" ❤️
expect 0 as alice receive
expect 0 as alice history bob
contains "the newest" "$OUT" "-- + ❤️ bob"
expect 0 as bob react "$ID" --remove
expect 0 as alice receive
contains "it is taken back" "$OUT" "bob took back a reaction to"
expect 0 as alice history bob
lacks "none is left" "$OUT" "-- +"
expect 2 as bob react "$ID" "two words"
expect 2 as bob react "$ID"
expect 2 as bob react "$ID" 👍 --remove
ok "the newest reaction of each stands, and can be taken back"

expect 0 as alice edit "$ID" "at ten?"
expect 0 as bob receive
contains "the edit" "$OUT" "alice edited the message of ["
contains "what it says now" "$OUT" "alice: at ten?"
for name in alice bob; do
    other=bob
    [ "$name" = alice ] || other=alice
    expect 0 as "$name" history "$other"
    contains "the text at $name" "$OUT" "(edited "
    contains "the text at $name" "$OUT" "): at ten?"
    lacks "the old text at $name" "$OUT" "at eight?
"
    expect 0 as "$name" history "$other" --long
    contains "the old text at $name" "$OUT" "-- was ["
    expect 0 as "$name" --json history "$other" --search "at TEN"
    same "found at $name" 1 "$(wc -l <<< "$OUT")"
    same "the earlier text at $name" "at eight?" "$(jq -r '.edited.earlier[0].text' <<< "$OUT")"
    expect 0 as "$name" history "$other" --search eight
    same "not found at $name" "" "$OUT"
done
expect 8 as bob edit "$ID" "at once"
expect 8 as bob delete "$ID"
expect 4 as bob edit deadbeef "at once"
expect 4 as bob delete dead
ok "an author changes a text for both, and nobody else does"

expect 0 as alice delete "$ID"
expect 0 as bob receive
contains "the deletion" "$OUT" "alice deleted the message of ["
for name in alice bob; do
    other=bob
    [ "$name" = alice ] || other=alice
    expect 0 as "$name" --json history "$other"
    same "the text at $name" "" "$(jq -r --arg id "$ID" 'select(.id == $id) | .text' <<< "$OUT")"
    same "deleted at $name" everyone "$(jq -r --arg id "$ID" 'select(.id == $id) | .deleted.for' <<< "$OUT")"
    same "the quote at $name" true "$(jq -r 'select(.text == "at nine") | .reply_to.deleted' <<< "$OUT")"
    expect 0 as "$name" export
    lacks "any text at $name" "$OUT" "at eight"
    lacks "any text at $name" "$OUT" "at ten"
done
expect 4 as bob send alice --reply "$ID" "what was it?"
expect 4 as alice edit "$ID" "once more"
ok "a deletion erases a text and its edits at both"

expect 0 as alice send bob "for bob alone"
expect 0 as bob receive
ID=$(id_of bob "for bob alone")
expect 0 as bob --json delete --local "$ID"
same "what is printed" "{\"type\":\"deleted\",\"id\":\"$ID\"}" "$OUT"
expect 0 as bob history alice
contains "the line" "$OUT" "alice (deleted here)"
lacks "the text" "$OUT" "for bob alone"
expect 0 as alice history bob
contains "alice has it" "$OUT" "for bob alone"
expect 0 as alice edit "$ID" "for bob, edited"
expect 0 as bob receive
expect 0 as bob export
lacks "what comes of it later" "$OUT" "for bob, edited"
ok "a message can be deleted here alone, and stays so"

# ---- While it is still queued -----------------------------------------------

stop_relay
expect 3 as alice --json --timeout 2s send bob "teh draft"
ID=$(jq -r .id <<< "$OUT")
expect 0 as alice --json edit --queue "$ID" "the draft"
same "the same message" "$ID" "$(jq -r .id <<< "$OUT")"
expect 3 as alice --json --timeout 2s send bob "never mind"
expect 0 as alice delete --queue "$(jq -r .id <<< "$OUT")"
start_relay --log-level warn
expect 0 as alice outbox retry
expect 0 as bob receive
contains "what bob gets" "$OUT" "alice: the draft"
lacks "what bob does not get" "$OUT" "edited"
lacks "what bob does not get" "$OUT" "never mind"
ok "what has not left is changed and deleted where it waits"

# The edit finds a draft, or a message that is just leaving: it is never lost.
for i in 1 2 3 4 5 6; do
    expect 0 as alice --json send --queue bob "racing $i"
    ID=$(jq -r .id <<< "$OUT")
    as alice outbox retry &
    as alice edit "$ID" "edited $i"
    wait $!
    as alice outbox retry
    as bob receive > /dev/null
    expect 0 as bob history alice --limit 1
    contains "what bob sees" "$OUT" ": edited $i"
    expect 0 as alice history bob --limit 1
    contains "what alice sees" "$OUT" ": edited $i"
done
ok "an edit that races with its message is not lost"

# ---- A group ----------------------------------------------------------------

expect 0 as alice group create pals bob carol
as bob receive > /dev/null
as carol receive > /dev/null
expect 0 as alice send -g pals "who comes?"
as bob receive > /dev/null
as carol receive > /dev/null
ID=$(id_of bob "who comes?")
expect 0 as bob react "$ID" +1
expect 0 as carol react "$ID" +1
expect 0 as carol send -g pals --reply "$ID" "me"
expect 0 as alice edit "$ID" "who comes to lunch?"
expect 4 as bob send alice --reply "$ID" "not here"
for name in alice bob carol; do
    as "$name" receive > /dev/null
    expect 0 as "$name" history -g pals
    contains "the text at $name" "$OUT" "): who comes to lunch?
-- + +1 bob, carol"
    contains "the quote at $name" "$OUT" "alice: who comes to lunch?
["
    contains "the reply at $name" "$OUT" "pals/carol: me"
done
expect 0 as alice delete "$ID"
for name in bob carol; do
    as "$name" receive > /dev/null
    expect 0 as "$name" export
    lacks "the text at $name" "$OUT" "who comes"
done
ok "a group answers, reacts, and forgets what its author takes back"

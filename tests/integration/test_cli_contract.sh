#!/usr/bin/env bash
# test_cli_contract.sh - what scripts rely on: shapes, options, input rules.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice
expect 0 as bob --json register bob --relay - --no-passphrase <<< "$LINK"
same "what register prints" "registered bob 1" "$(jq -r '[.type, .account, .device] | join(" ")' <<< "$OUT")"

HEX32='^[0-9a-f]{32}$'
HEX64='^[0-9a-f]{64}$'
TIME='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$'

# holds WHAT JSON FILTER - one line each, the filter is true for all of them.
holds() {
    [ -n "$2" ] || fail "$1: nothing was printed"
    jq -es --arg hex32 "$HEX32" --arg hex64 "$HEX64" --arg time "$TIME" \
        "all(.[]; $3)" <<< "$2" > /dev/null || fail "$1: not so: $3
$2"
}

# ---- Shapes -----------------------------------------------------------------

expect 0 as alice --json send bob "shape"
holds "sent" "$OUT" '.type == "sent" and (.id | test($hex32)) and
    .state == "stored" and .to.kind == "direct" and .to.name == "bob" and
    (.to.id | type) == "string" and .refused == []'
ID=$(jq -r .id <<< "$OUT")
expect 0 as bob --json receive
holds "message" "$OUT" '.type == "message" and (.n | type) == "number" and
    (.id | test($hex32)) and .conversation.kind == "direct" and
    .conversation.name == "alice" and .from == "alice" and
    (.from_key | test($hex64)) and .device == 1 and
    (.sent_at | test($time)) and (.received_at | test($time)) and
    (.seq | type) == "number" and .text == "shape" and .attachments == [] and
    .signature == "valid" and .trust == "unverified"'
same "the id on both sides" "$ID" "$(jq -r .id <<< "$OUT")"
expect 0 as alice --json history bob
holds "own message" "$OUT" '.type == "message" and .state == "stored" and .from == "alice"'
expect 0 as alice --json group create friends bob
holds "group" "$OUT" '.type == "group" and (.id | test($hex64)) and
    .name == "friends" and .standing == "member" and (.length | type) == "number" and
    (.head | test($hex64)) and (.members | length) == 2 and
    all(.members[]; (.key | test($hex64)) and (.role | IN("admin", "member")) and
    (.self | type) == "boolean" and (.account | type) == "string")'
GROUP=$(jq -r .id <<< "$OUT")
expect 0 as bob --json receive
holds "notice" "$OUT" '.type == "notice" and (.n | type) == "number" and
    (.time | test($time)) and (.kind | IN("member-added", "member-removed",
    "member-left", "group-renamed", "role-changed", "identity-changed",
    "undecryptable", "gap", "refused", "expired",
    "account-removed", "rolled-back")) and
    .conversation.kind == "group" and
    ((.from_key // "1") | test("[1-9a-f]"))'
expect 0 as bob --json send -g friends "in the group"
holds "sent to a group" "$OUT" '.to.kind == "group" and .to.name == "friends" and .refused == []'
same "its id" "$GROUP" "$(jq -r .to.id <<< "$OUT")"
expect 0 as alice --json receive
holds "group message" "$OUT" '.conversation.kind == "group" and
    .conversation.name == "friends" and .from == "bob" and .signature == "valid"'
expect 0 as alice --json group log friends --verify
holds "log entry" "$OUT" '.type == "log-entry" and (.index | type) == "number" and
    (.hash | test($hex64)) and .author == "alice" and (.time | test($time)) and
    (.act | type) == "string" and (.subjects | type) == "array" and
    .effective == true and .verified == true'
expect 0 as alice --json group add friends bob
holds "group change" "$OUT" '.type == "group-change" and .changed == 0 and .act == "add"'
expect 0 as alice --json status
holds "status" "$OUT" '.type == "status" and .account == "alice" and .device == 1 and
    (.relay | type) == "string" and .reached == true and
    .prekeys_at_relay > 0 and .mailbox_waiting == 0 and .outbox == 0 and
    (.last_contact | test($time)) and .rolled_back == false'
expect 0 as alice --json contacts
holds "contact" "$OUT" '.type == "contact" and .name == "bob" and
    (.key | test($hex64)) and .trust == "unverified" and .devices == 1 and
    (.first_seen | test($time))'
expect 0 as alice --json verify bob
holds "safety number" "$OUT" '.type == "safety-number" and .name == "bob" and
    (.digits | test("^[0-9]{60}$")) and .verified == false'
expect 0 as alice --json trust bob
holds "trust" "$OUT" '.type == "trust" and .changed == false'
expect 0 as alice --json check "$LINK"
holds "check" "$OUT" '.type == "check" and .verdict == "ok" and
    (.message | type) == "string" and
    (.step | IN("link", "dns", "tcp", "tls", "pin", "protocol", "clock"))'
same "steps of a check" 7 "$(wc -l <<< "$OUT")"
expect 0 as alice --json group rename friends friends
holds "done" "$OUT" '.type == "done" and .command == "group" and .verb == "rename"'
expect 0 as alice --json send --queue bob "queued only"
holds "queued" "$OUT" '.state == "queued"'
expect 0 as alice --json outbox
holds "outbox" "$OUT" '.type == "outbox-item" and (.id | test($hex32)) and
    .to.name == "bob" and (.state | IN("draft", "ready")) and
    .text == "queued only" and (.created_at | test($time))'
QUEUED=$(jq -r .id <<< "$OUT")
expect 0 as alice outbox cancel "${QUEUED:0:8}"
same "state of what was cancelled" failed \
    "$(as alice --json history bob | jq -r 'select(.text == "queued only") | .state')"
expect 4 as alice --json send nobody-here text
[ -z "$OUT" ] || holds "sent to nobody" "$OUT" '.type == "sent" and .state == "failed"'
holds "error" "$ERR" '(.error.code == "not-found") and (.error.message | type) == "string"'
ok "shapes of --json"

# ---- What people see --------------------------------------------------------

received bob > /dev/null
expect 0 as alice send bob $'two\nlines'
expect 0 as alice send -g friends "to all"
expect 0 as bob receive
same "human output" "[T] alice: two
    lines
[T] friends/alice: to all" \
    "$(sed -E 's/^\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\]/[T]/' <<< "$OUT")"
lacks "output that is no terminal" "$OUT" $'\e'
expect 0 as alice send bob "silent"
same "what send says" "" "$OUT$ERR"
expect 0 as alice verify bob
[ "$(grep -cE '^    [0-9]{5}( [0-9]{5}){3}$' <<< "$OUT")" -eq 3 ] ||
    fail "the safety number is not three lines: $OUT"
expect 0 as alice verify bob --mark
NUMBER=$(tr -d ' \n' <<< "$(tail -n 3 <<< "$OUT")")
expect 5 as alice verify bob --compare "$(tr 0-9 1-90 <<< "$NUMBER")" --mark
expect 2 as alice verify bob --compare "${NUMBER:1}"
expect 0 as alice --json verify bob --compare "${NUMBER:0:31} ${NUMBER:31}"
holds "compared" "$OUT" '.same == true and .verified == true'
same "from standard input" true \
    "$(as bob verify alice | tail -n 3 | as alice --json verify bob --compare - | jq .same)"
expect 0 as alice verify bob --qr
contains "the code" "$OUT" "█"
same "trust after --mark" verified "$(as alice --json contacts show bob | jq -r .trust)"
ok "human output"

# ---- Help and what comes later ----------------------------------------------

expect 0 as alice --help
HELP=$OUT
for word in register status send receive history contacts verify trust \
    outbox check search export react edit delete requests passphrase recover \
    devices config backup restore doctor "account delete" "relay show" \
    "relay set" "requests accept" "contacts block" "config set" "group create" "group add" "group remove" "group promote" \
    "group demote" "group leave" "group rename" "group list" "group show" \
    "group log"; do
    contains "--help" "$HELP" "$word"
    read -ra words <<< "$word"
    expect 0 as alice "${words[@]}" --help
    [ -n "$OUT" ] || fail "$word --help says nothing"
done
expect 0 as alice --version
for later in file daemon chat invite join inspect profiles \
    "send bob x --file y" "receive --cursor x" \
    "receive --ack x" "receive --exec x"; do
    read -ra words <<< "$later"
    expect 2 as alice "${words[@]}"
    contains "$later" "$ERR" "not in this release"
    ! grep -qE "^ +${words[0]}( |$)" <<< "$HELP" ||
        case $later in *\ *) ;; *) fail "--help lists $later" ;; esac
done
HELP=$("$TACIT_RELAY_BIN" --help)
for later in restore doctor; do
    ! grep -qE "^ +$later( |$)" <<< "$HELP" || continue
    expect 2 "$TACIT_RELAY_BIN" "$later" --data "$RELAY_DIR"
    contains "$later" "$ERR" "not in this release"
done
ok "help lists what there is; the rest says that it comes later"

# ---- Profiles and passphrases -----------------------------------------------

expect 0 "$TACIT_BIN" --profile work register carol --relay "$LINK" --no-passphrase
[ -d "$HOME/.local/share/tacit/work" ] || fail "--profile is not in HOME"
expect 0 env TACIT_PROFILE=work "$TACIT_BIN" --json status
same "TACIT_PROFILE" carol "$(jq -r .account <<< "$OUT")"
expect 0 env TACIT_HOME="$(home_of alice)" "$TACIT_BIN" --json status
same "TACIT_HOME" alice "$(jq -r .account <<< "$OUT")"
expect 0 env XDG_DATA_HOME="$HOME/.local/share" "$TACIT_BIN" --profile work --json status
same "XDG_DATA_HOME" carol "$(jq -r .account <<< "$OUT")"
expect 2 env TACIT_PROFILE=work TACIT_HOME="$(home_of alice)" "$TACIT_BIN" status
expect 2 "$TACIT_BIN" --profile work --home "$(home_of alice)" status
expect 2 "$TACIT_BIN" --profile ../escape status
expect 4 "$TACIT_BIN" --profile unknown status
printf 'a passphrase\nits second line does not count\n' > "$WORK/secret"
printf 'a passphrase' > "$WORK/no-newline"
expect 0 as dave --passphrase-file "$WORK/secret" register dave --relay "$LINK"
expect 0 as dave --passphrase-file "$WORK/no-newline" status
expect 0 env TACIT_PASSPHRASE_FILE="$WORK/secret" "$TACIT_BIN" --home "$(home_of dave)" status
expect 0 as dave --passphrase-fd 3 status 3< "$WORK/secret"
{ cat "$WORK/no-newline"; echo; echo "and a text"; } |
    as dave --passphrase-fd 0 --quiet send bob
same "text behind a passphrase" "and a text" "$(received bob | tail -n 1)"
expect 6 as dave status < /dev/null
contains "what to do" "$ERR" "--passphrase-file"
expect 2 as erin register erin --relay "$LINK" < /dev/null
contains "what to do" "$ERR" "--no-passphrase"
ok "profiles by option and variable; passphrases by file and descriptor"

# ---- Standard input and texts -----------------------------------------------

received alice > /dev/null
printf 'no newline' | as alice send bob
printf 'one newline\n' | as alice send bob
printf 'two newlines\n\n' | as alice send bob
printf 'first\n\nsecond\nthird' | as alice send --lines bob
echo "never read" | as alice send bob "given as an argument"
as alice send bob -- "-dash first"
as alice -- send bob "after dashes" 2> /dev/null || as alice send bob "after dashes"
same "texts" '["no newline","one newline","two newlines\n","first","second","third","given as an argument","-dash first","after dashes"]' \
    "$(as bob --json receive | jq -sc '[.[] | select(.type == "message") | .text]')"
expect 2 as alice send bob < /dev/null
printf '\n\n' > "$WORK/empty"
printf '\n' | expect 2 as alice send bob
expect 2 as alice send --lines bob < "$WORK/empty"
ok "standard input is read when no text is given, and only then"

SAME=00112233445566778899aabbccddeeff
for _ in 1 2 3; do
    expect 0 as alice --json send --id "$SAME" bob "once"
    same "id" "$SAME" "$(jq -r .id <<< "$OUT")"
done
same "bob" "once" "$(received bob)"
same "alice's history" 1 "$(said alice bob | grep -cx once)"
# To others it is another message, which nobody would get.
expect 11 as alice send --id "$SAME" carol "once"
expect 11 as alice send --id "$SAME" -g friends "once"
contains "why" "$ERR" "another message"
expect 11 as alice send --id "$SAME" bob "twice"
expect 11 as alice send --id "$SAME" --queue bob "twice"
contains "why" "$ERR" "another text"
same "what waits" "" "$(as alice --json outbox)"
# Nobody knows any more what it said.
expect 0 as alice delete "$SAME" --local
expect 0 as alice --json send --id "$SAME" bob "twice"
same "id" "$SAME" "$(jq -r .id <<< "$OUT")"
same "bob" "" "$(received bob)"
ok "--id makes a retry the same message"

# ---- Cursor, limits and times -----------------------------------------------

seq -f 'row %g' 20 | as alice --quiet send --lines bob
same "--limit" "row 1
row 2
row 3" "$(as bob --json receive --limit 3 | only_texts)"
# A pipe that nobody reads any more: nothing was printed, so nothing is skipped.
mkfifo "$WORK/pipe"
exec 7<> "$WORK/pipe" 8> "$WORK/pipe" 7<&-
code=0
as bob --json receive >&8 2> /dev/null || code=$?
exec 8>&-
same "exit code when the reader has left" 1 "$code"
same "what is printed after it" "$(seq -f 'row %g' 4 20)" "$(received bob)"
same "history --limit" "row 19
row 20" "$(as bob --json history alice --limit 2 | only_texts)"
same "default limit" 50 "$(seq -f 'more %g' 60 | as alice --quiet send --lines bob; as bob receive > /dev/null; as bob --json history alice | only_texts | wc -l)"
same "--search" "row 7" "$(as bob --json history alice --search 'ROW 7' | only_texts)"
same "--since" 0 "$(as bob --json history alice --since "$(date -u -d '+1 hour' +%FT%TZ)" | wc -l)"
[ "$(as bob --json history alice --since 2h | wc -l)" -gt 0 ] || fail "--since 2h shows nothing"
same "--until" 0 "$(as bob --json history alice --until 2h | wc -l)"
ok "cursor, limits, search and times"

# ---- Names ------------------------------------------------------------------

expect 0 as alice contacts rename bob "the baker"
expect 0 as alice send "the baker" "by alias"
same "bob" "by alias" "$(received bob)"
expect 0 as bob send alice "answer"
expect 0 as alice --json receive
same "from and alias" "bob the baker" "$(jq -r 'select(.text == "answer") | .from + " " + .from_alias' <<< "$OUT")"
expect 11 as alice contacts rename bob alice # what he says would be hers
expect 0 as alice contacts rename bob ""
expect 0 as alice --json send -g "${GROUP:0:8}" "by id"
same "the group by its id" friends "$(jq -r .to.name <<< "$OUT")"
expect 0 as alice contacts remove bob
same "contacts" "" "$(as alice --json contacts | jq -r .name)"
ok "aliases, and groups by id"

# ---- The relay's commands ---------------------------------------------------

same "link" "$LINK" "$("$TACIT_RELAY_BIN" link --data "$RELAY_DIR")"
same "link as JSON" "$LINK" "$("$TACIT_RELAY_BIN" link --json --data "$RELAY_DIR" | jq -r .link)"
same "link by variable" "$LINK" "$(TACIT_RELAY_DATA=$RELAY_DIR "$TACIT_RELAY_BIN" link)"
same "lines of serve" "link $LINK
ready" "$(cat "$RELAY_DIR.out")"
expect 0 "$TACIT_RELAY_BIN" invite --data "$RELAY_DIR" --json --uses 2 --expires 7d --label "for erin"
holds "invite" "$OUT" '.type == "invite" and .uses == 2 and (.expires_at | test($time)) and (.link | test("join="))'
expect 1 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" --listen 127.0.0.1:0
contains "a second serve" "$ERR" "another"
expect 2 "$TACIT_RELAY_BIN" serve --data "$WORK/other" --listen 0.0.0.0:0
contains "a wildcard address" "$ERR" "--host"
expect 11 "$TACIT_RELAY_BIN" init --data "$RELAY_DIR"
expect 2 "$TACIT_RELAY_BIN" no-such-command
expect 0 "$TACIT_RELAY_BIN" --help
ok "the relay's commands, while it serves"

#!/usr/bin/env bash
# test_history.sh - what was said, exported and proved, with the real programs.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

SUPPORT=$(dirname "${BASH_SOURCE[0]}")/../support

id_of() { # id_of NAME TEXT - of the message with this text, at NAME
    as "$1" export | jq -r --arg text "$2" 'select(.text == $text) | .id'
}

strangers_check() { # with nothing of ours
    python3 -B "$SUPPORT/check_proof.py"
}

start_relay --log-level warn
user alice bob carol
expect 0 as alice group create pals bob carol
as bob receive > /dev/null
expect 0 as alice send bob "I owe you 5"
expect 0 as alice send -g pals $'all\n# of you'
as bob receive > /dev/null

expect 0 as bob export
same "the texts of all" '["# of you","I owe you 5","all"]' \
    "$(jq -sc 'map(select(.type == "message") | .text | split("\n")[]) | sort' <<< "$OUT")"
expect 0 as bob export alice
same "of one" "I owe you 5" "$(jq -r '.text' <<< "$OUT")"
same "and it is what history says" "$(as bob --json history alice)" "$OUT"
expect 0 as bob export -g pals --format md
same "headings of the Markdown" "# pals" "$(grep '^#' <<< "$OUT")"
contains "the second line" "$OUT" '  \# of you'
ok "a conversation and everything are exported"

for text in "I owe you 5" $'all\n# of you'; do
    expect 0 as bob export --proof "$(id_of bob "$text")"
    printf '%s\n' "$OUT" > "$WORK/proof"
    # No profile, no relay, and no way to find one.
    expect 0 env -i HOME=/nowhere "$TACIT_BIN" --json export --check "$WORK/proof"
    same "who said it" "alice $text" "$(jq -r '"\(.from) \(.content)"' <<< "$OUT")"
    expect 0 strangers_check < "$WORK/proof"
    same "a stranger's program" "alice $text" "$(jq -r '"\(.from) \(.content)"' <<< "$OUT")"
    # The author's own proof is the same claim.
    same "by the author" "$(jq -S 'del(.to_list_body, .to_list_signature)' "$WORK/proof")" \
        "$(as alice export --proof "$(id_of alice "$text")" | jq -S 'del(.to_list_body, .to_list_signature)')"
    for part in body signature salt content list_body list_signature; do
        jq -c --arg part "$part" '.[$part] |= (if startswith("00") then "01" else "00" end) + .[2:]' \
            "$WORK/proof" > "$WORK/forged"
        expect 1 env -i HOME=/nowhere "$TACIT_BIN" export --check "$WORK/forged"
        same "what a forged $part says" "" "$OUT"
        expect 1 strangers_check < "$WORK/forged"
    done
done
ok "a proof holds for whoever checks it, and nothing in it can be changed"

expect 0 as alice send bob "meet me at the OLD Mühle"
as bob receive > /dev/null
expect 0 as bob search mühle
contains "what is found" "$OUT" "alice: meet me at the OLD Mühle"
same "in another conversation" "" "$(as bob search MÜHLE -g pals)"
same "with whom it is said, of one's own" 1 "$(as alice search mühle | grep -c 'alice (to bob): meet me')"
id=$(id_of alice "meet me at the OLD Mühle")
expect 0 as alice edit "$id" "meet me at the new Mühle"
as bob receive > /dev/null
same "the old wording" "" "$(as bob search 'old mühle')"
contains "the new one" "$(as bob search 'NEW MÜHLE')" "new Mühle"
expect 0 as alice delete "$id"
as bob receive > /dev/null
for name in alice bob; do
    same "what $name finds of it" "" "$(as $name search Mühle)"
    expect 4 as $name export --proof "$id"
done
ok "a search finds what stands, in any case"

for name in alice bob carol; do
    as "$name" receive > /dev/null
    expect 0 as "$name" --json history --verify
    same "the verdict of $name" '"sound"' "$(jq -c .verdict <<< "$OUT")"
    expect 0 as "$name" history -g pals --verify
    contains "and of the group" "$OUT" "verdict       sound"
done
expect 0 as alice --json history bob --verify
same "texts that were deleted" 2 "$(jq .disappeared <<< "$OUT")"
ok "what is kept is what was signed"

expect 4 as bob export --proof 00000000
expect 1 as bob export --check /dev/null
ok "what is not there proves nothing"

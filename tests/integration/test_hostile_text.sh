#!/usr/bin/env bash
# test_hostile_text.sh - what a peer writes never steers the terminal.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice bob
expect 0 as alice send bob "first"
as bob receive > /dev/null

# No byte of a control character but the line end, no bidirectional control
# (U+202A..E, U+2066..9, U+200E/F, U+061C), no line or paragraph separator.
tame() { # tame WHAT FILE
    local bad

    bad=$(LC_ALL=C grep -naP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c' \
        "$2" | cat -v) || true
    same "$1" "" "$bad"
}

HOSTILE=(
    $'\e[2J\e[31mred\e[0m'
    $'\e]0;title\a\e]52;c;ZXZpbA==\a'
    $'bell \a backspace \b\b\b delete \x7f return\rforged'
    $'c1 csi \xc2\x9b2J next line \xc2\x85 end'
    $'bidi \u202e\u0065\u0078\u0065.gpj\u202c and \u2066isolated\u2069 mark \u200f'
    $'separators \u2028 and \u2029 here'
    $'tab\there'
    $'one\n[2026-11-21 14:03:22] alice: forged line'
    $'one\n-- alice added mallory'
    $'\n\n\nlines before'
    $'a\r\nb\r\n[2026-11-21 14:03:22] bank: pay me'
)
for text in "${HOSTILE[@]}"; do
    printf '%s' "$text" > "$WORK/text"
    expect 0 as alice send bob < "$WORK/text"
done
as bob receive > "$WORK/receive" 2>&1
tame "receive" "$WORK/receive"
as bob history alice > "$WORK/history" 2>&1
tame "history" "$WORK/history"
as bob history --long alice > "$WORK/long" 2>&1
tame "history --long" "$WORK/long"
as alice history bob > "$WORK/own" 2>&1
tame "the sender's own history" "$WORK/own"
ok "no control and no bidirectional character is printed"

# Every line of the output begins a message, or is indented by four spaces.
same "lines that a text forged" "" \
    "$(grep -vE '^(\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\] alice: |    )' "$WORK/receive" || true)"
same "how many messages were shown" "${#HOSTILE[@]}" "$(grep -c '^\[' "$WORK/receive")"
same "notices" 0 "$(grep -c '^--' "$WORK/receive" || true)"
ok "no text looks like a line of somebody else"

as bob --json history alice --limit 1000 > "$WORK/json"
tame "JSON" "$WORK/json"
same "lines of JSON" $((${#HOSTILE[@]} + 1)) "$(wc -l < "$WORK/json")"
for i in "${!HOSTILE[@]}"; do
    got=$(jq -s --argjson at $((i + 1)) '.[$at].text' "$WORK/json")
    wanted=$(printf '%s' "${HOSTILE[$i]}" | jq -Rs .)
    same "text $i in JSON" "$wanted" "$got"
done
ok "JSON carries the text as it was sent, escaped"

# ---- Names ------------------------------------------------------------------

for name in $'evil\e[2J' $'two\nlines' $'\u202eback'; do
    expect 2 as alice group create "$name" bob
    expect 2 as alice contacts rename bob "$name"
    tame "the refusal of a name" "$WORK/err"
done
expect 0 as alice contacts rename bob 'Käthe & Söhne'
expect 2 as alice send $'no\e[2Jbody' hello
tame "the refusal of a recipient" "$WORK/err"
expect 0 as alice group create 'Straße 東京 ✓' bob
as bob receive > "$WORK/receive" 2>&1
tame "a notice" "$WORK/receive"
contains "the group's name" "$(as bob group list)" 'Straße 東京 ✓'
ok "names cannot hold such characters, and may hold any letters"

# A terminal with colour gets colour, and the text in it stays tame.
if command -v script > /dev/null; then
    expect 0 as alice send bob $'\e[5mblink'
    TERM=xterm script -qec "'$TACIT_BIN' --home '$(home_of bob)' history alice" \
        /dev/null < /dev/null > "$WORK/tty"
    lacks "output on a terminal" "$(cat "$WORK/tty")" $'\e[5m'
    lacks "output on a terminal" "$(cat "$WORK/tty")" $'\e[2J'
    contains "output on a terminal" "$(cat "$WORK/tty")" $'\e['
    NO_COLOR=1 TERM=xterm script -qec \
        "'$TACIT_BIN' --home '$(home_of bob)' history alice" \
        /dev/null < /dev/null > "$WORK/tty"
    lacks "output with NO_COLOR" "$(cat "$WORK/tty")" $'\e['
    ok "colour on a terminal only, and only ours"
fi

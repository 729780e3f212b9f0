#!/usr/bin/env bash
# test_readme.sh - the README's first conversation works as it stands there.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

README=$(dirname "${BASH_SOURCE[0]}")/../../README.md
sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$README" > "$WORK/commands"
[ "$(wc -l < "$WORK/commands")" -gt 20 ] || fail "the README has no commands"

# A checkout as ./run build leaves it.
mkdir -p "$WORK/checkout/build/release/bin" "$WORK/tmp"
ln -s "$TACIT_BIN" "$WORK/checkout/build/release/bin/tacit"
ln -s "$TACIT_RELAY_BIN" "$WORK/checkout/build/release/bin/tacit-relay"

# Pasted into a shell, line after line; here a line that fails ends it.
if ! (cd "$WORK/checkout" && TMPDIR=$WORK/tmp timeout 120 \
    bash -e "$WORK/commands" > "$WORK/out" 2> "$WORK/err" < /dev/null); then
    fail "the README's commands fail: $(cat "$WORK/out" "$WORK/err")"
fi
OUT=$(cat "$WORK/out")
contains "what bob receives" "$OUT" "alice: Hello Bob!"
contains "what alice receives" "$OUT" "bob: Hello Alice!"
contains "the group" "$OUT" "friends/bob: Hello friends!"
same "how often alice sees bob's answer" 2 "$(grep -c 'Hello Alice!' <<< "$OUT")"
same "how often alice sees the group" 2 "$(grep -c 'Hello friends!' <<< "$OUT")"
digits=$(grep -E '^    [0-9]{5}( [0-9]{5}){3}$' <<< "$OUT")
same "lines of safety numbers" 6 "$(wc -l <<< "$digits")"
same "both numbers" "$(head -n 3 <<< "$digits")" "$(tail -n 3 <<< "$digits")"
lacks "what is said" "$(cat "$WORK/err")" "not in this release"
relay_has_gone() {
    ! grep -lsaF "$WORK/tmp" /proc/[0-9]*/cmdline | grep -qv "/proc/self/"
}
until_true 20 relay_has_gone
ok "the README's first conversation"

# Whatever the README links to inside the checkout is there.
root=$(dirname "$README")
while read -r target; do
    [ -e "$root/$target" ] || fail "the README links to $target, which is missing"
done < <(grep -o '](\([^)#]*\))' "$README" | sed 's/](\(.*\))/\1/' | grep -v '://')
ok "the README's links"

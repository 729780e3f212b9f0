#!/usr/bin/env bash
# What is installed is whole: the programs start, the manuals are there, and a
# program of a stranger builds against libtacit.
set -euo pipefail

build=$(dirname "$TACIT_BIN")/..
if grep -qE '^TACIT_(SANITIZE:STRING=.+|COVERAGE:BOOL=ON)' "$build/CMakeCache.txt"; then
    echo "instrumented libraries are not for strangers"
    exit 77
fi
WORK=$(mktemp -d "${TMPDIR:-/tmp}/tacit-test.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

cmake --install "$build" --prefix "$WORK/tacit" > "$WORK/log" 2>&1 ||
    { cat "$WORK/log"; exit 1; }
root=$WORK/tacit

fail() {
    printf 'not ok - %s\n' "$*" >&2
    (cd "$root" && find . -type f | sort) >&2
    exit 1
}

"$root/bin/tacit" --version > /dev/null || fail "tacit starts"
"$root/bin/tacit-relay" --version > /dev/null || fail "tacit-relay starts"
for page in man1/tacit.1 man5/tacit-relay.conf.5 man8/tacit-relay.8; do
    [ -s "$root/share/man/$page" ] || fail "$page is installed"
done
for file in bash-completion/completions/tacit zsh/site-functions/_tacit \
    fish/vendor_completions.d/tacit.fish \
    bash-completion/completions/tacit-relay zsh/site-functions/_tacit-relay \
    fish/vendor_completions.d/tacit-relay.fish; do
    [ -s "$root/share/$file" ] || fail "$file is installed"
done
for page in README.md LICENSE; do
    [ -s "$root/share/doc/tacit/$page" ] || fail "$page is installed"
done
[ -z "$(find "$root" -name '*hook*' -o -name 'test_*' -o -name '*cmocka*')" ] ||
    fail "nothing of the tests is installed"

cat > "$WORK/hello.c" << 'EOF'
#include <stdio.h>
#include <tacit.h>

int
main(int argc, char **argv)
{
	struct tacit_options options = { .dir = argv[argc - 1] };
	struct tacit_error e;
	struct tacit *t = NULL;

	if (tacit_open(&options, &t, &e) != TACIT_NOT_FOUND)
		return 1;
	puts(tacit_version());
	return 0;
}
EOF
pc=$(find "$root" -name tacit.pc)
[ -n "$pc" ] || fail "tacit.pc is installed"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# Words of pkg-config are meant to be split.
# shellcheck disable=SC2046
"${CC:-cc}" -Wall -Werror -o "$WORK/hello" "$WORK/hello.c" \
    $(pkg-config --cflags --libs tacit) || fail "a program links libtacit"
[ "$("$WORK/hello" "$WORK/nothing")" = "$(pkg-config --modversion tacit)" ] ||
    fail "a program calls libtacit"
echo "ok - installed, and a stranger's program runs"

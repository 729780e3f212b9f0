#!/usr/bin/env bash
# The files for systemd are installed where it looks, and it takes them.
set -euo pipefail

build=$(dirname "$TACIT_RELAY_BIN")/..
WORK=$(mktemp -d "${TMPDIR:-/tmp}/tacit-test.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

cmake --install "$build" --prefix "$WORK/root" > "$WORK/log" 2>&1 ||
    { cat "$WORK/log"; exit 1; }
units=$WORK/root/lib/systemd/system
for file in systemd/system/tacit-relay.service systemd/system/tacit-relay.socket \
    sysusers.d/tacit-relay.conf tmpfiles.d/tacit-relay.conf; do
    [ -s "$WORK/root/lib/$file" ] || fail "$file is not installed"
done
! grep -q '@' <(grep -v '^SystemCallFilter' "$units/tacit-relay.service") ||
    fail "a place in the unit was not filled in"
echo "ok  installed"

if ! command -v systemd-analyze > /dev/null; then
    echo "SKIPPED: no systemd here to take them"
    exit 77
fi
# The program of this build, in place of the one that would be installed.
sed -i "s|^ExecStart=[^ ]*|ExecStart=$TACIT_RELAY_BIN|" \
    "$units/tacit-relay.service"
systemd-analyze verify --man=no "$units/tacit-relay.service" \
    "$units/tacit-relay.socket" > "$WORK/verify" 2>&1 ||
    fail "verify: $(cat "$WORK/verify")"
! grep -F tacit-relay "$WORK/verify" || fail "systemd complains"
echo "ok  the units are understood"

if systemd-analyze security --help 2> /dev/null | grep -q -- --offline; then
    systemd-analyze security --offline=true --threshold=20 --no-pager \
        "$units/tacit-relay.service" > "$WORK/security" 2>&1 ||
        fail "exposed: $(tail -n 3 "$WORK/security")"
    tail -n 1 "$WORK/security"
    echo "ok  systemd finds little that is exposed"
fi

if command -v systemd-sysusers > /dev/null; then
    mkdir -p "$WORK/system/etc"
    systemd-sysusers --root="$WORK/system" \
        "$WORK/root/lib/sysusers.d/tacit-relay.conf" > "$WORK/users" 2>&1 ||
        fail "sysusers: $(cat "$WORK/users")"
    grep -q '^tacit-relay:' "$WORK/system/etc/passwd" || fail "no user is made"
    echo "ok  the user is made"
fi

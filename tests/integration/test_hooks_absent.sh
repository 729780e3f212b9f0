#!/usr/bin/env bash
# The programs we ship hold no hook that kills; the hooked ones do, or this
# test would say nothing.
set -euo pipefail

# has_hook PROGRAM - by its symbols, and by its words if it was stripped
has_hook() {
    nm "$1" 2>/dev/null | grep -q hook_kill ||
        grep -qaE 'TACIT_HOOK(_COUNT)?' "$1"
}

# installed PATTERN - the build's install rules name it
installed() {
    grep -rqs --include=cmake_install.cmake -- "$1" "$(dirname "$TACIT_BIN")/.."
}

for program in "$TACIT_HOOKED" "$TACIT_RELAY_HOOKED"; do
    has_hook "$program" || { echo "$program has no hook"; exit 1; }
done
for program in "$TACIT_BIN" "$TACIT_RELAY_BIN"; do
    if has_hook "$program"; then
        echo "$program holds a hook"
        exit 1
    fi
done
if ! installed tacit-relay || installed hooked; then
    echo "the install rules name a hooked program"
    exit 1
fi
echo "no hook in tacit and tacit-relay"

#!/usr/bin/env bash
# tacit-relay backup, beside a relay that serves and of one that does not.
. "$(dirname "$0")/../support/cluster.sh"

relay() { # relay COMMAND [ARGUMENT...]
    local command=$1

    shift
    "$TACIT_RELAY_BIN" "$command" --data "$RELAY_DIR" "$@"
}

# hash_of FILE - as it stands in backup.json
hash_of() {
    b2sum -l 256 "$1" | cut -d ' ' -f 1
}

# whole DIR - is what backup.json says of it
whole() {
    local name bytes hash

    while read -r name bytes hash; do
        same "length of $name" "$bytes" "$(stat -c %s "$1/$name")"
        same "hash of $name" "$hash" "$(hash_of "$1/$name")"
    done < <(jq -r '.files[] | "\(.name) \(.bytes) \(.hash)"' \
        "$1/backup.json")
    same "files of $1" "$(cd "$1" && find . -type f | sort)" "$({
        echo ./backup.json
        jq -r '"./" + .files[].name' "$1/backup.json"
    } | sort)"
    same "nobody else reads $1" "" "$(find "$1" -perm /077)"
}

expect 1 relay backup "$WORK/none"
[ ! -e "$WORK/none" ] || fail "a directory was made for nothing"
start_relay --mailbox-items 5000
user alice bob
as alice send bob "before the backup" > /dev/null

# ---- Beside a serving relay -------------------------------------------------

expect 2 relay backup
expect 2 relay backup "$WORK/b" --rate 0
expect 2 relay backup "$WORK/b" --rate fast
umask 022
mkdir "$WORK/b"
same "backup" "$(grep -m1 '"type":"backup","dir"' \
    "$(dirname "$0")/../../docs/json.md" | jq -c keys_unsorted)" \
    "$(relay backup "$WORK/b" --json | jq -c keys_unsorted)"
whole "$WORK/b"
for key in identity.key identity.crt tls.key tls.crt relay.state; do
    cmp "$RELAY_DIR/$key" "$WORK/b/$key" || fail "$key is another"
done
expect 11 relay backup "$WORK/b"
echo "mailbox_items = 4000" > "$RELAY_DIR/relay.conf"
expect 0 relay backup "$WORK/new/deep/c" --rate 1000
whole "$WORK/new/deep/c"
cmp "$RELAY_DIR/relay.conf" "$WORK/new/deep/c/relay.conf"
as alice send bob "while it goes on" > /dev/null
ok "a backup beside a serving relay"

# ---- Without one ------------------------------------------------------------

stop_relay
expect 0 relay backup "$WORK/d"
contains "a warning" "$OUT" "Whoever has them is this relay"
whole "$WORK/d"
ok "a backup of a relay that does not serve"

# ---- It cannot be finished --------------------------------------------------

(
    ulimit -f 8 # KiB, less than the database takes
    ! relay backup "$WORK/e" 2> /dev/null
) || fail "a backup without room was called done"
[ ! -e "$WORK/e/backup.json" ] || fail "half a backup was called complete"
[ -e "$WORK/e/identity.key" ] || fail "that test did not reach its point"
mkdir -m 555 "$WORK/f"
if [ "$(id -u)" -ne 0 ]; then
    expect 1 relay backup "$WORK/f/g"
fi
ok "what could not be finished is not complete"

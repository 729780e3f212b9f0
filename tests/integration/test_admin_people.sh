#!/usr/bin/env bash
# tacit-relay invite and users, while the relay serves and while it does not.
. "$(dirname "$0")/../support/cluster.sh"

relay() { # relay COMMAND [ARGUMENT...]
    local command=$1

    shift
    "$TACIT_RELAY_BIN" "$command" --data "$RELAY_DIR" "$@"
}

# json FILTER COMMAND... - what jq makes of its objects
json() {
    local filter=$1

    shift
    relay "$@" --json | jq -rc "$filter"
}

# shape NAME - the members of that type in docs/json.md, in order
shape() {
    grep -m1 "^{\"type\":\"$1\"" "$(dirname "$0")/../../docs/json.md" |
        jq -c 'keys_unsorted'
}

expect 1 relay users
expect 1 relay invite list
start_relay --join code

# both WHAT - once while it serves, once while it does not
both() {
    "$1"
    stop_relay
    "$1"
    start_relay --join code
}

# ---- Invitations ------------------------------------------------------------

same "none" "" "$(json . invite list)"
made=$(relay invite --json --uses 2 --label "friends
of mine" --expires 7d)
FRIENDS=$(jq -r .link <<< "$made")
LINK=$FRIENDS
id=$(jq -r .id <<< "$made")
same "shape of invite" "$(shape invite)" "$(jq -c keys_unsorted <<< "$made")"
same "shape of invite-item" "$(shape invite-item)" \
    "$(json keys_unsorted invite list)"
user alice
listed() {
    same "invite list" "$id 1 1 friends
of mine" "$(json '"\(.id) \(.used) \(.uses_left) \(.label)"' invite list)"
    expect 0 relay invite list
    contains "for people" "$OUT" "friends?of mine"
    expect 2 relay invite list --uses 3
    expect 2 relay invite list extra
    expect 2 relay invite dance
    expect 2 relay invite revoke
    expect 2 relay invite revoke 12
    expect 2 relay invite revoke nothex12
    expect 2 relay invite revoke 123456789
    expect 4 relay invite revoke "$(printf '%x' $((0xf ^ 0x${id:0:1})))${id:1}"
    expect 2 relay invite --label "$(printf '\xff\xfe')"
}
both listed
LINK=$FRIENDS
user bob
same "used up" "2 0" "$(json '"\(.used) \(.uses_left)"' invite list)"
OTHER=$(relay invite)
other() {
    json 'select(.label == "") | .id' invite list
}
expect 0 relay invite revoke "$(other)"
same "one is left" "$id" "$(json .id invite list)"
expect 7 as carol --quiet register carol --relay "$OTHER" --no-passphrase
echo "room-password" > "$WORK/code"
relay invite --code-file "$WORK/code" > /dev/null
stop_relay
ROOM=$(relay invite --code-file "$WORK/code") # it is the same one
expect 0 relay invite revoke "$id"
start_relay --join code
same "one code" "null 0" "$(json '"\(.uses_left) \(.used)"' invite list)"
LINK=$ROOM
user carol
ok "invitations are listed and revoked"

# ---- Accounts ---------------------------------------------------------------

for i in 1 2 3; do
    as alice send bob "message $i" > /dev/null
done
today=$(date -u +%F)
people() {
    same "users" "alice 1 0 true
bob 1 3 true
carol 1 0 true" "$(json '"\(.name) \(.devices) \(.queued) \(.last_seen ==
        "'"$today"'" or .last_seen == "'"$(date -u +%F)"'")"' users)"
    same "users list" "$(relay users --json)" "$(relay users list --json)"
    same "by which invitation" "$id
$id" "$(json .invite users | head -n 2)"
    same "show" bob "$(json .name users show bob)"
    same "shape of user" "$(shape user)" "$(json keys_unsorted users show bob)"
    expect 4 relay users show aaron
    expect 4 relay users show zoe
    expect 4 relay users suspend zoe
    expect 4 relay users remove zoe --yes
    expect 4 relay users free alice
    expect 2 relay users show "Not A Name"
    expect 2 relay users show
    expect 2 relay users list alice
    expect 2 relay users dance
    expect 2 relay users remove bob < /dev/null
    contains "not asked" "$ERR" "--yes"
    expect 0 relay users
    contains "for people" "$OUT" "bob "
}
both people
ok "accounts are listed"

follow bob "$WORK/bob"
until_true 30 grep -q "message 3" "$WORK/bob"
expect 0 relay users suspend bob
expect 0 relay users suspend bob # is so already
nobody_is_connected() {
    [ "$(json .sessions stats)" = 0 ]
}
until_true 30 nobody_is_connected
stop_follow
as alice send bob "while suspended" > /dev/null
expect 7 as bob receive
suspended() {
    same "suspended" "operator 1" \
        "$(json '"\(.suspended) \(.queued)"' users show bob)"
}
both suspended
same "resume" '{"type":"done","command":"users","verb":"resume","name":"bob"}' \
    "$(relay users resume bob --json)"
same "resumed" null "$(json .suspended users show bob)"
same "its mail" "while suspended" "$(received bob)"
ok "a suspended account cannot connect, and gets its mail afterwards"

as alice send bob "never seen" > /dev/null
expect 0 relay users remove bob --yes
expect 4 relay users show bob
expect 7 as bob receive
expect 11 as bob2 --quiet register bob --relay "$ROOM" --no-passphrase
gone() {
    same "removed" "bob operator" "$(json '"\(.name) \(.by)"' users removed)"
    same "shape" "$(shape removed-user)" "$(json keys_unsorted users removed)"
}
both gone
expect 0 relay users free bob
expect 4 relay users free bob
same "freed" "" "$(json .name users removed)"
as bob2 --quiet register bob --relay "$ROOM" --no-passphrase
same "another one" "0" "$(json .queued users show bob)"
stop_relay
relay users remove bob --yes > /dev/null
relay users free bob > /dev/null
same "who is left" "alice carol" "$(json .name users | xargs)"
start_relay --join code
ok "a removed account is gone, and its name kept until it is freed"

# Pages: more than one of them.
python3 - "$RELAY_DIR/admin.sock" << 'END'
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
answers = s.makefile()
for i in range(300):
    s.sendall(json.dumps({
        "command": "invite", "action": "put", "code_hash": f"{i:064x}",
        "uses": 1, "expires_ms": 0, "label": f"{i}"}).encode() + b"\n")
    assert json.loads(answers.readline())["type"] == "stored"
    assert json.loads(answers.readline())["type"] == "end"
END
same "all of them" 301 "$(json .label invite list | sort -u | wc -l)"
expect 2 relay invite revoke 00000000
contains "not one alone" "$ERR" "several"
ok "long lists come whole"

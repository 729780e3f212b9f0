#!/usr/bin/env bash
# tacit-relay doctor: what is well, and what it says of what is not.
. "$(dirname "$0")/../support/cluster.sh"

doctor() { # its verdicts on what is not well
    "$TACIT_RELAY_BIN" doctor --data "$RELAY_DIR" --json > "$WORK/verdicts" ||
        true
    jq -r 'select(.verdict == "failed" or .verdict == "warning")
        | .verdict + " " + .step' "$WORK/verdicts"
}

says() { # says STEP - the message
    jq -r --arg step "$1" 'select(.step == $step) | .message' "$WORK/verdicts"
}

expect 1 "$TACIT_RELAY_BIN" doctor --data "$RELAY_DIR"
start_relay
user alice bob
as alice group create friends bob > /dev/null
as alice send bob "well" > /dev/null
same "beside a serving relay" "" "$(doctor)"
same "it asks" "it serves" "$(says relay)"
same "every table" "accounts chains cursors entries invites prekeys removed streams" \
    "$(jq -r 'select(.message | endswith("rows")) | .step' "$WORK/verdicts" |
        sort | xargs)"
same "members" "$(grep -m1 '"step":"accounts"' \
    "$(dirname "$0")/../../docs/json.md" | jq -c keys_unsorted)" \
    "$(head -n 1 "$WORK/verdicts" | jq -c keys_unsorted)"
expect 0 "$TACIT_RELAY_BIN" doctor --data "$RELAY_DIR"
contains "for people" "$OUT" "ok       accounts    2 rows"
stop_relay
same "without one" "" "$(doctor)"
same "it says so" "none is serving" "$(says relay)"
contains "the log" "$(says log)" "messages, whole"
ok "a relay that is well"

chmod 644 "$RELAY_DIR/identity.key"
same "a key for all" "failed files" "$(doctor)"
contains "which" "$(says files)" "identity.key is open to other users"
chmod 600 "$RELAY_DIR/identity.key"
echo "mailbox_items = none" > "$RELAY_DIR/relay.conf"
same "a mistake" "failed settings" "$(doctor)"
contains "where" "$(says settings)" "relay.conf:1"
rm "$RELAY_DIR/relay.conf"
cp -r "$RELAY_DIR" "$WORK/copy"
openssl ecparam -name prime256v1 -genkey -noout -out "$RELAY_DIR/tls.key"
same "another key" "failed keys" "$(doctor)"
same "which" "tls.crt is of another key" "$(says keys)"
cp "$WORK/copy/tls.key" "$RELAY_DIR/tls.key"
cp "$WORK/copy/identity.crt" "$RELAY_DIR/tls.crt"
same "another certificate" "failed keys" "$(doctor)"
cp "$WORK/copy/tls.crt" "$RELAY_DIR/tls.crt"
openssl req -x509 -newkey ed25519 -nodes -keyout "$WORK/ca.key" \
    -out "$WORK/ca.crt" -subj /CN=test -days 3 2> /dev/null
printf 'host = localhost\ntls_cert = %s\ntls_key = %s\n' "$WORK/ca.crt" "$WORK/ca.key" \
    > "$RELAY_DIR/relay.conf"
same "about to end" "warning certificate" "$(doctor)"
expect 0 "$TACIT_RELAY_BIN" doctor --data "$RELAY_DIR"
rm "$RELAY_DIR/relay.conf"
log=$(grep -l -a -m1 TSEG "$RELAY_DIR"/store/log/* | head -n 1)
printf 'garbage' | dd of="$log" bs=1 seek=4200 conv=notrunc 2> /dev/null
same "a damaged segment" "failed log" "$(doctor)"
contains "how much" "$(says log)" "1 segments of"
printf 'garbage' | dd of="$log" bs=1 seek=0 conv=notrunc 2> /dev/null
same "a damaged file" "failed log" "$(doctor)"
contains "how much" "$(says log)" "1 files of"
printf 'garbage' | dd of="$RELAY_DIR/store/data.mdb" bs=1 seek=16 \
    conv=notrunc 2> /dev/null
printf 'garbage' | dd of="$RELAY_DIR/store/data.mdb" bs=1 seek=4112 \
    conv=notrunc 2> /dev/null
same "no database" "failed database" "$(doctor)"
ok "what is not well is named"

#!/usr/bin/env bash
# A relay whose certificate an authority issued: links without a pin, links with
# one beside them, and renewal while people are connected.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "$0")/../support/cluster.sh"

command -v openssl > /dev/null || skip "openssl is not installed"
getent ahostsv4 localhost > /dev/null || skip "localhost has no address here"

tls() {
    openssl "$@" 2>> "$WORK/openssl.err"
}

# issue SERIAL NAME - a key and a certificate, by the authority, for NAME
issue() {
    tls req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -subj "/CN=$2" -keyout "$WORK/new.key" -out "$WORK/new.csr"
    printf 'subjectAltName=DNS:%s\n' "$2" > "$WORK/san"
    tls x509 -req -in "$WORK/new.csr" -CA "$WORK/ca.crt" -CAkey "$WORK/ca.key" \
        -set_serial "$1" -days 2 -extfile "$WORK/san" -out "$WORK/new.crt"
}

install_pair() {
    mv "$WORK/new.key" "$WORK/certs/relay.key"
    mv "$WORK/new.crt" "$WORK/certs/relay.crt"
}

# serial_shown - which certificate who asks for localhost is shown
serial_shown() {
    tls s_client -connect "$RELAY_LISTEN" -servername localhost \
        -alpn tacit/1 < /dev/null | tls x509 -noout -serial
}

shows_serial() {
    [ "$(serial_shown)" = "serial=$1" ]
}

log_has() {
    grep -q "$1" "$RELAY_DIR.err"
}

mkdir "$WORK/certs"
tls req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj '/CN=An authority of this test' \
    -keyout "$WORK/ca.key" -out "$WORK/ca.crt"
issue 0x11 localhost
install_pair

start_relay
PORT=${RELAY_LISTEN##*:}
PINNED=$LINK
user alice
as alice check "$PINNED" > /dev/null
stop_relay
ok "somebody came with a pinned link, before there was a certificate"

expect 2 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" \
    --tls-cert "$WORK/certs/relay.crt" --host localhost
contains "half a pair" "$ERR" "belong together"
expect 2 "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" --host 127.0.0.1 \
    --tls-cert "$WORK/certs/relay.crt" --tls-key "$WORK/certs/relay.key"
contains "a certificate for an address" "$ERR" "--host NAME"

cat > "$RELAY_DIR/relay.conf" << END
host = localhost:$PORT
tls_cert = $WORK/certs/relay.crt
tls_key = $WORK/certs/relay.key
tls_check = 1s
END
start_relay
same "the link" "tacit://localhost:$PORT/" "$LINK"
same "the link later" "$LINK" "$("$TACIT_RELAY_BIN" link --data "$RELAY_DIR")"
same "the certificate" "serial=11" "$(serial_shown)"

expect 3 user mallory
export SSL_CERT_FILE=$WORK/ca.crt
user bob
as bob check "$LINK" > /dev/null
unset SSL_CERT_FILE
expect 3 as bob check "$LINK"
expect 3 as bob receive
ok "a link without a pin is believed by who trusts the authority alone"

as alice check "$PINNED" > /dev/null
as alice receive > /dev/null
ok "a pinned link goes on working beside it"

# ---- Renewal while connected ------------------------------------------------

follow alice "$WORK/follow"
export SSL_CERT_FILE=$WORK/ca.crt
as bob send alice before > /dev/null
until_true 20 grep -q before "$WORK/follow"
issue 0x22 localhost
install_pair
until_true 20 shows_serial 22
log_has 'certificate renewed=1' || fail "a renewal is logged"
as bob send alice after > /dev/null
until_true 20 grep -q after "$WORK/follow"
lacks "the follower" "$(cat "$WORK/follow.err")" "again"
ok "a renewed certificate is taken, and who is connected stays so"

echo rubbish > "$WORK/certs/relay.crt"
until_true 20 log_has 'certificate refused=1'
same "the certificate" "serial=22" "$(serial_shown)"
kill -HUP "$RELAY_PID"
until_true 20 log_has 'reload refused='
same "the certificate" "serial=22" "$(serial_shown)"
issue 0x33 localhost
install_pair
kill -HUP "$RELAY_PID"
until_true 20 shows_serial 33
as bob send alice last > /dev/null
until_true 20 grep -q last "$WORK/follow"
ok "a broken one is refused, the one before stays, the next one is taken"

stop_follow
stop_relay

# ---- And back ---------------------------------------------------------------

printf 'link_pin = yes\n' >> "$RELAY_DIR/relay.conf"
start_relay
same "a link with a pin" "${PINNED#*#}" "${LINK#*#}"
as alice receive > /dev/null
as bob receive > /dev/null
ok "links have a pin again where the operator wants it"

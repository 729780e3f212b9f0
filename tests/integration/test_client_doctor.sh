#!/usr/bin/env bash
# test_client_doctor.sh - what is wrong with a profile is told, and mended, with
# the real programs.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice bob
as alice group create friends bob
as alice send bob "hello"
as bob --quiet receive > /dev/null

verdict_of() { # verdict_of STEP - in what OUT says
    jq -r "select(.step == \"$1\") | .verdict" <<< "$OUT"
}

expect 0 as alice --json doctor
same "all of it" "ok" "$(jq -r .verdict <<< "$OUT" | sort -u)"
for step in files disk profile keys records "history indexes" counters account \
    outbox groups dns tcp pin protocol clock login copy prekeys; do
    same "$step" ok "$(verdict_of "$step")"
done
expect 0 as alice doctor --check
contains "for people" "$OUT" "The relay knows this device."
ok "a profile that is well is called well"

chmod 0644 "$(home_of alice)/keys"
expect 9 as alice --json doctor --check
same "a file that others can read" failed "$(verdict_of files)"
same "and nothing was done" 644 "$(stat -c %a "$(home_of alice)/keys")"
expect 0 as alice --json doctor
same "now they cannot" mended "$(verdict_of files)"
same "the file" 600 "$(stat -c %a "$(home_of alice)/keys")"
ok "what others can reach is closed"

stop_relay
# Nothing is wrong with the profile itself.
expect 3 as alice --json doctor
same "nobody answers" failed "$(verdict_of tcp)"
same "what was not tried" skipped "$(verdict_of login)"
chmod 0644 "$(home_of alice)/keys"
expect 9 as alice --json doctor --check
expect 3 as alice --json doctor
start_relay --log-level warn
ok "a relay that does not answer is told"

head -c 100 /dev/urandom > "$(home_of bob)/keys"
expect 9 as bob --json doctor
contains "what is damaged" "$OUT$ERR" "damaged"
expect 4 as nobody doctor
same "nothing is said of what is not there" "" "$OUT"
ok "damaged keys are named; no profile is none"

# ---- A file that ends whoever reads it ---------------------------------------

data=$(home_of alice)/data.mdb
cp "$data" "$WORK/whole"
truncate -s 16384 "$data"
expect 9 as alice --json doctor --repair
same "a database that is cut short" failed "$(verdict_of profile)"
expect 9 as alice send bob "into the void" --queue
contains "why" "$ERR" "tacit doctor"
cp "$WORK/whole" "$data"
expect 0 as alice --json doctor
ok "a database that is cut short is named, and ends nothing by a signal"

#!/usr/bin/env bash
# test_power_cut.sh - the relay's disk at its worst: the power goes, a sync
# fails, room runs out.  Needs loop devices and mount; skipped without.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

# In a mount namespace of its own nothing is left mounted, whatever happens.
if [ -z "${TACIT_TEST_UNSHARED:-}" ]; then
    unshare -m true 2> /dev/null || skip "no mount namespace can be made here"
    code=0
    TACIT_TEST_UNSHARED=1 unshare -m bash "${BASH_SOURCE[0]}" || code=$?
    exit "$code"
fi
export PATH=$PATH:/usr/sbin:/sbin

CUTS=6
DISK=$WORK/disk
WRITERS=()

leave() {
    local status=$?

    trap - ERR
    set +e
    kill "${WRITERS[@]}" 2> /dev/null
    umount -l "$DISK" "$WORK/copy" 2> /dev/null
    (exit "$status")
    cluster_end
}
trap leave EXIT

# make_disk MEGABYTES - an empty file system in a file, mounted on $DISK.  Its
# journal is not committed by the clock: what is not synced stays unwritten.
make_disk() {
    truncate -s "${1}M" "$WORK/disk.img"
    mkfs.ext4 -q -F "$WORK/disk.img" 2> /dev/null || skip "no mkfs.ext4 here"
    mkdir -p "$DISK"
    mount -o loop,commit=300 "$WORK/disk.img" "$DISK" 2> /dev/null ||
        skip "a file cannot be mounted here"
}

# write_on NAME - one message after the other, noted once it was acknowledged.
# Each line of the notes: when the command began, its text.
write_on() {
    local name=$1 n=0 began

    : > "$WORK/acked.$name"
    while [ ! -e "$WORK/enough" ]; do
        n=$((n + 1))
        began=$EPOCHREALTIME
        if as "$name" --quiet send bob "$name $n" < /dev/null 2> /dev/null
        then
            echo "$began $name $n" >> "$WORK/acked.$name"
        fi
    done
}

# stream_on NAME - the same with one command and many messages in a commit.
stream_on() {
    local name=$1 n=0

    : > "$WORK/acked.$name"
    while [ ! -e "$WORK/enough" ]; do
        n=$((n + 1))
        echo "$name $n"
        [ $((n % 20)) -ne 0 ] || sleep 0.01
    done | as "$name" --json send bob --lines 2> /dev/null |
        jq --unbuffered -r 'select(.state == "stored") | .id' \
            >> "$WORK/acked.$name" || true
}

start_writers() {
    local name

    rm -f "$WORK/enough"
    WRITERS=()
    for name in alice carol; do
        write_on "$name" &
        WRITERS+=("$!")
        own_pid "$!"
    done
    stream_on dave &
    WRITERS+=("$!")
    own_pid "$!"
}

end_writers() {
    local pid

    touch "$WORK/enough"
    for pid in "${WRITERS[@]}"; do
        wait "$pid" || true
        forget_pid "$pid"
    done
    WRITERS=()
}

some_were_acked() { # some_were_acked COUNT
    [ "$(cat "$WORK"/acked.alice "$WORK"/acked.dave | wc -l)" -ge "$1" ]
}

# check_bob ACKED... - what those notes hold is in bob's history exactly once,
# and nothing else is there twice.
check_bob() {
    local name line

    : > "$WORK/texts"
    for name in alice carol dave; do
        as bob --json history "$name" --limit 1000000 >> "$WORK/texts"
    done
    jq -r 'select(.type == "message") | .text' "$WORK/texts" \
        > "$WORK/bob.texts"
    jq -r 'select(.type == "message") | .id' "$WORK/texts" > "$WORK/bob.ids"
    same "texts that came twice" "" "$(sort "$WORK/bob.texts" | uniq -d)"
    for name in alice carol; do
        cut -d' ' -f2- "$1.$name" | sort > "$WORK/wanted"
        same "acknowledged and lost" "" \
            "$(sort "$WORK/bob.texts" | comm -13 - "$WORK/wanted")"
        line=$(grep "^$name " "$WORK/bob.texts" || true)
        same "the order of $name" "$(sort -k2n <<< "$line")" "$line"
    done
    sort "$1.dave" > "$WORK/wanted"
    same "acknowledged to dave and lost" "" \
        "$(sort "$WORK/bob.ids" | comm -13 - "$WORK/wanted")"
}

# ---- The power goes ---------------------------------------------------------

make_disk 64
RELAY_DIR=$DISK/relay
start_relay --log-level warn --disk-reserve-mib 0
user alice bob carol dave
for name in alice carol dave; do
    as "$name" --quiet send bob "$name 0"
done
as bob --quiet receive > /dev/null
cp -r "$(home_of bob)" "$WORK/bob.before"

start_writers
for cut in $(seq "$CUTS"); do
    until_true 60 some_were_acked $((cut * 30))
    sleep "0.0$((RANDOM % 9))"
    echo "not synced" > "$DISK/unsynced.$cut"
    # What was noted by now has to be in the copy.  The relay stands still
    # meanwhile, so that the copy is of one instant.
    for name in alice carol dave; do
        cp "$WORK/acked.$name" "$WORK/cut.$cut.$name"
    done
    kill -STOP "$RELAY_PID"
    cp --sparse=always "$WORK/disk.img" "$WORK/cut.$cut.img"
    kill -CONT "$RELAY_PID"
done
end_writers
kill -KILL "$RELAY_PID"
wait "$RELAY_PID" 2> /dev/null || true
forget_pid "$RELAY_PID"
umount "$DISK"
ok "$CUTS copies of the relay's disk, taken under load"

mkdir "$WORK/copy"
for cut in $(seq "$CUTS"); do
    mount -o loop "$WORK/cut.$cut.img" "$WORK/copy"
    # Or this would be no power cut at all.
    [ ! -s "$WORK/copy/unsynced.$cut" ] || fail "unsynced data is in the copy"
    rm -rf "$(home_of bob)"
    cp -r "$WORK/bob.before" "$(home_of bob)"
    RELAY_DIR=$WORK/copy/relay
    start_relay --log-level warn --disk-reserve-mib 0
    as bob --quiet receive > /dev/null
    check_bob "$WORK/cut.$cut"
    # Work goes on with a relay that has forgotten what it never acknowledged.
    expect 0 as bob --quiet send carol "power $cut"
    stop_relay
    umount "$WORK/copy"
    ok "power cut $cut: $(wc -l < "$WORK/bob.texts") messages," \
        "$(cat "$WORK/cut.$cut".{alice,carol,dave} | wc -l) acknowledged"
    rm "$WORK/cut.$cut.img"
done

# ---- A sync fails -----------------------------------------------------------

if ! strace -o /dev/null true 2> /dev/null; then
    ok "strace does not work here: failing syncs are left out"
else
    for when in 25 60; do
        RELAY_DIR=$WORK/eio.$when
        rm -rf "$WORK/users"
        RELAY_LISTEN=
        start_relay --log-level error --disk-reserve-mib 0
        user alice bob carol dave
        for name in alice carol dave; do
            as "$name" --quiet send bob "$name 0"
        done
        as bob --quiet receive > /dev/null
        stop_relay
        strace -f -qq -ttt -o "$WORK/strace" -e trace=fdatasync,msync,fsync \
            -e inject="fdatasync,msync,fsync:error=EIO:when=$when+" \
            "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" \
            --listen "$RELAY_LISTEN" --sandbox no --disk-reserve-mib 0 \
            > "$RELAY_DIR.out" 2>> "$RELAY_DIR.err" &
        RELAY_PID=$!
        own_pid "$RELAY_PID"
        until_true 60 grep -qx ready "$RELAY_DIR.out"
        start_writers
        until_true 60 grep -q EIO "$WORK/strace"
        until_true 60 is_gone "$RELAY_PID"
        code=0
        wait "$RELAY_PID" || code=$?
        forget_pid "$RELAY_PID"
        [ "$code" -ne 0 ] || fail "a relay whose disk fails ends with 0"
        sleep 0.2
        end_writers
        failed=$(awk '/EIO/ { print $2; exit }' "$WORK/strace")
        same "acknowledged after a failed sync" "" "$(
            awk -v failed="$failed" '$1 > failed' \
                "$WORK/acked.alice" "$WORK/acked.carol")"
        start_relay --log-level error --disk-reserve-mib 0
        for name in alice carol dave; do
            expect 0 as "$name" --quiet send bob "$name 1000000"
        done
        as bob --quiet receive > /dev/null
        check_bob "$WORK/acked"
        stop_relay
        ok "sync number $when failed: the relay stopped, nothing is missing"
    done
fi

# ---- Room runs out ----------------------------------------------------------

make_disk 24
RELAY_DIR=$DISK/relay
RELAY_LISTEN=
rm -rf "$WORK/users"
start_relay --log-level error --disk-reserve-mib 0
user alice bob
as alice --quiet send bob "before"
as bob --quiet receive > /dev/null
avail=$(df --output=avail -B1024 "$DISK" | tail -n 1)
fallocate -l $(((avail - 600) * 1024)) "$DISK/filler"
text=$(head -c 30000 /dev/zero | tr '\0' x)
code=0
sent=450 # nearly all that the file of the log has room for
for n in $(seq "$sent"); do
    echo "full $n $text"
done | as alice --quiet send bob --lines
while [ "$code" -eq 0 ] && [ "$sent" -lt 600 ]; do
    sent=$((sent + 1))
    as alice --json send bob "full $sent $text" > "$WORK/out" \
        2> "$WORK/err" < /dev/null || code=$?
done
case $code in
3 | 7) ;;
*) fail "exit $code on a full relay: $(cat "$WORK/out" "$WORK/err")" ;;
esac
same "state" queued "$(jq -r .state < "$WORK/out")"
kill -0 "$RELAY_PID" || fail "the relay ended on a full disk"
as bob --quiet receive > /dev/null
ok "full: after $((sent - 1)) messages the relay refuses (exit $code)"

rm "$DISK/filler"
# For another file of the log there is no room on this disk: the one there is
# goes when nothing in it waits any more, bob's receipts included.
as alice --quiet receive > /dev/null
as alice --quiet send bob "after" 2> "$WORK/err" ||
    until_true 30 as alice --quiet outbox retry
as bob --quiet receive > /dev/null
said bob alice | cut -d' ' -f1-2 > "$WORK/got"
{
    echo before
    seq -f 'full %g' "$sent"
    echo after
} > "$WORK/wanted"
same "with room again" "$(cat "$WORK/wanted")" "$(cat "$WORK/got")"
stop_relay
ok "with room again everything arrives, once and in order"
umount "$DISK"

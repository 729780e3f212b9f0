# shellcheck shell=bash
# cluster.sh - a relay, its users, and what tests say about them.
#
# Sourced by the scripts of tests/integration, with TACIT_BIN and
# TACIT_RELAY_BIN set.  Everything lives in $WORK and ends with the script:
# only processes started here are ever stopped.  TACIT_TEST_KEEP=1 keeps $WORK.

set -euo pipefail

: "${TACIT_BIN:?the program tacit}" "${TACIT_RELAY_BIN:?the program tacit-relay}"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/tacit-test.XXXXXX")
RELAY_DIR=$WORK/relay
RELAY_LISTEN=
RELAY_PID=
LINK=
OWN_PIDS=()

# The user's own profiles and habits are not what is tested.
unset TACIT_PROFILE TACIT_HOME TACIT_PASSPHRASE_FILE TACIT_RELAY_DATA
unset XDG_DATA_HOME
export HOME=$WORK/home TZ=UTC LC_ALL=C.UTF-8
mkdir -p "$HOME"

cluster_end() {
    local status=$? pid

    trap - EXIT
    for pid in "${OWN_PIDS[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${OWN_PIDS[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    if [ -n "${TACIT_TEST_KEEP:-}" ]; then
        echo "kept: $WORK" >&2
    else
        rm -rf "$WORK" 2> /dev/null || true # a mount in it goes by itself
    fi
    exit "$status"
}
trap cluster_end EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# ---- What tests say ---------------------------------------------------------

fail() {
    local depth=0

    echo "FAILED: $*" >&2
    while caller "$depth" >&2; do
        depth=$((depth + 1))
    done
    if [ -s "$RELAY_DIR.err" ]; then
        echo "--- the relay's last words:" >&2
        tail -n 15 "$RELAY_DIR.err" >&2
    fi
    exit 1
}

# A line that fails without anybody asking is a failed test with a place.
trap 'fail "unexpected failure: $BASH_COMMAND"' ERR
set -E

ok() {
    echo "ok  $*"
}

skip() {
    echo "SKIPPED: $*"
    exit 77
}

same() { # same WHAT WANTED GOT
    [ "$2" = "$3" ] || fail "$1
  wanted: $(printf '%s' "$2" | head -c 2000)
  got:    $(printf '%s' "$3" | head -c 2000)"
}

contains() { # contains WHAT TEXT PART
    case $2 in
    *"$3"*) ;;
    *) fail "$1: '$3' is not in: $(printf '%s' "$2" | head -c 2000)" ;;
    esac
}

lacks() { # lacks WHAT TEXT PART
    case $2 in
    *"$3"*) fail "$1: '$3' is in: $(printf '%s' "$2" | head -c 2000)" ;;
    esac
}

# expect CODE COMMAND... - its output is left in $OUT and $ERR.
expect() {
    local wanted=$1 got=0

    shift
    "$@" > "$WORK/out" 2> "$WORK/err" || got=$?
    OUT=$(tr -d '\0' < "$WORK/out")
    ERR=$(tr -d '\0' < "$WORK/err")
    [ "$got" -eq "$wanted" ] || fail "exit code $got instead of $wanted: $*
$(head -c 2000 "$WORK/out")
$(head -c 2000 "$WORK/err")"
}

# until_true SECONDS COMMAND... - polls; fails when the time is over.
until_true() {
    local end=$((SECONDS + $1)) what=$*

    shift
    until "$@" > /dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || fail "not in time: $what"
        sleep 0.05
    done
}

is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# ends_with PID CODE SECONDS - a process of ours ends in time, with that code.
ends_with() {
    local got=0

    until_true "$3" is_gone "$1"
    wait "$1" || got=$?
    same "exit code of process $1" "$2" "$got"
    forget_pid "$1"
}

own_pid() {
    OWN_PIDS+=("$1")
}

forget_pid() {
    local kept=() pid

    for pid in "${OWN_PIDS[@]}"; do
        [ "$pid" = "$1" ] || kept+=("$pid")
    done
    OWN_PIDS=(${kept[@]+"${kept[@]}"})
}

# ---- The relay --------------------------------------------------------------

relay_is_up() {
    grep -qx ready "$RELAY_DIR.out" || ! kill -0 "$RELAY_PID" 2>/dev/null
}

relay_try() {
    : > "$RELAY_DIR.out" # the last one was ready, this one is not yet
    "$TACIT_RELAY_BIN" serve --data "$RELAY_DIR" "$@" \
        > "$RELAY_DIR.out" 2>> "$RELAY_DIR.err" &
    RELAY_PID=$!
    own_pid "$RELAY_PID"
    until_true 60 relay_is_up
    if grep -qx ready "$RELAY_DIR.out"; then
        LINK=$(sed -n 's/^link //p' "$RELAY_DIR.out")
        return 0
    fi
    wait "$RELAY_PID" || true
    forget_pid "$RELAY_PID"
    return 1
}

# start_relay [OPTION...] - sets LINK and RELAY_PID.  A port outside the range
# of outgoing connections is still ours after a restart.
start_relay() {
    local tries=0

    if [ -n "$RELAY_LISTEN" ]; then
        relay_try --listen "$RELAY_LISTEN" "$@" ||
            fail "the relay does not start again on $RELAY_LISTEN"
        return 0
    fi
    until RELAY_LISTEN=127.0.0.1:$((10000 + RANDOM % 20000)) &&
        relay_try --listen "$RELAY_LISTEN" "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 8 ] || fail "the relay does not start"
    done
}

stop_relay() {
    kill -TERM "$RELAY_PID"
    ends_with "$RELAY_PID" 0 30
}

# ---- The users --------------------------------------------------------------

home_of() {
    printf '%s/users/%s' "$WORK" "$1"
}

as() { # as NAME ARGUMENT... - tacit, as that user
    local name=$1

    shift
    "$TACIT_BIN" --home "$(home_of "$name")" "$@"
}

user() { # user NAME... - registered, without a passphrase
    local name

    for name in "$@"; do
        as "$name" --quiet register "$name" --relay "$LINK" --no-passphrase \
            < /dev/null
    done
}

# follow NAME FILE [OPTION...] - a receive that stays; sets FOLLOW to its pid.
follow() {
    local name=$1 file=$2

    shift 2
    # Not through as(): the pid must be that of the program.
    "$TACIT_BIN" --home "$(home_of "$name")" "$@" receive --follow \
        > "$file" 2> "$file.err" &
    FOLLOW=$!
    own_pid "$FOLLOW"
}

# Scripts start background processes with Ctrl-C ignored, so wait until this
# one has asked for it.
catches_interrupts() {
    local mask

    # Until it has become the program it is a shell, which catches them too.
    [ "$(cat "/proc/$1/comm")" = "$(basename "$TACIT_BIN")" ] || return 1
    mask=$(sed -n 's/^SigCgt:\s*//p' "/proc/$1/status")
    [ $((0x$mask & 2)) -ne 0 ]
}

stop_follow() {
    until_true 30 catches_interrupts "$FOLLOW"
    kill -INT "$FOLLOW"
    ends_with "$FOLLOW" 130 30
}

# Texts of messages in a stream of --json lines.
only_texts() {
    jq -r 'select(.type == "message") | .text'
}

# received NAME - what a receive prints now, texts only.
received() {
    as "$1" --json receive | only_texts
}

# said NAME WITH... - texts of a whole conversation, own ones included.
said() {
    local name=$1

    shift
    as "$name" --json history --limit 100000 "$@" | only_texts
}

roster_of() { # roster_of NAME GROUP - sorted "account role"
    as "$1" --json group show "$2" |
        jq -r '.members[] | .account + " " + .role' | sort
}

head_of() {
    as "$1" --json group show "$2" | jq -r .head
}

# nowhere DIR WORD... - no file below DIR holds a WORD, in any case.
nowhere() {
    local dir=$1 word

    shift
    for word in "$@"; do
        if grep -rlaiF -- "$word" "$dir" > "$WORK/found"; then
            fail "'$word' is readable in $(cat "$WORK/found")"
        fi
        if find "$dir" -mindepth 1 -iname "*$word*" | grep -q .; then
            fail "'$word' is in a file's name below $dir"
        fi
    done
}

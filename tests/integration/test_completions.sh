#!/usr/bin/env bash
# test_completions.sh - what shells offer after a line that is begun: commands,
# verbs, options, files, and the names that the profile knows.
# shellcheck source=tests/support/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/cluster.sh"

start_relay --log-level warn
user alice bob
expect 0 as alice send bob hi
expect 0 as alice group create friends bob
HOME_OF=$(home_of alice)
PATH=$(dirname "$TACIT_BIN"):$PATH
mkdir "$WORK/seen" "$WORK/seen/a dir" "$WORK/completions"
touch "$WORK/seen/a file"
cp "$COMPLETIONS"/*.{bash,fish,zsh} "$RELAY_COMPLETIONS"/*.{bash,fish,zsh} \
    "$WORK/completions"
export COMPLETIONS=$WORK/completions

in_bash() { # in_bash WORD... - what is offered for the last of them
    bash -c '
        . "$0"
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        "_${1//-/_}"
        printf "%s\n" "${COMPREPLY[@]}"' "$COMPLETIONS/$1.bash" "$@"
}

in_fish() {
    fish --no-config -c '
        source $argv[1]/$argv[2].fish
        complete -C "$argv[2..-1]"' "$COMPLETIONS" "$@" | cut -f 1
}

# zsh completes at a terminal alone; what it would add is written down.
in_zsh() {
    SEEN=$WORK/seen/zsh LINE="$*" PROGRAM=$1 FUNCTION=_${1//-/_} zsh -f -c '
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PROMPT=; unsetopt zle_bracketed_paste
            fpath=($COMPLETIONS \$fpath)
            autoload -Uz compinit && compinit -D -u
            source $COMPLETIONS/$PROGRAM.zsh 2> /dev/null
            compdef $FUNCTION $PROGRAM
            compadd() {
                local -a hits
                builtin compadd -O hits \"\$@\"
                print -rl -- \$hits >> $SEEN
                builtin compadd \"\$@\"
            }
            done_with() { zle complete-word; print >> $SEEN.end }
            zle -N done_with; bindkey \"^T\" done_with; print ready"
        zpty -r shell out "*ready*"
        zpty -w -n shell "$LINE"$(printf "\024")
        while [[ ! -e $SEEN.end ]] { zpty -r -t shell out; sleep 0.02 }
        zpty -d shell' > /dev/null
    sort -u "$WORK/seen/zsh"
    rm -f "$WORK/seen/zsh" "$WORK/seen/zsh.end"
}

offers() { # offers SHELL PART WORD... - PART is a line of what is offered
    local shell=$1 part=$2 got
    shift 2
    got=$("in_$shell" "$@")
    grep -qxF -- "$part" <<< "$got" ||
        fail "$shell: after '$*' no $part in: $got"
}

for shell in bash fish zsh; do
    offers "$shell" group tacit gr
    offers "$shell" create tacit group cr
    offers "$shell" create tacit --home "$HOME_OF" group cr
    offers "$shell" --wait tacit send --w
    offers "$shell" --passphrase-file tacit --passphrase-fi
    offers "$shell" bob tacit --home "$HOME_OF" send b
    offers "$shell" friends tacit --home "$HOME_OF" group show f
    offers "$shell" bob tacit --home "$HOME_OF" group add friends b
    lacks "$shell: other commands' options" \
        "$("in_$shell" tacit send --)" --uses
    ok "$shell offers commands, verbs, options and names"
done

# Values that are one of a few words, settings, and what follows a group.
"$TACIT_BIN" --home "$HOME_OF" --json config |
    jq -r '.key as $key | .values[] | $key + " " + .' > "$WORK/settings"
for shell in bash fish zsh; do
    for value in jsonl md; do
        offers "$shell" "$value" tacit export --format "${value:0:1}"
        expect 0 as alice export --format "$value"
    done
    offers "$shell" admins tacit group set friends --who-may-add a
    offers "$shell" off tacit contacts set bob --timer o
    while read -r key value; do
        offers "$shell" "$key" tacit config get "${key:0:2}"
        offers "$shell" "$key" tacit config set "${key:0:2}"
        offers "$shell" "$value" tacit config set "$key" "${value:0:1}"
    done < "$WORK/settings"
    lacks "$shell: another setting's values" \
        "$("in_$shell" tacit config set policy "")" delivered
    lacks "$shell: a contact as the new name of a group" \
        "$("in_$shell" tacit --home "$HOME_OF" group rename friends b)" bob
    offers "$shell" list tacit --home "$HOME_OF" group link l
    offers "$shell" friends tacit --home "$HOME_OF" group link f
    offers "$shell" friends tacit --home "$HOME_OF" group link list f
    lacks "$shell: contacts for a name that comes back" \
        "$("in_$shell" tacit --home "$HOME_OF" recover b)" bob
    ok "$shell offers the words that a value may be"
done
# An option belongs to its command: another's of the same name takes no value.
offers bash "$WORK/seen/a file" tacit export --check "$WORK/seen/a"
lacks "bash: a file after what takes none" \
    "$(in_bash tacit doctor --check "$WORK/seen/a")" "a file"
offers bash "$WORK/seen/a file" tacit export x --format md --check "$WORK/seen/a"
ok "bash offers files where a command takes them"

expect 0 as alice config set policy contacts
user carol
expect 0 as carol send alice "may I?"
expect 0 as alice receive
for shell in bash fish zsh; do
    offers "$shell" carol tacit --home "$HOME_OF" requests accept c
done
ok "strangers who wait are offered for requests"

# Every command, every verb and every option of --help.
"$TACIT_BIN" --help | sed -n 's/^  tacit \([a-z-]*\).*/\1/p' | sort -u \
    > "$WORK/commands"
for command in $(cat "$WORK/commands"); do
    for shell in bash fish; do
        offers "$shell" "$command" tacit "${command:0:1}"
    done
done
ok "every command of --help is offered"

# ---- The relay's own --------------------------------------------------------

for shell in bash fish zsh; do
    offers "$shell" invite tacit-relay in
    offers "$shell" rotate-key tacit-relay --data "$RELAY_DIR" ro
    offers "$shell" --code-file tacit-relay invite --co
    offers "$shell" --mailbox-items tacit-relay serve --mailbox-i
    offers "$shell" --json tacit-relay users --js
    offers "$shell" revoke tacit-relay invite r
    offers "$shell" suspend tacit-relay --json users su
    offers "$shell" code tacit-relay init --join c
    lacks "$shell: other commands' options" \
        "$("in_$shell" tacit-relay users --)" --uses
    lacks "$shell: a second verb" "$("in_$shell" tacit-relay users show s)" show
    lacks "$shell: a verb of what has none" \
        "$("in_$shell" tacit-relay link l)" list
    ok "$shell offers the relay's commands, verbs, options and choices"
done
offers bash "$WORK/seen/a file" tacit-relay serve --tls-cert "$WORK/seen/a"
offers bash "$WORK/seen/a dir" tacit-relay backup "$WORK/seen/a"
lacks "bash: a file where a directory is wanted" \
    "$(in_bash tacit-relay backup "$WORK/seen/a")" "a file"
"$TACIT_RELAY_BIN" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' \
    > "$WORK/commands"
"$TACIT_RELAY_BIN" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort -u \
    > "$WORK/options"
for shell in bash fish; do
    while read -r command; do
        offers "$shell" "$command" tacit-relay "${command:0:2}"
    done < "$WORK/commands"
    while read -r command; do
        "in_$shell" tacit-relay "$command" --
    done < "$WORK/commands" | sed 's/^--//' | sort -u > "$WORK/seen/options"
    same "$shell: every option" "$(cat "$WORK/options")" \
        "$(cat "$WORK/seen/options")"
done
ok "everything in the relay's --help is offered"

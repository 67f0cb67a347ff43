# shellcheck shell=bash
# Waiting always has an end.

# wait_until SECONDS COMMAND...: run the command until it succeeds; fails when the time is over.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}

process_is_gone() { [[ ! -d /proc/$1 ]]; }

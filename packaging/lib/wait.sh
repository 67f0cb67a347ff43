# shellcheck shell=bash
# Waiting for processes and the like; it always has an end.

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

# pid_of PIDFILE WORDS: print the number in a pidfile; fails if that process has ended, even if another has the
# number by now. WORDS are part of its command line.
pid_of() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 1
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2" || return 1
    printf '%s\n' "$pid"
}

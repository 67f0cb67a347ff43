# shellcheck shell=bash
# What every script here needs: words for a person (on stderr, stdout is for data), and its packages.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "${0##*/}: cannot $*"
    exit 1
}

usage_error() {
    say "${0##*/}: $*; see: ${0##*/} --help"
    exit 2
}

need_root() { [[ $EUID -eq 0 ]] || die "run as $(id -un): this needs root; try: sudo $0"; }

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# quietly COMMAND...: its output is shown only if it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    ((status == 0)) || tail -n 20 "$log" >&2
    rm -f "$log"
    return "$status"
}

# need_packages NAME...: install those that are missing.
need_packages() {
    local name missing=()
    for name in "$@"; do is_installed "$name" || missing+=("$name"); done
    ((${#missing[@]})) || return 0
    need_root
    say "installing ${missing[*]}"
    # Fresh lists only when the ones at hand do not do: an update costs several seconds.
    apt_install "${missing[@]}" >/dev/null 2>&1 ||
        { quietly apt-get update -q && quietly apt_install "${missing[@]}"; } ||
        die "install ${missing[*]}: apt-get failed, see above"
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

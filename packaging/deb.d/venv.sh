# shellcheck shell=bash
# Python environments for the tools that make the package, kept in the cache. Needs say.sh and cache.sh.

# venv_with NAME PIP-ARGUMENTS...: prints the directory of an environment with just that installed;
# made anew when the arguments, or the requirements file they name, change.
venv_with() {
    local name=$1 dir key
    shift
    dir=$(cache_dir venv)/$name
    key=$({ printf '%s\n' "$@"; cat_requirements "$@"; readlink -f /usr/bin/python3; } | sha256sum)
    (
        exec 9>"$dir.lock"
        flock -w 300 9 || die "lock $dir: another run has been setting it up for 5 minutes"
        [[ $(cat "$dir/made-from" 2>/dev/null) == "$key" ]] || venv_new "$dir" "$key" "$@"
    )
    printf '%s\n' "$dir"
}

cat_requirements() {
    while (($# > 1)); do
        [[ $1 != -r ]] || cat "$2"
        shift
    done
}

venv_new() {
    local dir=$1 key=$2
    shift 2
    /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || need_packages python3-venv
    say "setting up ${dir##*/} tools"
    rm -rf "$dir"
    /usr/bin/python3 -m venv "$dir"
    quietly "$dir/bin/pip" install --quiet --disable-pip-version-check "$@" ||
        die "install $*: pip failed, see above"
    printf '%s\n' "$key" >"$dir/made-from"
}

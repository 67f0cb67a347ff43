# shellcheck shell=bash
# The Python environment of the tests: .venv in the tree, as the locks say. Needs say.sh.

readonly PRODUCT_LOCK=packaging/requirements.lock
readonly DEV_LOCK=packaging/requirements-dev.lock

# Makes .venv what the locks say; costs nothing if it already is.
venv_use() {
    [[ $(cat .venv/made-from 2>/dev/null) != "$(venv_key)" ]] || return 0
    (
        # Runs side by side must not build it twice; the tree itself serves as the lock.
        exec 9<.
        flock -w 300 9 || die "lock $PWD: another run has been setting up .venv for 5 minutes"
        [[ $(cat .venv/made-from 2>/dev/null) == "$(venv_key)" ]] || venv_make
    )
}

venv_make() {
    local python log
    python=$(system_python)
    is_usable_venv "$python" || need_packages python3-venv
    say "setting up .venv from the locks"
    rm -rf .venv
    "$python" -m venv .venv
    log=$(mktemp)
    if ! .venv/bin/python -m pip install --no-deps --require-hashes --quiet \
        --disable-pip-version-check -r "$PRODUCT_LOCK" -r "$DEV_LOCK" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "set up .venv: pip failed, see above"
    fi
    rm -f "$log"
    venv_key >.venv/made-from
}

# Debian's own Python, as the product runs on it, whatever is first on PATH.
system_python() {
    [[ -x /usr/bin/python3 ]] || need_packages python3
    /usr/bin/python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' ||
        die "use $(/usr/bin/python3 --version): Python 3.10 to 3.13 is needed at /usr/bin/python3"
    printf '/usr/bin/python3\n'
}

is_usable_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Changes when the locks, the Python or the place of the tree do.
venv_key() { { pwd; readlink -f /usr/bin/python3; cat "$PRODUCT_LOCK" "$DEV_LOCK"; } | sha256sum; }

# Resolves the test tools anew, beside the product's own pins, for every Python that is supported.
lock_write() {
    local tool
    tool=$(mktemp -d)
    # shellcheck disable=SC2064  # the directory of now is meant
    trap "rm -rf '$tool'" EXIT
    "$(system_python)" -m venv "$tool"
    "$tool/bin/pip" install --quiet --disable-pip-version-check uv
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes --upgrade \
        --custom-compile-command 'packaging/test lock' --constraint "$PRODUCT_LOCK" \
        --constraint packaging/deb.d/tools.lock --output-file "$DEV_LOCK" packaging/test.d/requirements.in
    say "wrote $DEV_LOCK"
}

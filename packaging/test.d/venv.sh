# shellcheck shell=bash
# The Python environment of the tests: .venv in the tree, as the locks say, on the system's own Python (the
# product runs on it too), whatever is first on PATH. Needs say.sh, cache.sh and deb.d/venv.sh.

readonly PRODUCT_LOCK=packaging/requirements.lock
readonly TOOLS_LOCK=packaging/deb.d/tools.lock
readonly TESTS_LOCK=packaging/requirements-dev.lock

# Makes .venv what the locks say; costs nothing if it already is.
venv_use() {
    venv_is_made && return
    [[ -x /usr/bin/python3 ]] || need_packages python3
    /usr/bin/python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' ||
        die "use $(/usr/bin/python3 --version): Python 3.10 to 3.13 is needed at /usr/bin/python3"
    (
        # Runs side by side must not build it twice; the tree itself serves as the lock.
        exec 9<.
        flock -w 300 9 || die "lock $PWD: another run has been setting up .venv for 5 minutes"
        venv_is_made || venv_new "$PWD/.venv" "$(venv_key)" --no-deps --require-hashes \
            -r "$PRODUCT_LOCK" -r "$TESTS_LOCK"
    )
}

venv_is_made() { [[ $(cat .venv/made-from 2>/dev/null) == "$(venv_key)" ]]; }

# Changes when the locks, the Python or the place of the tree do.
venv_key() {
    { pwd; readlink -f /usr/bin/python3; cat "$PRODUCT_LOCK" "$TESTS_LOCK"; } | sha256sum
}

# Resolves the tests' own tools anew, beside what the product and the package pin, for every Python that
# is supported.
lock_write() {
    local uv
    uv=$(venv_with lock-tests uv)/bin/uv
    "$uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes --upgrade \
        --custom-compile-command 'packaging/test lock' --constraint "$PRODUCT_LOCK" \
        --constraint "$TOOLS_LOCK" --output-file "$TESTS_LOCK" packaging/test.d/requirements.in
    say "wrote $TESTS_LOCK"
}

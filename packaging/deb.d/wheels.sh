# shellcheck shell=bash
# The wheels that the package carries, as the lock says, kept in the cache. Needs say.sh, cache.sh and venv.sh.

readonly PYTHONS=(3.10 3.11 3.12 3.13)
readonly LOCK=packaging/requirements.lock
readonly TOOLS_LOCK=packaging/deb.d/tools.lock

# Prints the directory of the wheels; only the first call after a change of the lock uses the network.
wheels_of_lock() {
    local dir
    dir=$(cache_dir wheels)/$({ cat "$LOCK"; grep '^setuptools==' "$TOOLS_LOCK"; } | sha256sum | cut -c 1-16)
    (
        exec 9>"$dir.lock"
        flock -w 600 9 || die "lock $dir: another build has been fetching wheels for 10 minutes"
        [[ -d $dir ]] || wheels_fetch "$dir"
    )
    printf '%s\n' "$dir"
}

wheels_fetch() {
    local dir=$1 new python pip
    pip=$(venv_with deb --require-hashes -r "$TOOLS_LOCK")/bin/pip
    new=$(mktemp -d "$dir.XXXX")
    # shellcheck disable=SC2064  # the directory of now is meant
    trap "rm -rf '$new'" EXIT
    say "fetching the wheels of $LOCK"
    wheels_download "${PYTHONS[0]}" "$new" "$LOCK"
    # One wheel serves all Pythons where it is pure or has the stable ABI; taking a newer Python's own
    # choice as well would put two builds of one module in the same place.
    locked_of "$new"/*-cp310-cp310-*.whl >"$new/again.txt"
    for python in "${PYTHONS[@]:1}"; do
        wheels_download "$python" "$new" "$new/again.txt"
    done
    rm "$new/again.txt"
    wheels_build "$new"
    mv "$new" "$dir"
}

# wheels_download PYTHON TARGET REQUIREMENTS
wheels_download() {
    local abi=cp${1/./} platform platforms=()
    for platform in manylinux_2_28 manylinux_2_17 manylinux2014; do
        platforms+=(--platform "${platform}_x86_64")
    done
    quietly "$pip" download --disable-pip-version-check --dest "$2" --no-deps --require-hashes \
        --only-binary :all: --no-binary sdnotify --no-build-isolation \
        --python-version "$1" --implementation cp --abi "$abi" --abi abi3 --abi none \
        "${platforms[@]}" -r "$3" || die "fetch the wheels of $LOCK for Python $1: pip failed, see above"
}

# Source archives become wheels here; they stay beside them because the lock knows only them.
wheels_build() {
    local source
    for source in "$1"/*.tar.gz; do
        SOURCE_DATE_EPOCH=0 quietly "$pip" wheel --disable-pip-version-check --wheel-dir "$1" --no-deps --no-index \
            --no-build-isolation "$source" || die "build a wheel of ${source##*/}: pip failed, see above"
    done
}

# locked_of WHEEL...: the lock's entries for these wheels' libraries.
locked_of() {
    local wheel name names=' '
    for wheel in "$@"; do
        name=${wheel##*/}
        names+="${name%%-*} "
    done
    awk -v names="${names//_/-}" '
        /^[a-z]/ { split($1, part, "=="); wanted = index(names, " " part[1] " ") }
        wanted && !/^ *#/' "$LOCK"
}

# shellcheck shell=bash
# Costly things are made once per recipe and kept outside the tree, where the next checkout finds them too.

# cache_dir [SUBDIRECTORY]: print the directory, made if missing.
cache_dir() {
    local dir=${TARS_CACHE:-/var/cache/tars-home-dev}${1:+/$1}
    mkdir -p "$dir"
    printf '%s\n' "$dir"
}

# recipe_of PATH...: twelve letters that change whenever a file there does.
recipe_of() {
    find "$@" -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 cat | sha256sum | cut -c 1-12
}

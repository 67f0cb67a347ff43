# shellcheck shell=bash
# Copying in and out, as `cp -a` would: through the machine's own tar, so that what it has mounted is seen
# (`docker cp` writes under a tmpfs, out of sight).

files_put() {
    local kind=$1 name=$2 source=$3 target=$4
    [[ -e $source ]] || die "put $source: no such file or directory"
    sh -euc "$FILES_PACK" sh "$source" |
        "${kind}_exec" "$name" no sh -euc "$FILES_UNPACK" sh "$(basename "$source")" "$target"
}

files_get() {
    local kind=$1 name=$2 source=$3 target=$4
    "${kind}_exec" "$name" no test -e "$source" || die "get $source from $name: no such file or directory"
    "${kind}_exec" "$name" no sh -euc "$FILES_PACK" sh "$source" |
        sh -euc "$FILES_UNPACK" sh "$(basename "$source")" "$target"
}

# A symbolic link is followed if it is what was named, and kept if it is inside.
# shellcheck disable=SC2016  # expanded by the shell that runs it
readonly FILES_PACK='
    source=$(readlink -f "$1")
    tar -C "$(dirname "$source")" --transform "flags=r;s,^[^/]*,item," -cf - "$(basename "$source")"'

# Unpacks beside the target and then moves, so that an interrupted copy never looks like a whole one.
# shellcheck disable=SC2016
readonly FILES_UNPACK='
    name=$1 target=$2
    [ ! -d "$target" ] || target=$target/$name
    mkdir -p "$(dirname "$target")"
    unpacked=$(mktemp -d "$(dirname "$target")/.copy.XXXXXX")
    trap "rm -rf \"$unpacked\"" EXIT
    tar -C "$unpacked" --no-same-owner -xf -
    rm -rf "$target"
    mv -T "$unpacked/item" "$target"'

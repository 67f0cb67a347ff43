# shellcheck shell=bash
# The root file system of a machine, whatever it boots as.

readonly DEBIAN_PACKAGES=(
    systemd-sysv dbus apt python3 adduser debconf cifs-utils nfs-common docker.io iptables
    ca-certificates curl iproute2 less procps sudo tzdata
)

# debian_rootfs KIND SUITE TARGET PACKAGE... [--OPTION...]: mmdebstrap's TARGET, a directory or a tar file, with
# the files of rootfs-KIND; KIND is container or vm.
debian_rootfs() {
    local kind=$1 suite=$2 target=$3 packages=("${DEBIAN_PACKAGES[@]}") sources
    shift 3
    while (($#)) && [[ $1 != -* ]]; do
        packages+=("$1")
        shift
    done
    need_packages mmdebstrap debian-archive-keyring
    sources=$(mirror_sources "$suite")
    # Not in /tmp: that may be mounted noexec.
    TMPDIR=$(cache_dir) nice mmdebstrap --quiet --mode=root --variant=minbase \
        --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
        --include="$(IFS=,; printf '%s' "${packages[*]}")" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook="sync-in $HERE/machine.d/rootfs-$kind /" "$@" \
        --customize-hook="\"$HERE/machine.d/customize\" $kind \"\$1\"" \
        "$suite" "$target" - <<<"$sources" >&2
}

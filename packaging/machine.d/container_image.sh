# shellcheck shell=bash
# The image a container machine boots from: Debian with systemd, Docker Engine and what tars-home depends
# on or recommends, so that the package installs without a network. Built once per suite and recipe.

readonly IMAGE_NAME=tars-home-machine
readonly IMAGE_PACKAGES=(
    systemd-sysv dbus apt python3 adduser debconf cifs-utils nfs-common docker.io iptables
    ca-certificates curl iproute2 less procps sudo tzdata
)

# image_for SUITE BARE: print the name of the image, building it if it is not there; BARE is yes or no.
image_for() {
    local suite=$1 bare=$2 image
    image=$IMAGE_NAME:$suite-$(image_recipe)
    exec 8>"$(cache_dir)/machine-image.lock"
    flock 8 # two machines made at once build one image
    # Not `a || b`: that would switch off errexit inside of b.
    if ! image_exists "$image"; then image_build "$suite" "$image"; fi
    if [[ $bare == yes ]]; then
        if ! image_exists "$image-bare"; then image_build_bare "$image"; fi
        image=$image-bare
    fi
    exec 8>&-
    printf '%s\n' "$image"
}

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# Changes whenever anything that goes into the image changes.
image_recipe() {
    recipe_of "$HERE/machine.d/container_image.sh" "$HERE/machine.d/customize" "$HERE/machine.d/rootfs-container"
}

image_build() {
    local suite=$1 image=$2 work
    need_packages mmdebstrap debian-archive-keyring
    say "building the $suite machine image (about a minute, once)"
    work=$(mktemp -d -p "$(cache_dir)")
    # shellcheck disable=SC2064  # the directory as it is now
    trap "rm -rf '$work'" EXIT
    image_rootfs "$suite" "$work"
    # systemd from 256 on must be told to accept a host with cgroup v1.
    docker import -c 'ENV container=docker LANG=C.UTF-8 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1' \
        -c 'LABEL tars-home.machine.image=1' -c 'CMD ["/init"]' "$work/root.tar" "$image" >/dev/null
    rm -rf "$work"
    trap - EXIT
    image_remove_older "$suite" "$image"
}

# image_rootfs SUITE WORK: make WORK/root.tar, with the package lists cut off: a machine has no network.
image_rootfs() {
    local suite=$1 work=$2 packages=("${IMAGE_PACKAGES[@]}") extra=()
    case $suite in
        trixie) packages+=(docker-cli docker-compose) ;;
        bookworm)
            # Debian 12 has no Compose v2; Debian 13's package fits. A test decides whether to install it.
            mkdir "$work/compose-v2"
            foreign_download trixie "$work/compose-v2" docker-compose
            extra=(--customize-hook="copy-in $work/compose-v2 /opt")
            ;;
    esac
    mirror_sources "$suite" | nice mmdebstrap --quiet --mode=root --variant=minbase \
        --include="$(IFS=,; printf '%s' "${packages[*]}")" --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
        --customize-hook="sync-in $HERE/machine.d/rootfs-container /" "${extra[@]}" \
        --customize-hook="\"$HERE/machine.d/customize\" container \"\$1\"" "$suite" "$work/root.tar" - >&2
}

# The image as it is before anyone installs Docker.
image_build_bare() {
    say "building the same image without Docker"
    quietly docker build -t "$1-bare" --label tars-home.machine.image=1 --network none - <<END
FROM $1
RUN rm -rf /etc/systemd/system/docker.service.d \
 && apt-get purge -y -q docker.io containerd runc 'docker-*' && apt-get autoremove -y -q --purge tini
END
}

# Machines still running keep their image: docker rmi refuses, and the next build tries again.
image_remove_older() {
    local suite=$1 image=$2 old
    docker image ls --filter "reference=$IMAGE_NAME:$suite-*" --format '{{.Repository}}:{{.Tag}}' |
        while read -r old; do
            [[ $old == "$image"* ]] || docker rmi "$old" >/dev/null 2>&1 || true
        done
}

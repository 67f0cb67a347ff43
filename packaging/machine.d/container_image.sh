# shellcheck shell=bash
# The image a container machine boots from: Debian with systemd, Docker Engine and what tars-home depends
# on or recommends, so that the package installs without a network.

readonly IMAGE_NAME=tars-home-machine

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

image_recipe() {
    recipe_of "$HERE/machine.d/container_image.sh" "$HERE/machine.d/debian.sh" "$HERE/machine.d/customize" \
        "$HERE/machine.d/rootfs-container"
}

image_build() {
    local suite=$1 image=$2 work
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

# image_rootfs SUITE WORK: make WORK/root.tar.
image_rootfs() {
    local suite=$1 work=$2
    if [[ $suite == trixie ]]; then
        debian_rootfs container trixie "$work/root.tar" docker-cli docker-compose
        return
    fi
    # Debian 12 has no Compose v2; Debian 13's package fits. A test decides whether to install it.
    mkdir "$work/compose-v2"
    foreign_download trixie "$work/compose-v2" docker-compose
    debian_rootfs container "$suite" "$work/root.tar" --customize-hook="copy-in $work/compose-v2 /opt"
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

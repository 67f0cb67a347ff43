# shellcheck shell=bash
# What a virtual machine boots from: a Debian 13 with its own kernel, Docker Engine and a NAS to serve, as a
# disk that every machine lays its own changes over, with kernel, initrd and the key to log in beside it.

readonly VM_DISK_SIZE=20G # sparse; what a machine writes is in its own overlay

# vm_image: print the directory with disk.raw, vmlinuz, initrd.img and key, made if missing.
vm_image() {
    local image
    image=$(cache_dir vm)/image-$(vm_recipe)
    exec 8>"$(cache_dir vm)/lock"
    flock 8 # two machines made at once build one image
    if [[ ! -d $image ]]; then vm_image_build "$image"; fi
    exec 8>&-
    printf '%s\n' "$image"
}

vm_recipe() {
    recipe_of "$HERE/machine.d/vm_image.sh" "$HERE/machine.d/debian.sh" "$HERE/machine.d/customize" \
        "$HERE/machine.d/rootfs-vm"
}

vm_image_build() {
    local image=$1 work
    need_packages e2fsprogs openssh-client
    say 'building the virtual machine image (2-3 minutes, once)'
    work=$(mktemp -d -p "$(cache_dir vm)")
    # shellcheck disable=SC2064  # the directory as it is now
    trap "rm -rf '$work'" EXIT
    mkdir "$work/image"
    ssh-keygen -q -t ed25519 -N '' -C tars-home-machine -f "$work/image/key"
    debian_rootfs vm trixie "$work/root" docker-cli docker-compose linux-image-cloud-amd64 udev \
        openssh-server samba smbclient nfs-kernel-server --format=directory
    install -D -m 0600 "$work/image/key.pub" "$work/root/root/.ssh/authorized_keys"
    cp -L "$work/root/vmlinuz" "$work/root/initrd.img" "$work/image/"
    truncate -s "$VM_DISK_SIZE" "$work/image/disk.raw"
    nice mkfs.ext4 -q -L root -d "$work/root" "$work/image/disk.raw"
    mv "$work/image" "$image"
    rm -rf "$work"
    trap - EXIT
    vm_image_remove_older "$image"
}

# Machines still there keep the image they were made from.
vm_image_remove_older() {
    local old
    for old in "$(cache_dir vm)"/image-*; do
        [[ $old == "$1" ]] || find "$(cache_dir vm/machines)" -lname "$old" | grep -q . || rm -rf "$old"
    done
}

# shellcheck shell=bash
# Virtual machines: QEMU with a kernel of their own, so that mounts, reboots and power cuts are real. Without
# KVM everything in them is about ten times slower than on the host; a host where KVM works for guests can
# say so with TARS_VM_ACCELERATOR=kvm. (That /dev/kvm opens is no proof.)

# Seconds. On two idle cores without KVM ssh answers after 30 and the Engine after 60; with the cores shared
# by three others it was 180.
readonly VM_SSH_DEADLINE=400
readonly VM_BOOT_DEADLINE=400

vm_up() {
    local name=$1 suite=$2 bare=$3 dir image
    [[ $suite == trixie && $bare == no ]] || usage_error 'a virtual machine is trixie with Docker in it'
    dir=$(vm_dir "$name")
    vm_need_qemu
    image=$(vm_image)
    mkdir -p "$dir"
    ln -s "$image" "$dir/image"
    qemu-img create -q -f qcow2 -F raw -b "$image/disk.raw" "$dir/disk.qcow2"
    vm_start "$name"
    vm_wait "$name"
}

vm_need_qemu() {
    need_packages python3 openssh-client
    if [[ $(debian_codename) != bookworm ]]; then
        need_packages qemu-system-x86 qemu-utils
    elif ! vm_qemu_is_new; then
        say 'installing qemu-system-x86 qemu-utils from backports'
        install_backports qemu-system-x86 qemu-utils
    fi
    vm_qemu_is_new || die 'run a virtual machine: QEMU before 10 miscompiles without KVM; install a newer one'
}

# Older ones give the guest random oopses.
vm_qemu_is_new() {
    qemu-system-x86_64 --version 2>/dev/null | awk 'NR == 1 { new = $4 + 0 >= 10 } END { exit !new }'
}

vm_start() {
    local name=$1 dir port
    dir=$(vm_dir "$name")
    port=$(vm_free_port)
    printf '%s\n' "$port" >"$dir/port"
    qemu-system-x86_64 -name "$name" -no-user-config -smp 2 -m 4096 \
        -accel "${TARS_VM_ACCELERATOR:-tcg,thread=multi}" -cpu max \
        -kernel "$dir/image/vmlinuz" -initrd "$dir/image/initrd.img" \
        -append "root=/dev/vda rw console=ttyS0 mitigations=off quiet systemd.hostname=$name" \
        -drive "file=$dir/disk.qcow2,if=virtio,discard=unmap" -device virtio-rng-pci \
        -nic "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$port-:22" \
        -display none -monitor none -serial "file:$dir/console.log" -pidfile "$dir/pid" -daemonize
}

vm_free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

vm_wait() {
    local name=$1 state
    wait_until "$VM_SSH_DEADLINE" vm_answers "$name" ||
        vm_boot_failed "$name" "ssh does not answer after $VM_SSH_DEADLINE s"
    # One connection for all that follows: making one takes a second or two there.
    vm_ssh "$name" -M -N -f </dev/null >/dev/null 2>&1
    state=$(vm_exec "$name" no timeout "$VM_BOOT_DEADLINE" systemctl is-system-running --wait) || true
    case $state in
        running) ;;
        degraded) say "$name: degraded; failed: $(vm_exec "$name" no systemctl --failed --plain --no-legend)" ;;
        *) vm_boot_failed "$name" "it is '${state:-unknown}' after $VM_BOOT_DEADLINE s" ;;
    esac
}

vm_answers() {
    vm_pid "$1" >/dev/null || vm_boot_failed "$1" 'QEMU has ended'
    vm_ssh "$1" -o ConnectTimeout=10 true </dev/null >/dev/null 2>&1
}

vm_boot_failed() {
    tail -n 20 "$(vm_dir "$1")/console.log" >&2
    die "boot machine $1: $2; its console is above; remove it with: $0 down $1"
}

vm_exec() {
    local name=$1 terminal=$2 options=()
    shift 2
    [[ $terminal == no ]] || options=(-t)
    # ssh hands a line to the shell over there: quoted, the words arrive as they are.
    vm_ssh "$name" "${options[@]}" -- "${@@Q}"
}

# vm_ssh NAME OPTION_OR_COMMAND...
vm_ssh() {
    local dir
    dir=$(vm_dir "$1")
    shift
    ssh -q -p "$(<"$dir/port")" -i "$dir/image/key" -o IdentitiesOnly=yes -o BatchMode=yes \
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlPath="$dir/ssh" \
        -o ServerAliveInterval=30 root@127.0.0.1 "$@"
}

vm_reboot() {
    local name=$1 boot
    boot=$(vm_boot_id "$name")
    vm_exec "$name" no systemctl reboot || true # the connection may end before the answer comes
    vm_hang_up "$name"
    wait_until "$VM_SSH_DEADLINE" vm_has_rebooted "$name" "$boot" ||
        vm_boot_failed "$name" "it has not rebooted after $VM_SSH_DEADLINE s"
    vm_wait "$name"
}

vm_has_rebooted() {
    vm_answers "$1" && [[ $(vm_boot_id "$1") != "$2" ]]
}

vm_boot_id() { vm_exec "$1" no cat /proc/sys/kernel/random/boot_id; }

vm_cut() {
    vm_stop "$1"
    vm_start "$1"
    vm_wait "$1"
}

# vm_stop NAME: without a word to the guest; what it had not written is lost, as when the power goes.
vm_stop() {
    local pid
    vm_hang_up "$1"
    pid=$(vm_pid "$1") || return 0
    kill -KILL "$pid"
    wait_until 20 process_is_gone "$pid" || die "stop machine $1: QEMU (pid $pid) does not end"
}

vm_hang_up() { vm_ssh "$1" -O exit >/dev/null 2>&1 || true; }

vm_down() {
    vm_stop "$1"
    rm -rf "$(vm_dir "$1")"
}

vm_pid() { pid_of "$(vm_dir "$1")/pid" "$(vm_dir "$1")/disk.qcow2"; }

vm_names() { find "$(cache_dir vm/machines)" -mindepth 1 -maxdepth 1 -type d -printf '%f\n'; }

vm_list() {
    local name state
    while read -r name; do
        state=off
        ! vm_pid "$name" >/dev/null || state=on
        printf '%s\tvm\t%s\t%s\n' "$name" "$(basename "$(readlink "$(vm_dir "$name")/image")")" "$state"
    done < <(vm_names)
}

vm_dir() { printf '%s/%s\n' "$(cache_dir vm/machines)" "$1"; }

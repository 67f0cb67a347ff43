# shellcheck shell=bash
# Container machines: systemd as first process with a Docker Engine of its own, up in seconds. They share
# the host's kernel; a power cut keeps its page cache.

readonly CONTAINER_LABEL=tars-home.machine=1
readonly CONTAINER_BOOT_DEADLINE=60 # seconds

container_up() {
    local name=$1 suite=$2 bare=$3 image
    image=$(image_for "$suite" "$bare")
    docker volume create --label "$CONTAINER_LABEL" "$(container_volume "$name")" >/dev/null
    container_create "$name" "$image" || {
        docker volume rm "$(container_volume "$name")" >/dev/null
        die "make machine $name: the Engine refuses, see above"
    }
    docker start "$name" >/dev/null
    container_wait "$name"
}

# Not --privileged: the Engine refuses that where the host itself lacks a capability. Not SYS_TIME: the clock is the host's.
container_create() {
    local name=$1 image=$2
    docker create -t --name "$name" --hostname "$name" --label "$CONTAINER_LABEL" \
        --stop-signal SIGRTMIN+3 --cgroupns=private --cap-add=ALL --cap-drop=SYS_RESOURCE --cap-drop=SYS_TIME \
        --device-cgroup-rule='a *:* rwm' --security-opt seccomp=unconfined \
        --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
        --tmpfs /run --tmpfs /tmp:exec -v "$(container_volume "$name"):/var/lib/docker" "$image" >/dev/null
}

container_wait() {
    local name=$1 state deadline=$((SECONDS + CONTAINER_BOOT_DEADLINE))
    wait_until "$CONTAINER_BOOT_DEADLINE" container_has_systemd "$name" ||
        container_boot_failed "$name" "systemd does not answer after $CONTAINER_BOOT_DEADLINE s"
    state=$(docker exec "$name" timeout "$((deadline - SECONDS + 1))" systemctl is-system-running --wait) || true
    case $state in
        running) ;;
        degraded) say "$name: degraded; failed: $(container_failed_units "$name")" ;;
        *) container_boot_failed "$name" "it is '${state:-unknown}' after $CONTAINER_BOOT_DEADLINE s" ;;
    esac
}

container_has_systemd() {
    [[ $(docker container inspect -f '{{.State.Running}}' "$1") == true ]] ||
        container_boot_failed "$1" "it stopped by itself"
    docker exec "$1" test -S /run/systemd/private
}

container_failed_units() {
    docker exec "$1" systemctl list-units --failed --plain --no-legend | awk '{ printf "%s ", $1 }'
}

container_boot_failed() {
    docker logs --tail 20 "$1" >&2 || true
    die "boot machine $1: $2; its console is above; remove it with: $0 down $1"
}

container_exec() {
    local name=$1 terminal=$2
    shift 2
    local options=(-i)
    [[ $terminal == no ]] || options+=(-t -e "TERM=${TERM:-xterm}")
    docker exec "${options[@]}" "$name" "$@"
}

# A clean shutdown is waited for longer than systemd's own limit for one unit.
container_reboot() {
    docker restart -t 100 "$1" >/dev/null
    container_wait "$1"
}

container_cut() {
    docker kill "$1" >/dev/null 2>&1 || true # it may be off already
    docker start "$1" >/dev/null
    container_wait "$1"
}

container_down() {
    docker rm -f -v "$1" >/dev/null
    docker volume rm "$(container_volume "$1")" >/dev/null
}

container_names() { docker ps -a --filter "label=$CONTAINER_LABEL" --format '{{.Names}}'; }

container_list() {
    docker ps -a --filter "label=$CONTAINER_LABEL" --format '{{.Names}}\tcontainer\t{{.Image}}\t{{.Status}}'
}

container_volume() { printf '%s-docker\n' "$1"; }

# shellcheck shell=bash
# A Docker Engine for the test machines: the one of this host if it answers, else a private one that is
# started once, outlives the script, and is found again by the next. Needs say.sh.
#
#   engine_use    exports DOCKER_HOST, starting the private Engine if need be
#   engine_stop   stops the private Engine; what it holds stays on disk

# shellcheck source=packaging/lib/cache.sh
. "${BASH_SOURCE[0]%/*}/cache.sh"
# shellcheck source=packaging/lib/wait.sh
. "${BASH_SOURCE[0]%/*}/wait.sh"

readonly ENGINE_DEADLINE=40 # seconds; a cold start on two busy cores was seen to take 9

engine_use() {
    need_root
    if [[ -n ${DOCKER_HOST:-} ]]; then
        engine_answers || die "reach the Engine at DOCKER_HOST=$DOCKER_HOST; start it, or unset DOCKER_HOST"
        return 0
    fi
    if command -v docker >/dev/null && engine_answers; then return 0; fi
    engine_packages
    if engine_answers; then return 0; fi
    DOCKER_HOST=unix://$(engine_dir)/docker.sock
    export DOCKER_HOST
    (
        # Scripts side by side must not start two Engines on one directory.
        exec 9>"$(engine_dir)/lock"
        flock -w $((ENGINE_DEADLINE * 2)) 9 || die "lock $(engine_dir): another script holds it"
        if engine_lost_its_bridge; then engine_stop; fi
        if ! engine_answers; then engine_start; fi
    )
}

engine_stop() {
    # A dockerd that was killed leaves its containerd behind, and the next one cannot work with that.
    engine_end "$(engine_dir)/docker.pid" "--pidfile $(engine_dir)/docker.pid"
    engine_end "$(engine_dir)/exec/containerd/containerd.pid" "--config $(engine_dir)/exec/containerd/"
}

# engine_end PIDFILE WORDS: end the process of a pidfile, unless the number belongs to another by now.
engine_end() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2" || return 0
    kill "$pid"
    wait_until "$ENGINE_DEADLINE" process_is_gone "$pid" || die "stop the private Engine: pid $pid does not end"
}

engine_dir() { cache_dir engine; }

engine_answers() { timeout 10 docker version >/dev/null 2>&1; }

engine_packages() {
    need_packages docker.io iptables
    # Newer releases ship the client in a package of its own.
    command -v docker >/dev/null || need_packages docker-cli
}

engine_start() {
    local dir
    dir=$(engine_dir)
    # An Engine that runs but no longer answers would keep the new one from its data directory.
    engine_stop
    # dockerd refuses to start over a pidfile whose number another process has taken since.
    rm -f "$dir/docker.pid" "$dir/docker.sock"
    say "starting a private Docker Engine in $dir"
    # live-restore: machines survive a restart of this Engine.
    setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" -H "unix://$dir/docker.sock" \
        --pidfile "$dir/docker.pid" --live-restore </dev/null >"$dir/docker.log" 2>&1 9>&- &
    if ! wait_until "$ENGINE_DEADLINE" engine_answers; then
        tail -n 10 "$dir/docker.log" >&2
        die "start a private Docker Engine: it does not answer after $ENGINE_DEADLINE s; log: $dir/docker.log"
    fi
}

# Another Engine that stops on this host can take the shared bridge with it; every later start of a
# container then fails with "could not find bridge docker0" until this Engine is restarted.
engine_lost_its_bridge() { [[ ! -e /sys/class/net/docker0 ]]; }

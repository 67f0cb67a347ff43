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
    if engine_answers && ! engine_lost_its_bridge; then return 0; fi
    (
        # Scripts side by side must not start two Engines on one directory.
        exec 9>"$(engine_dir)/lock"
        flock -w $((ENGINE_DEADLINE * 2)) 9 || die "lock $(engine_dir): another script holds it"
        if engine_lost_its_bridge; then engine_stop; fi
        # One that runs and does not answer may just be busy.
        if ! engine_pid >/dev/null || ! wait_until "$ENGINE_DEADLINE" engine_answers; then engine_start; fi
    )
}

engine_stop() {
    local pid
    pid=$(engine_pid) || return 0
    kill "$pid"
    wait_until "$ENGINE_DEADLINE" process_is_gone "$pid" || die "stop the private Engine: pid $pid does not end"
}

engine_dir() { cache_dir engine; }

engine_pid() { pid_of "$(engine_dir)/docker.pid" "--pidfile $(engine_dir)/docker.pid"; }

engine_answers() { timeout 10 docker version >/dev/null 2>&1; }

engine_packages() {
    need_packages docker.io iptables
    # Newer releases ship the client in a package of its own.
    command -v docker >/dev/null || need_packages docker-cli
}

engine_start() {
    local dir attempt
    dir=$(engine_dir)
    say "starting a private Docker Engine in $dir"
    # Twice: after one that was killed, the first was seen to give up on its containerd, and the next to work.
    for attempt in 1 2; do
        # One that runs but no longer answers would keep the new one from its data directory, and so would a
        # pidfile whose number another process has taken since.
        engine_stop
        rm -f "$dir/docker.pid" "$dir/docker.sock"
        # live-restore: machines survive a restart of this Engine.
        setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" -H "unix://$dir/docker.sock" \
            --pidfile "$dir/docker.pid" --live-restore </dev/null >"$dir/docker.log" 2>&1 9>&- &
        if wait_until "$ENGINE_DEADLINE" engine_is_decided "$!" && engine_answers; then return 0; fi
    done
    tail -n 10 "$dir/docker.log" >&2
    die "start a private Docker Engine: it does not answer in $attempt attempts; log: $dir/docker.log"
}

engine_is_decided() { engine_answers || process_is_gone "$1"; }

# Another Engine that stops on this host can take the shared bridge with it; every later start of a
# container then fails with "could not find bridge docker0" until this Engine is restarted.
engine_lost_its_bridge() { [[ ! -e /sys/class/net/docker0 ]]; }

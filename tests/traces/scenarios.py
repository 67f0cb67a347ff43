"""What is done to a stack while its Engine is listened to. Each begins and ends with the stack up."""

from collections.abc import Callable, Mapping

from tests.machine.machine import Machine
from tests.traces.recorder import Recorder

Scenario = Callable[[Machine, Recorder], object]

PROJECT = "tars"
COMPOSE = f"docker compose -p {PROJECT} -f /root/compose.yaml"

STACK = """\
x-common: &common
  image: tars-home-stack/base
  restart: unless-stopped
  entrypoint: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
services:
  redis:
    <<: *common
    volumes: [redis:/data]
  chromadb: *common
  webui:
    <<: *common
    entrypoint: [sh, -c, "touch /tmp/well; trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
    healthcheck: {test: test -e /tmp/well, interval: 1s, timeout: 5s, retries: 1}
  postgres:
    <<: *common
    entrypoint: [sh, -c, "trap '' TERM; while :; do sleep 1; done"]
  ollama:
    <<: *common
    entrypoint: [sh, -c, "trap 'exit 0' TERM; while :; do\
      test ! -e /tmp/child || tail /dev/zero; test ! -e /tmp/main || exec tail /dev/zero; sleep 0.2; done"]
    mem_limit: 32m
volumes:
  redis: {}
"""


def shell(script: str) -> Scenario:
    """A few lines of bash in the machine."""
    return lambda machine, _: machine.sh(script, within=180)


def main_pid(service: str) -> str:
    """The main process of a service, in bash."""
    return f"$(docker inspect -f '{{{{.State.Pid}}}}' {PROJECT}-{service}-1)"


def _reboot(machine: Machine, recorder: Recorder) -> None:
    machine.reboot()
    recorder.until_open(2)


def _cut(machine: Machine, recorder: Recorder) -> None:
    machine.cut()
    recorder.until_open(2)


def _engine_restart(command: str) -> Scenario:
    def act(machine: Machine, recorder: Recorder) -> None:
        machine.sh(command, within=120)
        recorder.until_open(2)
        machine.sh("sleep 3")

    return act


def _eat(whom: str, seconds: float) -> Scenario:
    """Too much memory, again and again, by the main process or by a child that it survives."""
    return shell(
        f"docker exec tars-ollama-1 touch /tmp/{whom}; sleep {seconds};"
        f"{COMPOSE} up -d --force-recreate --no-deps ollama; sleep 1"
    )


_BACK = f"{COMPOSE} up -d; sleep 1"

SCENARIOS: Mapping[str, Scenario] = {
    "stop": shell("docker stop -t 5 tars-redis-1; sleep 1; docker start tars-redis-1"),
    "stop-deaf": shell("docker stop -t 1 tars-postgres-1; sleep 1; docker start tars-postgres-1"),
    "compose-stop": shell(f"{COMPOSE} stop -t 1; sleep 1; {COMPOSE} start"),
    "restart": shell("docker restart -t 5 tars-redis-1"),
    "kill": shell("docker kill tars-redis-1; sleep 2; docker start tars-redis-1"),
    "kill-9": shell(f"kill -9 {main_pid('redis')}; sleep 2"),
    "exit": shell(f"kill -15 {main_pid('redis')}; sleep 2"),
    "recreate": shell(f"{COMPOSE} up -d --force-recreate --no-deps redis; sleep 1"),
    "recreate-all": shell(f"{COMPOSE} up -d --force-recreate; sleep 1"),
    "removal": shell(f"{COMPOSE} down -t 1 -v; {_BACK}"),
    "oom": _eat("main", 2.5),
    "oom-of-a-child": _eat("child", 1.0),
    "health": shell(
        "for _ in 1 2 3; do docker exec tars-webui-1 rm /tmp/well; sleep 2.5;"
        "docker exec tars-webui-1 touch /tmp/well; sleep 2.5; done"
    ),
    "storm": shell(
        "for _ in 1 2 3 4 5 6; do for it in redis chromadb postgres ollama webui; do"
        "  pid=$(docker inspect -f '{{.State.Pid}}' tars-$it-1); test $pid = 0 || kill -9 $pid || true;"
        "done; sleep 1; done;"
        "sleep 8"
    ),
    "engine-restart": _engine_restart("systemctl restart docker"),
    "engine-stop-start": _engine_restart(
        "systemctl stop docker.socket docker; sleep 2; systemctl start docker.socket docker"
    ),
    "engine-killed": _engine_restart(
        f"systemctl kill -s KILL --kill-who=main docker; sleep 6; {_BACK}"
    ),
    "reboot": _reboot,
    "power-cut": _cut,
}

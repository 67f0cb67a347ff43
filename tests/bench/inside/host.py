"""The machine as these measurements handle it, from inside: its programs, its containers, tarsd. Standard library only."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

UNIT = "tarsd"
SOCKET = "/run/tarsd/tarsd.sock"
SETTINGS = Path("/etc/tars-home/conf.d/90-bench.toml")


def run(*command: str, within: float = 300) -> str:
    """Run a program that must succeed; returns what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=within)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def wait(what: str, so: Callable[[], bool], within: float) -> None:
    """Wait until it is so; fails with `what`."""
    end = time.monotonic() + within
    while not so():
        assert time.monotonic() < end, f"waited {within:g} s for {what}"
        time.sleep(0.1)


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank: the least value that so many per cent of them do not exceed."""
    assert values
    rank = -(-len(values) * share // 100)
    return sorted(values)[max(int(rank), 1) - 1]


def containers() -> Mapping[str, str]:
    """The stack's containers, running or not: id by service."""
    form = '{{.Label "com.docker.compose.service"}} {{.ID}}'
    listed = run(
        "docker", "ps", "-a", "--no-trunc", "--filter", "label=tars.role", "--format", form
    )
    return dict(line.split(" ", 1) for line in listed.splitlines())


def main_pid(container: str) -> int:
    """Of its first process, 0 while it does not run."""
    return int(run("docker", "inspect", "--format", "{{.State.Pid}}", container))


def crash(container: str) -> None:
    """`kill -9` of its first process, behind the Engine's back."""
    pid = main_pid(container)
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def hang(container: str) -> None:
    """SIGSTOP to every process of it; with `init: true` the first one is not the service itself."""
    with suppress(AssertionError):  # it may not run
        for pid in run("docker", "top", container, "-eo", "pid").split()[1:]:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGSTOP)


def daemon_pid() -> int:
    """Of tarsd, 0 while it is down."""
    return int(run("systemctl", "show", "--value", "--property", "MainPID", UNIT))


class Api(http.client.HTTPConnection):
    """One question to tarsd over its socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def ask(path: str, within: float = 10) -> Any:
    """What tarsd answers. Raises OSError where it does not."""
    api = Api("tarsd", timeout=within)
    try:
        api.request("GET", path)
        answer = api.getresponse()
        assert answer.status == 200, answer.status
        return json.loads(answer.read())["result"]
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        api.close()


def answers() -> bool:
    """Whether tarsd does."""
    try:
        ask("/v1/status")
    except OSError:
        return False
    return True


def journal(since: float) -> list[dict[str, Any]]:
    """What tarsd has said since (Unix time)."""
    lines = run(
        "journalctl", "-u", UNIT, "-o", "json", "--all", f"--since=@{since:.6f}"
    ).splitlines()
    return [json.loads(line) for line in lines]


def when(entry: Mapping[str, Any]) -> float:
    """Unix time at which journald had it."""
    return int(entry["__REALTIME_TIMESTAMP"]) / 1e6


@contextmanager
def settings(text: str) -> Generator[None]:
    """Settings for a while, taken over by tarsd."""
    SETTINGS.write_text(text)
    try:
        run("tarsctl", "config", "reload")
        yield
    finally:
        SETTINGS.unlink()
        run("tarsctl", "config", "reload")


def healthy() -> bool:
    """Whether tarsd says so of the whole stack."""
    try:
        return bool(ask("/v1/status")["overall"] == "healthy")
    except OSError:
        return False


def tarsd_processes() -> list[Path]:
    """Of the unit alone, as directories of /proc."""
    found: list[Path] = []
    for proc in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if re.search(rf"/{UNIT}\.service$", (proc / "cgroup").read_text(), re.MULTILINE):
                found.append(proc)
    return found

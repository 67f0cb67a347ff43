"""tarsctl logs."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.tree import ROOT
from tests.unit.ctl.fake_daemon import FakeDaemon, Request, chunked, refused
from tests.unit.ctl.runs import PROGRAM, Tarsctl

LOGS = "/v1/services/redis/logs"


def test_lines_go_to_stdout_as_they_are(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", LOGS, b"".join(chunked(b"ready\n", "größer ✓\n".encode(), b"no end of line")))
    ran = tarsctl("logs", "redis")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "ready\ngrößer ✓\nno end of line"
    assert daemon.requests[0].target == f"{LOGS}?lines=100&follow=false"


def test_number_of_lines(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", LOGS, b"".join(chunked()))
    assert tarsctl("logs", "redis", "-n", "5").out == ""
    assert daemon.requests[0].target == f"{LOGS}?lines=5&follow=false"


def test_unknown_service(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    message = 'cannot show logs of "redis": there is no such service'
    daemon.on("GET", LOGS, refused(404, "unknown-service", message, "tarsctl status"))
    ran = tarsctl("logs", "redis")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"tarsctl: {message}; try: tarsctl status\n"


def test_json_holds_the_lines(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", LOGS, b"".join(chunked(b"one\ntw", b"o\n\xff\n")))
    ran = tarsctl("logs", "redis", "--json")
    assert json.loads(ran.out) == {
        "schema": 1, "service": "redis", "lines": ["one", "two", "\ufffd"],
    }  # fmt: skip


def test_json_cannot_follow(tarsctl: Tarsctl) -> None:
    ran = tarsctl("logs", "redis", "-f", "--json")
    assert ran.status == 2
    assert json.loads(ran.out)["error"]["kind"] == "bad-request"


def test_daemon_that_goes_away_is_told(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", LOGS, b"".join(chunked(b"ready\n", end=False)))
    ran = tarsctl("logs", "redis", "-f")
    assert (ran.status, ran.out) == (3, "ready\n")
    assert "it closed the connection before its answer was complete" in ran.err


def follow(daemon: FakeDaemon, *, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """tarsctl following a log that goes on until the test is over."""
    over = threading.Event()

    def endless(_request: Request) -> Iterator[bytes]:
        yield from chunked(b"first\n", end=False)
        while not over.wait(0.02):
            yield b"5\r\nmore\n\r\n"

    daemon.on("GET", LOGS, endless)
    words = [*PROGRAM, "logs", "redis", "-f"]
    return subprocess.Popen(words, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE)


def test_ctrl_c_ends_following_quietly(daemon: FakeDaemon) -> None:
    with follow(daemon) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"first\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=5)
    assert (child.returncode, err) == (130, b"")


def test_reader_that_has_enough_ends_following_quietly(daemon: FakeDaemon) -> None:
    with follow(daemon) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"first\n"
        child.stdout.close()
        assert child.stderr is not None
        assert child.stderr.read() == b""
    assert child.returncode == 0


def test_full_disk_is_told(daemon: FakeDaemon) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with follow(daemon, stdout=full) as child:
        os.close(full)
        assert child.stderr is not None
        assert (
            child.stderr.read() == b"tarsctl: cannot finish: [Errno 28] No space left on device\n"
        )
    assert child.returncode == 1


def test_stays_small(daemon: FakeDaemon, tmp_path: Path) -> None:
    """A stream is passed on, never collected."""
    block = b"x" * 65535 + b"\n"
    daemon.on("GET", LOGS, lambda _: chunked(*[block] * 1600))
    limited = ["prlimit", "--data=67108864", *PROGRAM, "logs", "redis"]
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(limited, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "out").stat().st_size == 1600 << 16

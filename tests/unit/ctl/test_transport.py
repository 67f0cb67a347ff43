"""What tarsctl makes of a daemon that is gone, hung, shut, or does not speak HTTP."""

import os
import socket
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tarsd.ctl.errors import UnreachableError
from tarsd.ctl.transport import BEGIN_SECONDS, FIRST_BYTE_SECONDS, exchange, request
from tarsd.store.database import DEADLINE, SETTLE
from tests.unit.ctl.facts import status
from tests.unit.ctl.fake_daemon import FakeDaemon, Request, chunked, http, refused, started, sync
from tests.unit.ctl.runs import Tarsctl


def test_no_socket_means_not_running(tarsctl: Tarsctl, tmp_path: Path) -> None:
    ran = tarsctl("status")
    assert ran.status == 3
    assert ran.err == (
        f"tarsctl: cannot reach tarsd: it is not running (no {tmp_path}/tarsd.sock); "
        "try: sudo systemctl start tarsd\n"
    )


def test_socket_of_a_dead_daemon(tarsctl: Tarsctl, tmp_path: Path) -> None:
    path = f"{tmp_path}/tarsd.sock"
    with closing(socket.socket(socket.AF_UNIX)) as left_behind:
        left_behind.bind(path)
    ran = tarsctl("status")
    assert (ran.status, ran.out) == (3, "")
    assert f"cannot reach tarsd: nothing listens on {path}; try: sudo systemctl" in ran.err


def test_hung_daemon_is_given_two_seconds(tarsctl: Tarsctl, tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as hung:
        hung.bind(f"{tmp_path}/tarsd.sock")
        hung.listen(1)
        began = time.monotonic()
        ran = tarsctl("status")
        took = time.monotonic() - began
    assert ran.status == 3
    assert 1.9 < took < 4
    assert "it is running but does not answer in time; try: sudo systemctl restart" in ran.err


def test_hung_daemon_with_a_full_queue(tmp_path: Path) -> None:
    path = f"{tmp_path}/tarsd.sock"
    with closing(socket.socket(socket.AF_UNIX)) as hung, closing(_client()) as waiting:
        hung.bind(path)
        hung.listen(0)
        waiting.connect(path)
        with pytest.raises(UnreachableError, match="does not answer in time"):
            exchange(path, request("GET", "/v1/status"), first_byte=0.2)


def _client() -> socket.socket:
    return socket.socket(socket.AF_UNIX)


@contextmanager
def as_stranger() -> Generator[None]:
    """Takes root's rights away for a while; for anybody else nothing is to be done."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    yield
    os.seteuid(own)


def test_stranger_is_told_how_to_be_allowed(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/services/redis/logs", refused(403, "not-allowed", "cannot: no"))
    tarsctl("logs", "redis")  # loads modules that the stranger may have no right to read
    daemon.path.chmod(0)
    with as_stranger():
        ran = tarsctl("logs", "redis", "-n", "5")
    assert (ran.status, ran.out) == (4, "")
    assert ran.err == (
        f"tarsctl: cannot reach tarsd: {daemon.path} is open to root and group tars only; "
        "try: sudo tarsctl logs redis -n 5\n"
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it is not HTTP"),
        (b"\x00" * 70000, "it is not HTTP"),
        (b"HTTP/1.1 OK\r\n\r\n", "invalid literal"),
        (http(200, b"<html>"), "it is not JSON"),
        (http(200, b"[]"), "it is no envelope"),
        (http(200, b'{"type":"sync"}'), "it holds no result"),
        (http(200, b'{"type":"error","error":"no"}'), "it holds no result"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "invalid literal"),
    ],
    ids=["ssh", "zeros", "no-number", "html", "list", "no-result", "odd-error", "bad-chunk"],
)
def test_answer_without_sense(
    tarsctl: Tarsctl, daemon: FakeDaemon, answer: bytes, why: str
) -> None:
    daemon.on("GET", "/v1/status", answer)
    ran = tarsctl("status")
    assert ran.status == 3
    assert f"tarsctl: cannot understand the answer from {daemon.path}: {why}" in ran.err


WHOLE = sync(status())


@pytest.mark.parametrize(
    "answer",
    [b"", WHOLE[:9], WHOLE[:40], WHOLE[:-1], b"".join(chunked(b'{"type":', end=False))],
    ids=["nothing", "status-line", "headers", "body", "chunks"],
)
def test_truncated_answer(tarsctl: Tarsctl, daemon: FakeDaemon, answer: bytes) -> None:
    daemon.on("GET", "/v1/status", answer)
    ran = tarsctl("status")
    assert ran.status == 3
    assert "it closed the connection before its answer was complete" in ran.err


def test_answer_in_chunks(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    body = b'{"type": "sync", "result": {"settings": {}}}'

    def dribble(_request: Request) -> Iterable[bytes]:
        return chunked(*(body[at : at + 7] for at in range(0, len(body), 7)))

    daemon.on("GET", "/v1/config", dribble)
    assert tarsctl("config", "show").status == 0


def test_answer_that_ends_with_the_connection(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/services/redis/logs", b"HTTP/1.0 200 OK\r\n\r\nready\n")
    assert tarsctl("logs", "redis").out == "ready\n"


def test_answer_that_stops_half_way(daemon: FakeDaemon) -> None:
    def stall(_request: Request) -> Iterator[bytes]:
        yield WHOLE[:-20]
        time.sleep(0.5)

    daemon.on("GET", "/v1/status", stall)
    answer = exchange(str(daemon.path), request("GET", "/v1/status"), next_bytes=0.1)
    with pytest.raises(UnreachableError, match="does not answer in time"):
        answer.read()


def test_a_change_on_a_slow_disk_is_waited_for_while_tarsd_is_alive(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    """Three commits on an SD card take longer than 2 s; it runs, and nobody should restart tarsd."""

    def slow(_request: Request) -> bytes:
        time.sleep(FIRST_BYTE_SECONDS + 0.5)
        return started("17")

    daemon.on("POST", "/v1/services", slow)
    daemon.on("GET", "/v1/version", sync({"version": "2"}))
    ran = tarsctl("start", "redis", "--no-wait")
    assert ran.status == 0, ran.err
    assert len(daemon.asked("GET", "/v1/version")) == 2  # before it, and in its silence


def test_a_change_is_not_waited_for_when_tarsd_has_died(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    def hang(_request: Request) -> bytes:
        time.sleep(3 * FIRST_BYTE_SECONDS)
        return started("17")

    daemon.on("POST", "/v1/services", hang)
    daemon.on("GET", "/v1/version", hang)
    began = time.monotonic()
    ran = tarsctl("start", "redis", "--no-wait")
    assert time.monotonic() - began < 2 * FIRST_BYTE_SECONDS + 1
    assert ran.status == 3
    assert "does not answer in time; try: sudo systemctl restart tarsd" in ran.err


def test_a_change_that_never_says_whether_it_began(daemon: FakeDaemon) -> None:
    """It may run: a restart would be the wrong advice."""

    def hang(_request: Request) -> bytes:
        time.sleep(1)
        return started("17")

    daemon.on("POST", "/v1/services", hang)
    daemon.on("GET", "/v1/version", sync({"version": "2"}))
    with pytest.raises(UnreachableError, match="cannot tell whether it began") as caught:
        exchange(str(daemon.path), request("POST", "/v1/services", b"{}"), patience=0.3)
    assert caught.value.fix == "tarsctl changes"


def test_tarsd_gives_up_a_beginning_before_tarsctl_does() -> None:
    """Planned, confirmed, and in the audit: three writes, each of which the disk may hold up."""
    assert 3 * (DEADLINE + SETTLE) < BEGIN_SECONDS


def test_error_as_json(tarsctl: Tarsctl) -> None:
    ran = tarsctl("status", "--json")
    assert (ran.status, ran.err) == (3, "")
    assert '"schema": 1' in ran.out
    assert '"kind": "unreachable"' in ran.out
    assert '"fix": "sudo systemctl start tarsd"' in ran.out

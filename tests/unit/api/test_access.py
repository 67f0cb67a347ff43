"""Who may call what: asked with the uid that the kernel names, which no client can choose."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tarsd.api.access import Member, Peer, Root
from tarsd.errors import NotAllowed
from tarsd.store import Database
from tests.unit.api.counter import Counter

NOBODY = 65534


def test_root_may_do_what_asks_for_root() -> None:
    Root().require(Peer(pid=1, uid=0, gid=0))


@pytest.mark.parametrize("uid", [1, 1000, NOBODY])
def test_nobody_else_may(uid: int) -> None:
    with pytest.raises(NotAllowed, match=f"cannot do this as uid {uid}: it asks for root") as it:
        Root().require(Peer(pid=1, uid=uid, gid=0))
    assert it.value.fix is None  # tarsctl makes it: sudo and the command that was typed


@pytest.mark.parametrize("uid", [0, 1000, NOBODY])
def test_whoever_could_open_the_socket_is_a_member(uid: int) -> None:
    Member().require(Peer(pid=1, uid=uid, gid=uid))


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Unlike pytest's own, one that other users may enter."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
async def counter(open_directory: Path, database: Database) -> AsyncIterator[Counter]:
    made = Counter(open_directory / "counter.sock", database)
    await made.start()
    made.socket.chmod(0o666)
    yield made
    await made.stop()


def connect_as(uid: int, path: Path) -> socket.socket:
    """A connection whose other end is somebody else; the kernel notes who connects, not who talks."""
    connection = socket.socket(socket.AF_UNIX)
    if os.geteuid() == uid:
        connection.connect(str(path))
        return connection
    os.seteuid(uid)
    try:
        connection.connect(str(path))
    finally:
        os.seteuid(0)
    return connection


async def post(counter: Counter, path: str, uid: int) -> bytes:
    """The raw answer to a POST of that user."""
    reader, writer = await asyncio.open_unix_connection(sock=connect_as(uid, counter.socket))
    request = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Uid: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    return answer


SOMEBODY = NOBODY if os.geteuid() == 0 else os.geteuid()


async def test_somebody_who_is_not_root_is_refused_what_asks_for_root(counter: Counter) -> None:
    counter.total = 7
    answer = await post(counter, "/v1/reset", SOMEBODY)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b'"kind": "not-allowed"' in answer
    assert counter.total == 7


async def test_the_refusal_is_audited_with_the_uid(counter: Counter) -> None:
    await post(counter, "/v1/reset", SOMEBODY)
    (row,) = await counter.audited()
    assert (row["uid"], row["path"], row["status"]) == (SOMEBODY, "/v1/reset", 403)


async def test_a_member_may_do_the_rest(counter: Counter) -> None:
    assert (await post(counter, "/v1/begin", SOMEBODY)).startswith(b"HTTP/1.1 202 ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root's peer")
async def test_root_is_not_refused(counter: Counter) -> None:
    counter.total = 7
    assert (await post(counter, "/v1/reset", 0)).startswith(b"HTTP/1.1 200 ")
    assert counter.total == 0

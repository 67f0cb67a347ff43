"""Programs and files whose answers are taken as they come, and which may hang."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tarsd.errors import HostSilent
from tarsd.host.pieces import contents
from tarsd.host.programs import output


def said(*argv: str, fine: tuple[int, ...] = (0,)) -> bytes:
    """On a loop whose time passes by itself, for programs take real time."""

    async def run() -> bytes:
        return b"".join([piece async for piece in output(argv, fine=fine)])

    return asyncio.run(run())


def test_what_it_says_is_handed_on_whole() -> None:
    assert said("head", "-c", "300000", "/dev/zero") == bytes(300_000)


def test_nothing_of_ours_is_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/x")
    assert b"NOTIFY_SOCKET" not in said("env")


def test_its_last_words_say_why_it_failed() -> None:
    with pytest.raises(HostSilent, match="it is broken"):
        said("sh", "-c", "echo begins; echo first >&2; echo it is broken >&2; exit 3")
    with pytest.raises(HostSilent, match="exit status 4"):
        said("sh", "-c", "exit 4")
    assert said("sh", "-c", "echo well; exit 3", fine=(0, 3)) == b"well\n"


def test_one_that_is_not_there_is_told_apart() -> None:
    with pytest.raises(FileNotFoundError):
        said("no-such-program-anywhere")


def test_one_that_is_left_is_killed_with_all_it_started(tmp_path: Path) -> None:
    async def leave() -> None:
        stream = output(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; echo begun; wait"])
        assert await stream.__anext__() == b"begun\n"
        await stream.aclose()
        await asyncio.sleep(0.2)  # for the loop to take note of its end

    began = time.monotonic()
    asyncio.run(leave())
    assert time.monotonic() - began < 5
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not _runs(child):
            return
        time.sleep(0.02)
    pytest.fail("its child is left")


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
    except OSError:
        return False


async def all_of(stream: AsyncGenerator[bytes, None]) -> bytes:
    return b"".join([piece async for piece in stream])


async def test_a_file_comes_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"x" * 200_000)
    assert len(await all_of(contents(tmp_path / "long"))) == 200_000
    assert await all_of(contents(Path("/proc/self/status")))


async def test_what_is_no_file_is_not_opened_to_wait_in(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="no plain file"):
            await all_of(contents(path))

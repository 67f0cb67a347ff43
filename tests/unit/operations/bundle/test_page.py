"""A page of several answers: one that fails says so in its place."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from tarsd.errors import HostSilent
from tarsd.operations.bundle.collectors.page import Part, page
from tarsd.operations.bundle.collectors.protocol import NotHere, Partly, Stream


def part(heading: str, *pieces: bytes, then: Exception | None = None, hangs: bool = False) -> Part:
    async def stream() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            yield piece
        if hangs:
            await asyncio.sleep(3600)
        if then is not None:
            raise then

    return Part(heading, stream, 2.0)


async def read(stream: Stream) -> tuple[str, str]:
    """All of it, and what is said to be missing."""
    kept: list[bytes] = []
    while True:
        try:
            kept.append(await stream.__anext__())
        except StopAsyncIteration:
            return b"".join(kept).decode(), ""
        except Partly as error:
            return b"".join(kept).decode(), str(error)


async def test_each_stands_under_its_heading() -> None:
    text, missing = await read(page([part("$ uname", b"Linux"), part("/proc/x", b"1\n")]))
    assert (text, missing) == ("==== $ uname\nLinux\n\n==== /proc/x\n1\n", "")


async def test_what_this_machine_has_not_got_is_no_failure() -> None:
    parts = [part("$ ufw", then=FileNotFoundError("ufw")), part("gpu", then=NotHere("no card"))]
    text, missing = await read(page(parts))
    assert text.count("[not on this machine]") == 2
    assert missing == ""


async def test_failures_are_told_once_for_each_reason(clock: Callable[[], float]) -> None:
    bus = HostSilent("Failed to connect to bus")
    parts = [
        part("$ systemctl cat", then=bus),
        part("$ lspci", b"00:00 bri", hangs=True),
        part("$ systemctl show", then=bus),
        part("$ uname", b"Linux\n"),
    ]
    began = clock()
    text, missing = await read(page(parts))
    assert "00:00 bri\n[no answer in time]" in text
    assert text.endswith("==== $ uname\nLinux\n")
    assert (
        missing
        == "systemctl cat, systemctl show: Failed to connect to bus; lspci: no answer in time"
    )
    assert clock() - began == pytest.approx(2.0, abs=0.2)

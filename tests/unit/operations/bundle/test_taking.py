"""Running a collector: whatever goes wrong is data, and what was put ends with a whole line."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from datetime import datetime, timezone

import pytest

from tarsd.errors import EngineUnavailable
from tarsd.operations.bundle.collectors.protocol import (
    Asked,
    Collector,
    File,
    Gap,
    NotHere,
    Partly,
    Stream,
)
from tarsd.operations.bundle.collectors.taking import take

ASKED = Asked(datetime(2026, 11, 22, tzinfo=timezone.utc))


def collector(
    *streams: Callable[[], Stream], deadline: float = 15.0, cap: int = 1000, each: float = 10.0
) -> Collector:
    """With a file for each stream."""

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        for number, stream in enumerate(streams, 1):
            yield File(f"test/{number}.txt", stream, each)

    return Collector("test", "Test", "nothing", files, deadline, cap)


def saying(*pieces: bytes, then: BaseException | None = None) -> Callable[[], Stream]:
    async def stream() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            yield piece
        if then is not None:
            raise then

    return stream


def hanging(*pieces: bytes) -> Callable[[], Stream]:
    async def stream() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            yield piece
        await asyncio.sleep(3600)

    return stream


async def taken(it: Collector) -> tuple[dict[str, bytes], Sequence[Gap]]:
    kept: dict[str, bytes] = {}

    async def put(name: str, pieces: AsyncIterator[bytes]) -> None:
        kept[name] = b""
        async for piece in pieces:
            assert kept[name] == b"" or kept[name].endswith(b"\n"), "torn line"
            kept[name] += piece

    return kept, await take(it, put, ASKED)


async def test_puts_each_file_whole() -> None:
    kept, gaps = await taken(collector(saying(b"a\nb", b"c\nd"), saying(b"")))
    assert kept == {"test/1.txt": b"a\nbc\nd", "test/2.txt": b""}
    assert gaps == []


@pytest.mark.parametrize(
    ("error", "why", "text"),
    [
        (NotHere("no card"), "absent", "no card"),
        (
            EngineUnavailable("cannot reach the Docker Engine"),
            "failed",
            "cannot reach the Docker Engine",
        ),
        (
            PermissionError(13, "Permission denied", "/x"),
            "failed",
            "cannot read /x: Permission denied",
        ),
        (asyncio.TimeoutError(), "late", "no answer in time"),
    ],
)
async def test_who_cannot_be_asked_leaves_no_file_and_a_gap(
    error: Exception, why: str, text: str
) -> None:
    kept, gaps = await taken(collector(saying(then=error), saying(b"b\n")))
    assert kept == {"test/2.txt": b"b\n"}
    assert gaps == [Gap("test", "test/1.txt", why, text)]  # type: ignore[arg-type]


async def test_what_came_before_an_error_stays_but_for_its_unfinished_line() -> None:
    kept, gaps = await taken(collector(saying(b"one\ntw", then=EngineUnavailable("cannot go on"))))
    assert kept == {"test/1.txt": b"one\n"}
    assert gaps == [Gap("test", "test/1.txt", "failed", "cannot go on")]


async def test_who_has_said_all_loses_nothing_by_saying_what_is_missing() -> None:
    kept, gaps = await taken(collector(saying(b"one\ntw", then=Partly("no lspci"))))
    assert kept == {"test/1.txt": b"one\ntw"}
    assert gaps == [Gap("test", "test/1.txt", "failed", "no lspci")]


async def test_one_that_hangs_costs_its_own_deadline_only(clock: Callable[[], float]) -> None:
    began = clock()
    kept, gaps = await taken(collector(hanging(b"one\ntw"), hanging(), saying(b"b\n"), each=3.0))
    assert kept == {"test/1.txt": b"one\n", "test/3.txt": b"b\n"}
    assert [(gap.name, gap.why) for gap in gaps] == [("test/1.txt", "late"), ("test/2.txt", "late")]
    assert clock() - began == pytest.approx(6.0, abs=0.5)


async def test_all_files_together_have_one_deadline(clock: Callable[[], float]) -> None:
    began = clock()
    _, gaps = await taken(collector(*[hanging()] * 9, deadline=5.0, each=3.0))
    assert clock() - began < 6.0
    assert [(gap.name, gap.why) for gap in gaps] == [
        (f"test/{it}.txt", "late") for it in range(1, 10)
    ]


async def test_what_is_too_large_ends_with_a_whole_line() -> None:
    kept, gaps = await taken(collector(saying(*[b"x" * 99 + b"\n"] * 12), saying(b"y" * 50)))
    assert len(kept["test/1.txt"]) == 1000
    assert [(gap.name, gap.why) for gap in gaps] == [("test/1.txt", "cut"), ("test/2.txt", "cut")]


async def test_a_line_without_end_is_not_kept_in_memory() -> None:
    read = 0

    async def endless() -> AsyncGenerator[bytes, None]:
        nonlocal read
        while True:
            read += 100
            yield b"x" * 100

    kept, gaps = await taken(collector(endless))
    assert kept == {}
    assert gaps[0].why == "cut"
    assert read <= 1200


async def test_an_error_of_who_takes_it_is_his_own() -> None:
    async def put(name: str, pieces: AsyncIterator[bytes]) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await take(collector(saying(b"a\n")), put, ASKED)


async def test_a_list_that_cannot_be_had_is_a_gap_of_the_collector() -> None:
    async def files(_: Asked) -> AsyncGenerator[File, None]:
        raise EngineUnavailable("cannot reach the Docker Engine")
        yield File("never", saying())

    kept, gaps = await taken(Collector("logs", "Logs", "", files))
    assert kept == {}
    assert gaps == [Gap("logs", "logs", "failed", "cannot reach the Docker Engine")]

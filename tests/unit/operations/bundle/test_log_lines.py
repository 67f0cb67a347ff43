"""The newest lines of a log that may be anything."""

from collections.abc import AsyncIterator

import pytest

from tarsd.operations.bundle.collectors.log_lines import LONGEST, newest
from tarsd.operations.bundle.collectors.protocol import Partly


async def shown(*pieces: tuple[int, bytes], most: int = 1 << 20) -> tuple[list[bytes], str]:
    """The lines, and what is said to be missing."""

    async def given() -> AsyncIterator[tuple[int, bytes]]:
        for piece in pieces:
            yield piece

    stream, lines = newest(given(), most, shapes=False), list[bytes]()
    while True:
        try:
            lines.append(await stream.__anext__())
        except StopAsyncIteration:
            return lines, ""
        except Partly as error:
            return lines, str(error)


async def test_lines_are_whole_whatever_the_pieces() -> None:
    assert await shown((1, b"on"), (1, b"e\ntw"), (1, b"o")) == ([b"one\n", b"two\n"], "")


async def test_two_streams_do_not_tear_each_others_lines() -> None:
    """Half a password on each side of a foreign word would be found by nobody."""
    lines, _ = await shown((1, b"password=hunt"), (2, b"oops\n"), (1, b"er2\n"))
    assert lines == [b"oops\n", b"password=hunter2\n"]


async def test_colours_are_taken_out_before_anybody_looks() -> None:
    lines, _ = await shown((1, b"\x1b[31mred\x1b[0m and \x1b]0;title\x07hun\x1b[1mter2\r\n"))
    assert lines == [b"red and hunter2\n"]


async def test_binary_is_shown_by_its_size() -> None:
    lines, missing = await shown((1, b"fine\n\x00\x01\x02\n\xff\xfe\x80\nfine too\n"))
    assert lines == [b"fine\n", b"<binary: 3 bytes>\n", b"<binary: 3 bytes>\n", b"fine too\n"]
    assert missing == "binary lines, shown by their size only: 2"


async def test_a_line_without_end_is_shown_by_its_size() -> None:
    piece = b"x" * 65536
    lines, missing = await shown(*[(1, piece)] * 160, (1, b"\nnext\n"))
    assert lines == [b"<a line of 10485760 bytes>\n", b"next\n"]
    assert missing == f"lines longer than {LONGEST // 1024} KiB, shown by their size only: 1"


async def test_of_much_the_newest_is_kept() -> None:
    lines, missing = await shown(*[(1, b"%09d\n" % it) for it in range(1000)], most=100)
    assert lines == [b"%09d\n" % it for it in range(990, 1000)]
    assert missing == "older lines left out for their size: 990"


@pytest.mark.parametrize("given", [b"", b"\n"])
async def test_nothing_is_nothing(given: bytes) -> None:
    lines, missing = await shown((1, given))
    assert (b"".join(lines), missing) == (given, "")

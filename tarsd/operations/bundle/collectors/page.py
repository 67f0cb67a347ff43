"""A file made of several answers, each under its heading; one that fails says so in its place, and the rest goes on."""

import asyncio
import shlex
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tarsd.errors import TarsError
from tarsd.operations.bundle.collectors.protocol import NotHere, Partly, Stream


class Run(Protocol):
    """The output of a program; see tarsd.host.programs."""

    def __call__(self, argv: Sequence[str], *, fine: Sequence[int] = (0,)) -> Stream: ...


@dataclass(frozen=True)
class Part:
    """One answer; `deadline` in seconds."""

    heading: str
    stream: Callable[[], Stream]
    deadline: float = 5.0


def program(run: Run, *argv: str, deadline: float = 5.0, fine: Sequence[int] = (0,)) -> Part:
    """What a program says, under the command that shows the same to whoever types it."""
    return Part(f"$ {shlex.join(argv)}", lambda: run(argv, fine=fine), deadline)


def reading(read: Callable[[Path], Stream], path: Path) -> Part:
    """What is in a file."""
    return Part(str(path), lambda: read(path))


async def page(parts: Sequence[Part]) -> AsyncGenerator[bytes, None]:
    """All of them. Raises Partly at the end where some failed; what this machine has not got is no failure."""
    failed: dict[str, list[str]] = {}
    loop = asyncio.get_running_loop()
    for number, part in enumerate(parts):
        yield f"{'' if number == 0 else chr(10)}==== {part.heading}\n".encode()
        pieces, end, last = part.stream(), loop.time() + part.deadline, b"\n"
        try:
            while True:
                left = max(end - loop.time(), 0.001)
                last = await asyncio.wait_for(pieces.__anext__(), left)
                yield last
        except StopAsyncIteration:
            said = ""
        except (FileNotFoundError, NotHere):
            said = "not on this machine"
        except (asyncio.TimeoutError, OSError, TarsError) as error:
            said = _words(error)
            failed.setdefault(said, []).append(part.heading.removeprefix("$ "))
        finally:
            await pieces.aclose()
        if not last.endswith(b"\n"):
            yield b"\n"
        if said:
            yield f"[{said}]\n".encode()
    if failed:
        raise Partly("; ".join(f"{', '.join(them)}: {why}" for why, them in failed.items()))


def _words(error: Exception) -> str:
    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    if isinstance(error, TarsError):
        return error.message
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

"""What a collector is, what it is asked, and how its failures are data."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

Stream = AsyncGenerator[bytes, None]
"""Raw bytes, as they come. What ends one early is raised: NotHere, Partly, TarsError or OSError."""

Put = Callable[[str, AsyncIterator[bytes]], Awaitable[None]]
"""Takes one file, by its name in the bundle, to its end. What it raises itself is its own, and ends the collecting."""

Why = Literal[
    "absent",  # this machine has no such thing: nothing is wrong with that
    "failed",  # it could not be asked, or not all of it
    "late",  # it had not answered by its deadline; what came until then is there
    "cut",  # it is larger than what is taken of it
]


class NotHere(Exception):
    """This machine has no such thing, and why: no card, no NAS, no program of that name."""


class Partly(Exception):
    """All there is has been streamed, and something is missing in it, in words."""

    def __init__(self, text: str, why: Why = "failed") -> None:
        super().__init__(text)
        self.why: Why = why


@dataclass(frozen=True)
class Asked:
    """`since`: nothing older is wanted of what has times; `log_lines`: of each service's log, the newest."""

    since: datetime
    log_lines: int = 1000


@dataclass(frozen=True)
class File:
    """One file: its name in the bundle, such as `system/memory.txt`, and what opens its stream.

    `deadline` is in seconds and for this file alone, so that one that hangs does not cost its neighbours.
    """

    name: str
    stream: Callable[[], Stream]
    deadline: float = 10.0


@dataclass(frozen=True)
class Gap:
    """What is not in the bundle, or not whole. `name` is a file's, or that of the collector where it is all of it.

    `text` holds other people's words: it goes through the redactor as every file does.
    """

    collector: str
    name: str
    why: Why
    text: str

    def as_json(self) -> dict[str, Any]:
        """As the manifest and the report have it."""
        return asdict(self)


@dataclass(frozen=True)
class Collector:
    """`id` is what `--include` and `--exclude` take. `about`: what is inside, one sentence for README.txt.

    `deadline` in seconds and `cap` in bytes are for all its files together. `files` lists them, which may itself ask
    somebody and fail as a stream may.
    """

    id: str
    title: str
    about: str
    files: Callable[[Asked], AsyncGenerator[File, None]]
    deadline: float = 15.0
    cap: int = 4 * 1024 * 1024

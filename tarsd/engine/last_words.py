"""What a database said before it ended: read once for each end, and only where that may tell why."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.containers import Container
from tarsd.host.generations import Service
from tarsd.host.log_tail import LogTail

ROLES = frozenset({"db", "cache"})
"""Of services that name their fault."""

BY_SIGNAL = frozenset({0, 130, 137, 143})
"""Ends that somebody else brought about: there are no last words, and each would cost the round a question."""

LINES = 60
DEADLINE = 1.0
"""Seconds; a round of the monitor waits for it."""


@dataclass(frozen=True)
class _Heard:
    container: str
    end: datetime | None
    lines: Sequence[str]


class LastWords:
    """In memory; after a restart of the daemon they are read again, for the container still has them."""

    def __init__(self, tail: LogTail) -> None:
        self._tail = tail
        self._heard: dict[str, _Heard] = {}

    async def of(self, service: Service, container: Container | None) -> Sequence[str]:
        """The last lines of its last run that ended by itself, without secrets; none where that tells nothing.

        They stay while it is started anew: whether that has helped its own answers say.
        """
        if service.role not in ROLES or container is None:
            return ()
        heard = self._heard.get(service.name)
        mine = heard if heard is not None and heard.container == container.id else None
        if container.state == "running":
            return mine.lines if mine is not None else ()
        if container.exit_code in BY_SIGNAL:
            return mine.lines if mine is not None else ()
        if mine is None or mine.end != container.finished:
            lines = await self._read(container)
            if lines is None:
                return ()
            mine = self._heard[service.name] = _Heard(container.id, container.finished, lines)
        return mine.lines

    async def _read(self, container: Container) -> Sequence[str] | None:
        since = int(container.started.timestamp()) if container.started is not None else 0
        try:
            return await self._tail.lines(container, LINES, since=since, deadline=DEADLINE)
        except (EngineRefused, EngineUnavailable, OSError, asyncio.TimeoutError):
            return None  # asked again in the next round

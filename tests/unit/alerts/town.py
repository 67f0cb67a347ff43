"""A daemon's alerts on a real state.db, the channels of its owner, and clocks that a test moves."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tarsd.alerts.alerts import Alerts
from tarsd.alerts.beat import Beat
from tarsd.alerts.book import Book
from tarsd.alerts.message import Writer
from tarsd.alerts.outbox import Outbox
from tarsd.alerts.policy import Holds
from tarsd.alerts.post import Post, Sources
from tarsd.changes.hiding import Hiding
from tarsd.changes.model import Change
from tarsd.engine.incident import Incident
from tarsd.errors import StateUnavailable
from tarsd.host.delivery import Ended
from tarsd.settings import Alerts as Settings
from tarsd.settings import Channel
from tarsd.store.outbox import OutboxStore
from tests.unit.engine.ward import Ward

SECRET = "hunter2-hunter2"

SENT = Ended("sent")
DOWN = Ended("later", "nobody answers there")


@dataclass
class World:
    """The outside: `answers` are the next ones of a channel, then `ways` for ever; what was taken is in `got`."""

    ways: dict[str, Ended] = field(default_factory=dict[str, Ended])
    answers: dict[str, list[Ended]] = field(default_factory=dict[str, list[Ended]])
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    tried: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )
    kept: set[str] = field(default_factory=set[str])
    cut: bool = False
    """The next message is taken, and tarsd ends before it hears of that."""

    async def carry(self, channel: str, told: dict[str, Any], message: str | None = None) -> Ended:
        self.tried.append((channel, told))
        waiting = self.answers.get(channel)
        ended = waiting.pop(0) if waiting else self.ways.get(channel, SENT)
        if ended.outcome == "sent":
            self.got.append((channel, told))
            if message is not None:
                self.kept.add(message)
        if self.cut:
            await asyncio.Event().wait()
        return ended

    async def receipts(self) -> Collection[str]:
        return set(self.kept)

    async def forget(self, message: str) -> None:
        self.kept.discard(message)

    def bodies(self, channel: str = "phone") -> list[str]:
        """What came there, title and text."""
        return [f"{it['title']}\n{it['body']}" for name, it in self.got if name == channel]

    def alerts(self, channel: str = "manager") -> list[dict[str, Any]]:
        """What came to an Alertmanager."""
        return [alert for name, it in self.got if name == channel for alert in it["alerts"]]


class Town(Ward):
    """`restart` is kill -9 and another daemon on the same state.db."""

    def __init__(self, path: Path, **channels: Channel) -> None:
        self.world = World()
        self.settings = Settings(channels=channels or {"phone": Channel()})
        self.needs: dict[str, frozenset[str]] = {}
        self.changes: list[Change] = []
        super().__init__(path)

    def begin(self) -> None:
        super().begin()
        log = self.log.logger
        self.outbox = Outbox(OutboxStore(self.database), log, self.wall)
        self.holds = Holds(self.wall)
        clock = lambda: self.seconds  # noqa: E731
        sources = Sources(
            self._told,
            lambda: self.needs,
            Hiding(lambda: lambda text: text.replace(SECRET, "[secret]")),
            Writer("tars"),
        )
        self.post = Post(self.outbox, self.holds, self.world, sources, log, self.wall, clock)
        self.book = Book(self.outbox, self.holds, lambda: self.settings, self.wall, clock)
        self.alerts = Alerts(
            self.incidents,
            self.outbox,
            self.holds,
            self.book,
            self.post,
            lambda: self.settings,
            log,
            self.wall,
            clock,
            lambda unwell: Beat(self.world, lambda: self.settings, unwell, log, clock),
            self._changes,
        )

    async def _told(self, number: int) -> Incident | None:
        try:
            return await self.ledger.get(number)
        except StateUnavailable:
            return self.incidents.find(number)

    async def _changes(self) -> list[Change]:
        return list(reversed(self.changes))

    async def start(self) -> "Town":
        await super().start()
        await self.pass_(0)
        return self

    async def stop(self) -> None:
        await self.alerts.close()
        await super().stop()

    async def pass_(self, seconds: float, step: float = 1.0) -> None:
        """So much time goes by, with a look every second and all sending done."""
        end = self.seconds + seconds
        while True:
            await self.alerts.look()
            sending = [task for task in self.alerts.sending.values() if not task.done()]
            if sending:
                _, stuck = await asyncio.wait(sending, timeout=5)
                for task in stuck:
                    task.cancel()
                if stuck:
                    await asyncio.wait(stuck)
            if self.seconds >= end:
                return
            self.later(min(step, end - self.seconds))

    def clock_jumps(self, hours: float) -> None:
        """Somebody sets the clock on the wall."""
        self.wall_shift += timedelta(hours=hours)

    def states(self, channel: str = "phone") -> list[str]:
        return [
            f"{it.kind.value} {it.state.value}"
            for it in self.outbox.notices
            if it.channel == channel
        ]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""Tells everybody who listens that something has turned; whoever is slow gets the newest, and none of what lies between."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from tarsd.observe.ops import snapshot
from tarsd.observe.picture import Picture


class News:
    """A counter that can be waited for: `number` grows where what the page shows is another, not with each figure of it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turned: asyncio.Future[None] | None = None
        self._told: object = None
        self._picture = Picture()
        self.number = 0

    @property
    def body(self) -> Mapping[str, Any]:
        """The snapshot as it is now: who comes late is told how old it is, and of what is too old that nobody can tell."""
        return snapshot(self._picture, self._clock())

    def take(self, picture: Picture) -> None:
        """A new picture; who waits is woken only if its verdict, a service or an incident is another."""
        told, self._picture = _essence(picture), picture
        if told == self._told and self.number:
            return
        self._told = told
        self.number += 1
        if self._turned is not None and not self._turned.done():
            self._turned.set_result(None)
        self._turned = None

    async def after(self, number: int, seconds: float) -> bool:
        """Whether there is something newer than `number`, within that time."""
        if self.number > number:
            return True
        if self._turned is None:
            self._turned = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._turned], timeout=seconds)
        return self.number > number


def _essence(picture: Picture) -> object:
    status = picture.status
    if status is None:
        return None
    incidents = status.incidents
    return (
        status.overall,
        status.message,
        tuple(
            (it.name, it.state, it.health, it.wanted, it.since, it.message)
            for it in status.services
        ),
        incidents
        and (
            tuple(
                (it.id, it.fault, it.subject, it.status, it.acknowledged) for it in incidents.open
            ),
            incidents.last,
        ),
        status.change,
        tuple((it.name, it.loaded is not None) for it in picture.stock.models or ()),
        (status.nas.mounted, status.nas.fault),
    )

"""How an examination looks at the machine: beside the monitor that watches it, or once where nobody does."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from tarsd.catalogue.check import World
from tarsd.catalogue.service_check import has_probe, runs, unasked
from tarsd.catalogue.views import ServiceView
from tarsd.engine.probing import Prober
from tarsd.engine.snapshot import Snapshot
from tarsd.engine.standing import HUNG
from tarsd.engine.truth import Truth
from tarsd.engine.views import Views
from tarsd.errors import GenerationDamaged

FIRST_ANSWER = 8.0
"""Seconds for each service to be asked once by who has only just come: twice the deadline of a probe, and a pause."""


PLAIN = HUNG + 2.0
"""Seconds of silence by which an Engine is known to hang, and is not only slow."""


class LiveEyes:
    """The Engine is looked at anew; what services answered is the prober's, who asks them all the time."""

    def __init__(self, truth: Truth, views: Views, world: Callable[[], World]) -> None:
        self._truth = truth
        self._views = views
        self._world = world

    async def look(self, own: frozenset[str]) -> World:
        """See Eyes. Right after tarsd's start it waits until each service was asked once: a moment later it is known."""
        loop = asyncio.get_running_loop()
        snapshot, end = await self._truth.look(), loop.time() + FIRST_ANSWER
        world = await self.world_of(snapshot, own)
        while any(it.wanted == "running" and unasked(it) for it in world.services):
            if loop.time() >= end:
                break
            await asyncio.sleep(0.1)
            world = await self.world_of(snapshot, own)
        return world

    async def world_of(self, snapshot: Snapshot, own: frozenset[str]) -> World:
        """The world with that look at the Engine in it. A generation that cannot be read has no services."""
        views: Sequence[ServiceView] = ()
        with suppress(GenerationDamaged):  # which a check of its own tells
            views = await self._views.build(snapshot)
        services = [replace(it, busy=None) if it.name in own else it for it in views]
        return replace(self._world(), engine=snapshot.engine, services=services)


class FirstEyes:
    """Where no daemon is: the Engine is asked until it is plain how it stands, each service once."""

    def __init__(self, live: LiveEyes, truth: Truth, prober: Prober) -> None:
        self._live = live
        self._truth = truth
        self._prober = prober

    async def look(self, own: frozenset[str]) -> World:
        """See Eyes."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PLAIN
        while (snapshot := await self._truth.look()).engine.status == "unknown":
            if loop.time() >= end:
                break
            await asyncio.sleep(0.5)
        world = await self._live.world_of(snapshot, own)
        self._prober.follow(
            {
                it.name: (it.service, it.container)
                for it in world.services
                if it.wanted == "running" and it.container is not None and runs(it)
            }
        )
        end = loop.time() + FIRST_ANSWER
        while not _answered(world.services) and loop.time() < end:
            await asyncio.sleep(0.1)
            world = await self._live.world_of(snapshot, own)
        return world


def _answered(views: Sequence[ServiceView]) -> bool:
    """Whether it is plain of each how it stands: one failure is looked into before anything is said."""
    return all(
        it.wanted != "running"
        or not runs(it)
        or not has_probe(it)
        or (it.answers.ready is not None and it.answers.failures != 1)
        or it.answers.why in ("starting", "unasked")
        for it in views
    )

"""Puts together what is known of each service: its generation's word, its container, its owner's wish, its answers."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from tarsd.catalogue.views import Answers, ServiceView, Wanted
from tarsd.engine.exits import Exits
from tarsd.engine.snapshot import Snapshot
from tarsd.host.containers import Container
from tarsd.host.generations import Generation, Generations


class Views:
    """Asks nobody but the disk for the generation, and that only when another one is current."""

    def __init__(
        self,
        generations: Generations,
        wishes: Callable[[], Mapping[str, Wanted]],
        left_by_engine: Callable[[str], bool],
        answers: Callable[[str, Container | None], Answers],
        exits: Exits,
        busy: Callable[[str], str | None],
        held: Callable[[str], str | None],
        now: Callable[[], datetime],
    ) -> None:
        self._generations = generations
        self._wishes = wishes
        self._left_by_engine = left_by_engine
        self._answers = answers
        self._exits = exits
        self._busy = busy
        self._held = held
        self._now = now
        self._generation: Generation | None = None

    async def build(self, snapshot: Snapshot) -> tuple[ServiceView, ...]:
        """One for each service of the current generation; none before an install. Raises GenerationDamaged."""
        generation = await asyncio.to_thread(self._current)
        if generation is None:
            return ()
        wishes = self._wishes()
        containers = snapshot.containers or {}
        return tuple(
            self._view(generation, name, wishes.get(name, "running"), containers)
            for layer in generation.start_order()
            for name in layer
        )

    def _view(
        self,
        generation: Generation,
        name: str,
        wanted: Wanted,
        containers: Mapping[str, Container],
    ) -> ServiceView:
        container = containers.get(name)
        running = container is not None and container.state == "running"
        started = container.started if container is not None and running else None
        return ServiceView(
            service=generation.services[name],
            container=container,
            wanted=wanted,
            answers=self._answers(name, container),
            exits=self._exits.recent(name),
            busy=self._busy(name),
            left_by_engine=self._left_by_engine(name),
            held=self._held(name),
            age=(self._now() - started).total_seconds() if started else None,
        )

    def _current(self) -> Generation | None:
        number = self._generations.current_number()
        if number is None:
            return None
        if self._generation is None or self._generation.number != number:
            self._generation = self._generations.get(number)
        return self._generation

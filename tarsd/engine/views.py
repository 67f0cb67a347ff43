"""Puts together what is known of each service: its generation's word, its container, its owner's wish, its answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from tarsd.catalogue.views import Answers, Exit, ServiceView, Wanted
from tarsd.engine.exits import Exits
from tarsd.engine.snapshot import Snapshot
from tarsd.host.containers import Container
from tarsd.host.generations import Generation, Generations, Service


async def _silent(_service: Service, _container: Container | None) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Sources:
    """Who knows what."""

    wanted: Callable[[], Mapping[str, Wanted]]
    left_by_engine: Callable[[str], bool]
    answers: Callable[[str, Container | None], Answers]
    exits: Exits
    busy: Callable[[str], str | None]
    held: Callable[[str], str | None]
    now: Callable[[], datetime]
    words: Callable[[Service, Container | None], Awaitable[Sequence[str]]] = _silent


class Views:
    """Asks nobody but the disk for the generation, and that only when another one is current."""

    def __init__(self, generations: Generations, sources: Sources) -> None:
        self._generations = generations
        self._from = sources
        self._generation: Generation | None = None

    @property
    def names(self) -> frozenset[str]:
        """The services of the generation that was current at the last look."""
        return frozenset(self._generation.services) if self._generation else frozenset()

    @property
    def needs(self) -> Mapping[str, Set[str]]:
        """What each of them needs, directly."""
        if self._generation is None:
            return {}
        return {name: service.after for name, service in self._generation.services.items()}

    async def build(self, snapshot: Snapshot) -> tuple[ServiceView, ...]:
        """One for each service of the current generation; none before an install. Raises GenerationDamaged."""
        self._generation = await asyncio.to_thread(self._current)
        if self._generation is None:
            return ()
        wanted = self._from.wanted()
        containers = snapshot.containers or {}
        views = [
            self._view(self._generation.services[name], containers.get(name), wanted)
            for layer in self._generation.start_order()
            for name in layer
        ]
        words = await asyncio.gather(*(self._from.words(it.service, it.container) for it in views))
        return tuple(
            replace(it, words=tuple(lines)) if lines else it
            for it, lines in zip(views, words, strict=True)
        )

    def _view(
        self, service: Service, container: Container | None, wanted: Mapping[str, Wanted]
    ) -> ServiceView:
        name = service.name
        answers = self._from.answers(name, container)
        end = self._from.exits.unseen(container) if container else None
        if container is not None and end is not None:
            container, answers = _ended(container, end), Answers()
        running = container is not None and container.state == "running"
        started = container.started if container is not None and running else None
        made = container.created if container is not None else None
        return ServiceView(
            service=service,
            container=container,
            wanted=wanted.get(name, "running"),
            answers=answers,
            exits=self._from.exits.recent(name),
            busy=self._from.busy(name),
            left_by_engine=self._from.left_by_engine(name),
            held=self._from.held(name),
            age=_age(started, self._from.now()),
            made_ago=_age(made, self._from.now()),
        )

    def _current(self) -> Generation | None:
        number = self._generations.current_number()
        if number is None:
            return None
        if self._generation is None or self._generation.number != number:
            return self._generations.get(number)
        return self._generation


def _age(started: datetime | None, now: datetime) -> float | None:
    """Seconds since then. None where a clock that was put back has that in the future: it has no grace then."""
    return (now - started).total_seconds() if started is not None and started <= now else None


def _ended(container: Container, end: Exit) -> Container:
    """A container whose end was told, and has not been looked at since: what inspect will say of it in a moment."""
    state = "restarting" if container.comes_back else "exited"
    ended = replace(container, state=state, exit_code=end.code, finished=end.at, health="none")
    return replace(ended, oom_killed=end.oom)

"""Asks each running service by its probe, again and again, and keeps what it answers."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from tarsd.catalogue.views import DEFAULT_GRACE, Answers
from tarsd.engine.answering import excused, failed, passed, turned
from tarsd.engine.own_side import OwnSide
from tarsd.engine.passes import Passes, utc_now
from tarsd.engine.probe_choice import Choice
from tarsd.engine.silence import Silence
from tarsd.errors import ProbeFailed
from tarsd.host.containers import Container
from tarsd.host.generations import Service
from tarsd.settings import Monitor

AGAIN = 0.5
"""Seconds until a first failure is looked into, and a question repeated that counted for nothing."""

EAGER = 1.0
"""Seconds between two questions to a service that is starting."""

JITTER = 0.02
"""Of a period; small, so that a hung service is known within one period and two deadlines."""

OVERDUE = 1.0
"""Seconds beyond its deadline after which a probe that breaks its promise is given up."""


class Chooser(Protocol):
    """Picks the probe of a service."""

    def choose(self, service: Service, deadline: float) -> Choice:
        """See tarsd.engine.probe_choice.ProbeChooser."""
        ...


@dataclass(eq=False)
class _Asked:
    """One start of one container; `turn` is its place in a period, from 0 to 1, `young` its age when it was first seen."""

    service: Service
    container: Container
    choice: Choice
    turn: float
    seen: float
    young: float
    answers: Answers = field(default_factory=Answers)
    void: bool = False
    """The last question counted for nothing."""
    soon: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    def starting(self, now: float) -> bool:
        grace = self.service.start_grace
        left = (DEFAULT_GRACE if grace is None else grace) - self.young - (now - self.seen)
        return left > 0 and (not self.answers.passed or self.answers.why == "starting")


class Prober:
    """A probe that hangs is a failure of its service and holds up no other; nothing here raises.

    `changed` is told the name of a service that may have to be judged anew, `silent` that one has begun to say nothing;
    they must not raise.
    """

    def __init__(
        self,
        chooser: Chooser,
        passes: Passes,
        settings: Callable[[], Monitor],
        changed: Callable[[str], None],
        own_side: OwnSide | None = None,
        now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
        silent: Callable[[], None] = lambda: None,
    ) -> None:
        self._chooser = chooser
        self._passes = passes
        self._settings = settings
        self._changed = changed
        self._own_side = own_side or OwnSide()
        self._now = now
        self._chance = chance
        self._silent = silent
        self._silence = Silence()
        self._asked: dict[str, _Asked] = {}

    def follow(self, running: Mapping[str, tuple[Service, Container]] | None) -> None:
        """Ask these from now on, and no others: services that are wanted and whose container runs; to be told often.

        A new start of a container begins anew. None: nobody knows what runs, so nobody is asked (a port may be another's
        by now, and a password goes to the service only), and what was answered is kept.
        """
        if running is None:
            for asked in self._asked.values():
                _stop(asked)
            return
        for name in [it for it in self._asked if it not in running]:
            _stop(self._asked.pop(name))
        for number, name in enumerate(sorted(running)):
            self._follow(name, *running[name], number / len(running))

    def answers(self, service: str, container: Container | None = None) -> Answers:
        """Of the start that is followed, nothing of any other: give `container`, and it is that one's or none."""
        asked = self._asked.get(service)
        if asked is None or (container and _start(container) != _start(asked.container)):
            return Answers()
        return asked.answers

    def ask_soon(self, *services: str) -> None:
        """Ask these at once, or all: after a resume, or where something hints at a fault."""
        for name in services or tuple(self._asked):
            if name in self._asked:
                self._asked[name].soon.set()

    def close(self) -> None:
        """Ask nobody any more."""
        self.follow({})

    def _follow(self, name: str, service: Service, container: Container, turn: float) -> None:
        known = self._asked.get(name)
        same = known is not None and _start(known.container) == _start(container)
        if known is None or not same:
            if known is not None:
                _stop(known)
            self._asked[name] = known = self._begun(service, container, turn)
        elif known.service != service:
            known.service = service
            self._choose(known)
        known.container, known.turn = container, turn
        if known.task is None or known.task.done():  # one that a defect has ended is begun anew
            known.task = asyncio.create_task(self._keep_asking(known), name=f"probe {name}")

    def _begun(self, service: Service, container: Container, turn: float) -> _Asked:
        started = container.started
        young = (self._now() - started).total_seconds() if started else 0.0
        at = asyncio.get_running_loop().time()
        asked = _Asked(service, container, Choice(None), turn, at, max(young, 0.0))
        self._choose(asked)
        return asked

    def _choose(self, asked: _Asked) -> None:
        """Anew after each failure: an address of this machine may have changed."""
        asked.choice = self._chooser.choose(asked.service, self._settings().probe_deadline)
        asked.answers = replace(
            asked.answers,
            probed=asked.choice.probe is not None,
            problem=asked.choice.problem,
        )

    async def _keep_asking(self, asked: _Asked) -> None:
        await asyncio.sleep(self._chance() * AGAIN)  # at the daemon's start, not all in one moment
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            asked.soon.clear()
            await self._ask(asked)
            try:
                await asyncio.wait_for(asked.soon.wait(), self._pause(asked, began, loop.time()))
            except asyncio.TimeoutError:
                continue

    def _pause(self, asked: _Asked, began: float, now: float) -> float:
        answers, period = asked.answers, float(self._settings().probe_period)
        if asked.choice.probe is not None:
            if asked.void:
                return AGAIN
            if answers.ready is not True and asked.starting(now):
                return min(EAGER, period)
            if answers.failures == 1 and answers.blame is None:
                return AGAIN
        # The next of its own moments in a period, so that services never bunch.
        due = (began // period + asked.turn) * period
        due += period if due <= began else 0.0
        return max(due - now, 0.0) + JITTER * period * self._chance()

    async def _ask(self, asked: _Asked) -> None:
        settings = self._settings()
        if asked.choice.probe is None or asked.answers.why is not None:
            self._choose(asked)
        if asked.choice.probe is None:
            return
        attention = self._own_side.attend()
        try:
            found = await _answer(asked.choice, settings.probe_deadline)
        finally:
            trouble = attention.end()
        asked.void = trouble is not None and isinstance(found, ProbeFailed)
        if not asked.void:
            self._take(asked, found, settings, measured=trouble is None)

    def _take(
        self, asked: _Asked, found: float | ProbeFailed, settings: Monitor, *, measured: bool
    ) -> None:
        before, threshold = asked.answers, settings.probe_failures
        if isinstance(found, ProbeFailed):
            asked.answers = self._failed(asked, found, settings)
        else:
            latency = found if measured else None
            asked.answers = passed(before, latency, self._now(), asked.choice.level)
            self._passes.note(asked.container)
            self._silence.over()
        if turned(before, asked.answers, threshold):
            self._changed(asked.service.name)

    def _failed(self, asked: _Asked, error: ProbeFailed, settings: Monitor) -> Answers:
        before, at = asked.answers, asyncio.get_running_loop().time()
        counted = failed(before, error.why, error.reason, settings.probe_failures, at)
        if error.why != "silent":
            self._silence.over()
            return counted
        others = [it for it in self._asked.values() if it is not asked and it.choice.probe]
        if before.why != "silent":
            self._silent()
            for other in others:  # is it this one, or all of them?
                other.soon.set()
        if not others or any(it.answers.why != "silent" for it in others):
            return counted
        patience = float(settings.probe_period + settings.probe_deadline)
        blame = self._silence.blame(at, self._own_side.short_of(), patience)
        return counted if blame is None else excused(before, error.reason, blame)


async def _answer(choice: Choice, deadline: float) -> float | ProbeFailed:
    """The latency, or the failure; whatever a probe does."""
    assert choice.probe is not None
    try:
        return await asyncio.wait_for(choice.probe.ask(), deadline + OVERDUE)
    except ProbeFailed as error:
        return error
    except asyncio.TimeoutError:
        return ProbeFailed("it", f"no answer within {deadline:g} s", "silent")
    except Exception as error:  # noqa: BLE001  a defect in a probe is told as what it is, and is no fault of the service
        return ProbeFailed("it", f"the probe itself failed: {error!r}", "unasked")


def _start(container: Container) -> tuple[str, datetime | None]:
    return container.id, container.started


def _stop(asked: _Asked) -> None:
    if asked.task is not None:
        asked.task.cancel()
        asked.task = None

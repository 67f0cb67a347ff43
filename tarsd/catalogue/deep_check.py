"""What the checks share that have a service do some work: when it is asked at all, and what a refusal means."""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.service_check import runs
from tarsd.catalogue.views import ServiceView
from tarsd.errors import ProbeFailed, Why
from tarsd.host.probes.probe import Probe

EVERY = 900.0
"""Seconds: what still listens and does not work is rare, and each question is some work."""

AGAIN = 2.0
"""Seconds until a failure is looked into: one alone may be of that moment."""

STRAINED = {"cpu": 80.0, "memory": 10.0, "io": 40.0}
"""Per cent of pressure from which the machine has enough to do without us; our judgement."""

_WORDS = {"cpu": "processor time", "memory": "memory", "io": "its disks"}

_NOT_ITS_FAULT: frozenset[Why] = frozenset({"starting", "unasked"})


class DeepCheck(Check):
    """Of the service with one role. It is asked only while its container runs and its probe does not tell of a fault:

    that fault is told already, and a password goes to the service only.
    """

    role: ClassVar[str]
    deep = True
    every = EVERY
    after = ("docker.down", "docker.hung")
    deadline = 40.0

    def applies(self, world: World) -> bool:
        """Whether there is such a service, and its owner wants it to run."""
        view = service_of(world, self.role)
        return view is not None and view.wanted == "running"

    async def ask(self, world: World) -> Finding:
        """Wait for a better moment, or see what it does."""
        view = service_of(world, self.role)
        assert view is not None  # or it would not apply
        waits = waits_for(view) or (None if world.asked.attended else strained(world))
        return self.skipped(waits, view.name) if waits else await self.work(world, view)

    @abstractmethod
    async def work(self, world: World, view: ServiceView) -> Finding:
        """Have it do something."""

    def skipped(self, why: str, subject: str, evidence: Sequence[str] = ()) -> Finding:
        """It was not asked, and why; what was known of it still stands."""
        return Finding(self.id, subject, Status.SKIP, why, None, tuple(evidence))


def service_of(world: World, role: str) -> ServiceView | None:
    """The service with this role, of several the first by name."""
    found = sorted((it for it in world.services if it.service.role == role), key=lambda it: it.name)
    return found[0] if found else None


def waits_for(view: ServiceView) -> str | None:
    """Why it makes no sense, or is not safe, to ask it now."""
    if view.busy:
        return view.busy
    if not runs(view):
        return "its container does not run"
    if view.answers.ready is False or view.answers.failures:
        return f"it does not answer: {view.answers.reason or view.answers.why}"
    return None


def strained(world: World) -> str | None:
    """What the machine has too much to do with for work that can wait; None where the kernel does not tell."""
    found = world.deep.pressure()
    if found is None:
        return None
    for what, least in STRAINED.items():
        share = float(getattr(found, what))
        if share >= least:
            return (
                f"the machine is busy: {share:.0f} % of the last 10 s were waits for {_WORDS[what]}"
            )
    return None


async def twice(task: Probe) -> float:
    """Seconds that it took; a failure is looked into once more. Raises the second ProbeFailed."""
    try:
        return await task.ask()
    except ProbeFailed as error:
        if error.why in _NOT_ITS_FAULT:
            raise
    await asyncio.sleep(AGAIN)
    return await task.ask()


def milliseconds(seconds: float) -> str:
    """`4.2 ms`, `120 ms`."""
    number = seconds * 1000
    return f"{number:.1f} ms" if number < 10 else f"{number:.0f} ms"

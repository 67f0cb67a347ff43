"""What the checks of services share: one answer for each service that is wanted, and one fault of it at a time."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.health_output import cannot_run
from tarsd.catalogue.views import Answers, ServiceView

SETTLED = 10.0
"""Seconds that a service without a probe must have run to count as up: Docker takes its restart as a success by then."""


@dataclass(frozen=True)
class Told:
    """A fault that is there: its severity, what is wrong, what helps; `evidence` as a finding's."""

    status: Status
    summary: str
    fix: str | None = None
    evidence: tuple[str, ...] = ()


def failing(summary: str, fix: str | None = None) -> Told:
    """It does not work."""
    return Told(Status.FAIL, summary, fix)


def warning(summary: str, fix: str | None = None) -> Told:
    """It is being mended without us, or waited for."""
    return Told(Status.WARN, summary, fix)


class ServiceCheck(Check):
    """A fault that a service may have beside any other, as a label that makes no sense."""

    subject = "service"
    after = ("docker.down", "docker.hung")
    every = 0.0

    @abstractmethod
    def sees(self, view: ServiceView, world: World) -> Told | None:
        """What is wrong with it, as far as this check is concerned; None if nothing is. Asks nobody."""

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each service that should run."""
        return [
            self._busy(view) or self.judge(view, world)
            for view in world.services
            if view.wanted == "running"
        ]

    def judge(self, view: ServiceView, world: World) -> Finding:
        """The finding of one service that no change works on."""
        told = self.sees(view, world)
        return self._passed(view) if told is None else self._told(view, told)

    def _busy(self, view: ServiceView) -> Finding | None:
        return self._skipped(view, view.busy) if view.busy else None

    def _passed(self, view: ServiceView) -> Finding:
        return self.passed("no sign of it", subject=view.name)

    def _told(self, view: ServiceView, told: Told) -> Finding:
        return Finding(self.id, view.name, told.status, told.summary, told.fix, told.evidence)

    def _skipped(self, view: ServiceView, why: str) -> Finding:
        return Finding(self.id, view.name, Status.SKIP, why)


class Rank:
    """The faults of which a service has one at a time, the plainest first: a missing container does not also hang."""

    def __init__(self) -> None:
        self.checks: list[FaultCheck] = []

    def first(self, view: ServiceView, world: World) -> tuple["FaultCheck", Told] | None:
        """The fault that it has, if any."""
        for check in self.checks:
            told = check.sees(view, world)
            if told is not None:
                return check, told
        return None

    @property
    def ids(self) -> Sequence[str]:
        """Of all faults, in that order."""
        return [check.id for check in self.checks]


class FaultCheck(ServiceCheck):
    """A fault that keeps a service from doing its work. It passes only once the service works, whatever else is wrong:

    while there is another fault, or it is still starting, this one neither goes on nor is mended (`skip`).
    """

    warns = True
    alone: ClassVar[bool] = False
    """Whether it is plainly the service's own: none of those it depends on can have caused it."""

    def __init__(self, rank: Rank) -> None:
        self._rank = rank
        rank.checks.append(self)

    def judge(self, view: ServiceView, world: World) -> Finding:
        """See ServiceCheck."""
        found = self._rank.first(view, world)
        if found is not None:
            check, told = found
            mine = check is self
            return self._told(view, told) if mine else self._skipped(view, f"waits for {check.id}")
        if works(view):
            return self.passed("works", subject=view.name)
        if runs(view) and view.answers.why == "unasked":
            return self.unknown(view.answers.reason or "it cannot be asked", subject=view.name)
        if unasked(view):
            return self.unknown("it has not been asked yet", subject=view.name)
        return self._skipped(view, _settling(view))


def unasked(view: ServiceView) -> bool:
    """Whether nothing is known of it only because tarsd, or its container, has just been started."""
    return runs(view) and has_probe(view) and view.answers == Answers()


def runs(view: ServiceView) -> bool:
    """Whether its container runs."""
    return view.container is not None and view.container.state == "running"


def has_probe(view: ServiceView) -> bool:
    """Whether we can ask it ourselves."""
    return view.answers.probed and view.answers.problem is None


def docker_decides(view: ServiceView) -> bool:
    """Whether Docker's health check knows more of it than we do: without a probe, or with one that only connects."""
    return not has_probe(view) or view.answers.level == "live"


def works(view: ServiceView) -> bool:
    """Whether it does its work, as far as anybody can tell."""
    if view.container is None or not runs(view):
        return False
    if has_probe(view) and view.answers.ready is not True:
        return False
    if view.answers.failures:  # one that failed is asked again before anything is said
        return False
    if not docker_decides(view):
        return True
    settled = view.age is None or view.age >= SETTLED
    it = view.container
    well = it.health in ("healthy", "none") or (
        it.health == "unhealthy" and cannot_run(it.health_output)
    )
    return well and (settled or has_probe(view))


def _settling(view: ServiceView) -> str:
    if view.container is not None and not runs(view):
        return f"is {view.container.state}"
    if view.answers.blame is not None:
        return view.answers.blame
    if view.starting:
        said = f": {view.answers.reason}" if view.answers.reason else ""
        return f"is starting, {view.grace_left:.0f} s are left to it{said}"
    return view.answers.reason or "has only just started"

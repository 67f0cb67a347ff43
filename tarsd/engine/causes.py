"""Root causes: what fails only because something it needs fails is not a fault of its own."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.service_check import FaultCheck, runs
from tarsd.catalogue.services import FAULTS
from tarsd.catalogue.views import ServiceView

RECOVERY = 30.0
"""Seconds that a service gets to come back by itself once what it needs is there again, before its own fault counts."""

OF_ITS_ANSWERS = frozenset({"service.hung", "service.slow-start", "service.unhealthy"})
"""What a service that reads a share does while that hangs."""


@dataclass(frozen=True)
class Reader:
    """A service that reads a NAS which is not well: `waits_for` is the check that says so.

    `cannot_start`: nothing is mounted, so that it is not started either.
    """

    service: str
    waits_for: str
    cannot_start: bool


class Causes:
    """Knows for how long each service is still excused. Times are the loop's, in seconds."""

    def __init__(self, faults: Sequence[FaultCheck] = FAULTS, deep: Set[str] = frozenset()) -> None:
        """`deep`: the ids of the checks that have a service do some work."""
        self._deep = deep
        self._ill: dict[str, tuple[float, str]] = {}
        self._faults = {check.id for check in faults}
        self._own = {check.id for check in faults if check.alone}
        self._excused: dict[str, tuple[float, str]] = {}
        self._by_nas: dict[str, tuple[float, Reader]] = {}

    def judge(
        self,
        findings: Sequence[Finding],
        services: Sequence[ServiceView],
        at: float,
        readers: Sequence[Reader] = (),
    ) -> list[Finding]:
        """The same findings, those that another service's fault explains as `skip` ("waits for postgres").

        A fault that is plainly the service's own stays, whatever else is wrong: without a container, an image, a network,
        or memory, with a wrong password, paused, or left by the Engine. A crash loop does not: web applications end at
        start while their database is down. Of services that need each other none explains the other.

        What a service was given to do while it had a fault, or so shortly after that it may have been begun before, tells
        nothing new. `readers` are those that read a NAS which is not well.
        """
        self._ill = {name: it for name, it in self._ill.items() if it[0] > at}
        self._ill |= {it.subject: (at + RECOVERY, it.id) for it in findings if self._speaks(it)}
        needs = _needs(services)
        down = self._down(findings, services)
        for name in needs:
            root = _root(name, needs, down)
            if root is not None:
                self._excused[name] = (at + RECOVERY, root)
            elif self._excused.get(name, (at, ""))[0] <= at:
                self._excused.pop(name, None)
        self._by_nas = {name: it for name, it in self._by_nas.items() if it[0] > at}
        self._by_nas.update({it.service: (at + RECOVERY, it) for it in readers})
        return [self._judged(finding) for finding in findings]

    def _down(self, findings: Sequence[Finding], services: Sequence[ServiceView]) -> Set[str]:
        """Services that do not work, for a fault, for their owner's wish, or for what is not known yet: that its container
        does not run is enough, also where it takes a moment to tell whose stop that was."""
        failing = {it.subject for it in findings if self._speaks(it)}
        return failing | {it.name for it in services if it.wanted == "stopped" or not runs(it)}

    def _speaks(self, finding: Finding) -> bool:
        return finding.id in self._faults and finding.status in (Status.FAIL, Status.WARN)

    def _judged(self, finding: Finding) -> Finding:
        root = self._root_of(finding)
        if root is None:
            return finding
        return replace(finding, status=Status.SKIP, summary=f"waits for {root}", fix=None)

    def _root_of(self, finding: Finding) -> str | None:
        if finding.id in self._deep and finding.status is Status.FAIL:
            return self._ill[finding.subject][1] if finding.subject in self._ill else None
        if not self._speaks(finding) or finding.id in self._own:
            return None
        if finding.subject in self._excused:
            return self._excused[finding.subject][1]
        if finding.subject not in self._by_nas:
            return None
        reader = self._by_nas[finding.subject][1]
        explained = reader.cannot_start or finding.id in OF_ITS_ANSWERS
        return reader.waits_for if explained else None


def _needs(services: Sequence[ServiceView]) -> Mapping[str, Set[str]]:
    """All that each service needs, directly or not."""
    direct = {view.name: view.service.after for view in services}
    return {name: _reached(name, direct) for name in direct}


def _reached(name: str, direct: Mapping[str, Set[str]]) -> Set[str]:
    found: set[str] = set()
    waiting = set(direct[name])
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting |= direct.get(other, frozenset())
    return found


def _root(name: str, needs: Mapping[str, Set[str]], down: Set[str]) -> str | None:
    """The first of those that it needs and that do not work, and which nothing else explains in turn."""
    causes = {it for it in needs[name] & down if name not in needs.get(it, frozenset())}
    roots = sorted(it for it in causes if not (needs.get(it, frozenset()) & causes - {it}))
    return (roots or sorted(causes) or [None])[0]

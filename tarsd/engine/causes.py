"""Root causes: what fails only because something it needs fails is not a fault of its own."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.disk_remedies import unwritable
from tarsd.catalogue.docker import DockerDown, DockerHung
from tarsd.catalogue.ports import PortTaken
from tarsd.catalogue.service_check import FaultCheck, runs
from tarsd.catalogue.services import FAULTS
from tarsd.catalogue.views import ServiceView

RECOVERY = 30.0
"""Seconds that a service gets to come back by itself once what it needs is there again, before its own fault counts."""

ENGINE = (DockerDown.id, DockerHung.id)


class Causes:
    """Knows for how long each service is still excused. Times are the loop's, in seconds."""

    def __init__(self, faults: Sequence[FaultCheck] = FAULTS) -> None:
        self._faults = {check.id for check in faults}
        self._own = {check.id for check in faults if check.alone}
        self._excused: dict[str, tuple[float, str]] = {}
        self._disk = (float("-inf"), "")

    def judge(
        self,
        findings: Sequence[Finding],
        services: Sequence[ServiceView],
        at: float,
        world: World | None = None,
    ) -> list[Finding]:
        """The same findings, those that another service's fault explains as `skip` ("waits for postgres").

        A fault that is plainly the service's own stays, whatever else is wrong: without a container, an image, a network,
        or memory, with a wrong password, paused, or left by the Engine. A crash loop does not: web applications end at
        start while their database is down. Of services that need each other none explains the other.

        `world` has the newest findings of all checks: a Docker's disk that takes no writes explains every fault of a service
        and of the Engine, for all of them write; a port that somebody else holds explains why its service does not start.
        """
        disk = unwritable(world) if world is not None else None
        if disk is not None:
            self._disk = at + RECOVERY, disk
        taken = _taken(world.known if world is not None else ())
        needs = _needs(services)
        down = self._down(findings, services)
        for name in needs:
            root = _root(name, needs, down)
            if root is not None:
                self._excused[name] = (at + RECOVERY, root)
            elif self._excused.get(name, (at, ""))[0] <= at:
                self._excused.pop(name, None)
        lacking = {view.name: port for view in services if (port := _lacks(view, taken))}
        return [self._judged(finding, at, lacking) for finding in findings]

    def _down(self, findings: Sequence[Finding], services: Sequence[ServiceView]) -> Set[str]:
        """Services that do not work, for a fault or for their owner's wish."""
        failing = {it.subject for it in findings if self._speaks(it)}
        return failing | {view.name for view in services if view.wanted == "stopped"}

    def _speaks(self, finding: Finding) -> bool:
        return finding.id in self._faults and finding.status in (Status.FAIL, Status.WARN)

    def _judged(self, finding: Finding, at: float, lacking: Mapping[str, str]) -> Finding:
        if self._disk[0] > at and (self._speaks(finding) or _of_engine(finding)):
            return _waits(finding, self._disk[1])
        if not self._speaks(finding):
            return finding
        if finding.subject in lacking:
            return _waits(finding, lacking[finding.subject])
        if finding.id in self._own:
            return finding
        if finding.subject not in self._excused:
            return finding
        root = self._excused[finding.subject][1]
        return _waits(finding, root)


def _waits(finding: Finding, root: str) -> Finding:
    return replace(finding, status=Status.SKIP, summary=f"waits for {root}", fix=None)


def _of_engine(finding: Finding) -> bool:
    return finding.id in ENGINE and finding.status is Status.FAIL


def _taken(known: Iterable[Finding]) -> Set[str]:
    """Ports that somebody else holds, as `port 6379`."""
    return {it.subject for it in known if it.id == PortTaken.id and it.status is Status.FAIL}


def _lacks(view: ServiceView, taken: Set[str]) -> str | None:
    """The fault of the port that keeps it from starting."""
    if view.container is None or runs(view):
        return None
    lacking = taken & {f"port {it.rpartition(':')[2]}" for it in view.container.ports}
    return f"{PortTaken.id} of {min(lacking)}" if lacking else None


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

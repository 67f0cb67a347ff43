"""What the machine itself explains: on a disk that takes no writes, or without its port, a fault is not a service's own."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.disk_remedies import unwritable
from tarsd.catalogue.docker import DockerDown, DockerHung
from tarsd.catalogue.ports import PortTaken
from tarsd.catalogue.service_check import runs
from tarsd.catalogue.services import FAULTS
from tarsd.catalogue.views import ServiceView
from tarsd.engine.causes import RECOVERY

ENGINE = frozenset({DockerDown.id, DockerHung.id})


class Ground:
    """Knows for how long a disk that was bad excuses what lies on it. Times are the loop's, in seconds."""

    def __init__(self) -> None:
        self._faults = {check.id for check in FAULTS}
        self._disk = (float("-inf"), "")
        self.explained: Mapping[str, str] = {}
        """By the newest look: services that wait for a fault of the machine, and its id."""

    def judge(
        self, findings: Sequence[Finding], services: Sequence[ServiceView], at: float, world: World
    ) -> list[Finding]:
        """The same findings, those that a fault of the machine explains as `skip`.

        Docker's disk explains every fault of a service and of the Engine, for all of them write there, and nothing of them
        would come up again; and 30 s longer. A port that somebody else has explains why its service does not run.
        """
        disk = unwritable(world)
        if disk is not None:
            self._disk = at + RECOVERY, disk
        taken = _taken(world.known)
        lacking = {view.name: port for view in services if (port := _lacks(view, taken))}
        on_disk = dict.fromkeys((it.name for it in services), self._disk[1])
        explained = on_disk if self._disk[0] > at else lacking
        self.explained = {name: root.partition(" of ")[0] for name, root in explained.items()}
        return [self._judged(finding, at, lacking) for finding in findings]

    def _judged(self, finding: Finding, at: float, lacking: Mapping[str, str]) -> Finding:
        if finding.status not in (Status.FAIL, Status.WARN):
            return finding
        until, disk = self._disk
        if until > at and finding.id in self._faults | ENGINE:
            return _waits(finding, disk)
        if finding.id in self._faults and finding.subject in lacking:
            return _waits(finding, lacking[finding.subject])
        return finding


def _waits(finding: Finding, root: str) -> Finding:
    return replace(finding, status=Status.SKIP, summary=f"waits for {root}", fix=None)


def _taken(known: Iterable[Finding]) -> Set[str]:
    """Ports that somebody else holds, as `port 6379`."""
    return {it.subject for it in known if it.id == PortTaken.id and it.status is Status.FAIL}


def _lacks(view: ServiceView, taken: Set[str]) -> str | None:
    """The fault of the port that keeps it from starting."""
    if view.container is None or runs(view):
        return None
    lacking = taken & {f"port {it.rpartition(':')[2]}" for it in view.container.ports}
    return f"{PortTaken.id} of {min(lacking)}" if lacking else None

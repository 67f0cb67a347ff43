"""What a boot is waited for, in the order in which one thing needs the other."""

from collections.abc import Sequence

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.service_check import works
from tarsd.catalogue.views import ServiceView
from tarsd.engine.boot import BootWatch, Stage, ThisBoot
from tarsd.engine.incident import said
from tarsd.engine.monitor import Monitor
from tarsd.engine.truth import Truth
from tarsd.errors import HostSilent
from tarsd.host.boots import boot_id, up_for
from tarsd.observe.boot import BootJournal
from tarsd.observe.nas import status as nas_status
from tarsd.store.boots import BootStore
from tarsd.wiring.outside import Outside

ENGINE = 120.0
"""Seconds for the Docker Engine; a slow disk full of containers takes it half a minute."""

NAS = 180.0
"""Seconds for the mount: after a power cut at home a NAS boots longer than this machine."""

GPU = 180.0
"""Seconds for the card's driver: one that is built by DKMS at the boot takes minutes."""


class BootStages:
    """Each says in words what of it is not there yet; none touches a share or wakes a card."""

    def __init__(self, out: Outside, truth: Truth, monitor: Monitor) -> None:
        self._out = out
        self._truth = truth
        self._monitor = monitor

    def all(self) -> Sequence[Stage]:
        """In their order; that of services has `start.deadline`."""
        return (
            Stage(lambda: ENGINE, self.engine),
            Stage(lambda: NAS, self.nas),
            Stage(lambda: GPU, self.gpu),
            Stage(lambda: float(self._out.settings().start.deadline), self.services),
        )

    async def engine(self) -> Sequence[str]:
        """The Docker Engine answers."""
        engine = self._truth.engine
        return [] if engine.answers else [engine.why or "the Docker Engine does not answer"]

    async def nas(self) -> Sequence[str]:
        """Where one is set up, it is mounted: mountinfo says so."""
        nas = self._out.nas
        found = nas_status(self._out.settings().nas, nas.units, nas.documents)
        if not found.configured or found.mounted:
            return []
        return [f"NAS: {found.message or 'it is not mounted'}"]

    async def gpu(self) -> Sequence[str]:
        """Where there is a card, and the owner has not chosen the CPU, its driver is loaded."""
        if self._out.settings().stack.cpu_only:
            return []
        try:
            cards = await self._out.gpus.all()
        except HostSilent as error:
            return [f"GPU: {error.message}"]
        return [f"GPU: {it.name}: {it.message}" for it in cards if it.driver is None]

    async def services(self) -> Sequence[str]:
        """Every service that is wanted does its work, by our own probe where there is one."""
        seen, snapshot = self._monitor.services, self._truth.snapshot
        if seen is None or snapshot is None or snapshot.containers is None:
            return ["what runs cannot be told"]
        return [
            self._lacking(view) for view in seen if view.wanted == "running" and not works(view)
        ]

    def wanted(self) -> int | None:
        """How many services are; None where the stack on disk cannot be read."""
        seen = self._monitor.services
        return None if seen is None else sum(view.wanted == "running" for view in seen)

    def _lacking(self, view: ServiceView) -> str:
        fault = self._monitor.fault(view.name)
        if fault is not None:
            return said(view.name, fault.summary)
        return f"{view.name}: {view.answers.reason or 'it does not answer yet'}"


def boot_watch(
    out: Outside, store: BootStore, truth: Truth, monitor: Monitor, log: FilteringBoundLogger
) -> BootWatch:
    """The watch of this boot. Raises OSError where /proc does not tell which it is."""
    stages = BootStages(out, truth, monitor)
    this = ThisBoot(boot_id(), up_for)
    return BootWatch(stages.all(), stages.wanted, this, store, BootJournal(log))

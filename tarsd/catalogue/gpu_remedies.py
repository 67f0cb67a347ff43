"""What may be done for a container that has lost its card: restarted or made anew when it is idle, twice an hour at most."""

from tarsd.catalogue.check import Finding, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Remedy
from tarsd.catalogue.service_remedies import Restart
from tarsd.catalogue.views import ServiceView

PER_HOUR = 2
"""Restarts for the sake of a card; what needs more of them is not mended by one more."""

CDI_REFRESH = "nvidia-cdi-refresh.service"
"""Of NVIDIA's container toolkit, from 1.18 on. It stays active once it has run, and so is restarted."""


class GpuRestart(Restart):
    """Stop and start its container, once nobody waits for an answer of it. Only once for one fault, by default."""

    id = "gpu.restart"
    scarce = PER_HOUR

    def __init__(self, *, tries: int = 1) -> None:
        super().__init__(hung=False)
        self.tries = tries

    def forbids(self, world: World, view: ServiceView) -> str | None:
        """It must get its card again, and nobody's answer is cut off."""
        return super().forbids(world, view) or _at_work(world, view)


class GpuRecreate(GpuRestart):
    """Stop and remove its container, and create it again from the current generation; its volumes stay."""

    id = "gpu.recreate"

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"make the container of {finding.subject} anew"

    def forbids(self, world: World, view: ServiceView) -> str | None:
        """What it keeps must not be in the container."""
        if not view.service.volumes:
            return "it has no volume: what it keeps may be in its container"
        if view.service.heal != "recreate" and view.service.role != "llm":
            return "its label tars.heal allows a restart at most"
        return super().forbids(world, view)

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.gpu.recreate(finding.subject)


class RefreshCdi(Remedy):
    """Let NVIDIA's own service describe the cards anew for container engines (CDI)."""

    id = "gpu.refresh-cdi"

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return "refresh the description of the cards (CDI)"

    def guard(self, world: World, finding: Finding) -> str | None:
        """A description of a driver that is not loaded is of no use."""
        return world.nvidia.cards.no_start()

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.units.restart(CDI_REFRESH)


def _at_work(world: World, view: ServiceView) -> str | None:
    return None if view.container is None else world.nvidia.idle.busy(view.container.id)

"""What the checks of cards share: their cadence, their triggers, and what they say when a card was not asked."""

from abc import abstractmethod
from collections.abc import Sequence

from tarsd.catalogue.check import Answer, Check, Finding, Status, Trigger, World
from tarsd.catalogue.views import ServiceView
from tarsd.host.nvidia.cards import Look
from tarsd.host.nvidia.facts import Told

AT_ONCE = frozenset({Trigger.RELOAD, Trigger.KERNEL, Trigger.ENGINE, Trigger.CHANGE})
"""A reload of systemd can take the cards from containers that run; the others are when drivers and containers change."""

REBOOT = "sudo reboot"


class GpuCheck(Check):
    """Of a machine with an NVIDIA card whose owner has not chosen the CPU; anywhere else it costs nothing."""

    subject = "gpu"
    every = 300.0
    triggers = AT_ONCE
    deadline = 45.0

    def applies(self, world: World) -> bool:
        """Whether there is a card at all, by what the kernel keeps in memory."""
        return not world.settings.stack.cpu_only and world.gpus.present


class CardCheck(GpuCheck):
    """Judges what NVML says on the host. A card that sleeps is not asked, and nothing is said of it."""

    after = ("gpu.no-module", "gpu.gsp-hang")

    @abstractmethod
    async def judge(self, told: Told, world: World) -> Answer:
        """The answer to what NVML says."""

    async def ask(self, world: World) -> Answer:
        """NVML in a job, shared by all checks; not older than four minutes, and not of before what triggered it."""
        look = await look_at(world)
        if look.told is None:
            return untold(self, look)
        return await self.judge(look.told, world)


async def look_at(world: World) -> Look:
    """What NVML says; without a driver in the kernel it is not asked, and `gpu.no-module` tells of that."""
    if world.gpus.loaded() is None:
        return Look(0.0, asleep=True, why="waits for gpu.no-module")
    return await world.nvidia.cards.look()


def untold(check: Check, look: Look) -> Finding:
    """Why nothing can be said."""
    if look.asleep or look.hung:
        return Finding(check.id, check.subject, Status.SKIP, look.why)
    return check.unknown(look.why)


def users(world: World) -> Sequence[ServiceView]:
    """The services that are given a card and wanted."""
    return [it for it in world.services if it.service.gpu and it.wanted == "running"]


def not_now(view: ServiceView) -> str | None:
    """Why it cannot be asked about its card now: a change or an act works on it, or it does not run; None if it can."""
    if view.busy:
        return view.busy
    if view.container is None or view.container.state != "running":
        return "it does not run"
    return None


def wanted(world: World) -> bool:
    """Whether the stack was installed to compute on a card: without one it does not do what it should."""
    return any(view.service.gpu for view in world.services)


async def still_works(world: World) -> Sequence[str]:
    """Those of them that see their card now. Raises what `inside.look` raises."""
    return [
        view.name
        for view in users(world)
        if not_now(view) is None
        and view.container is not None
        and (await world.nvidia.inside.look(view.container)).cards
    ]

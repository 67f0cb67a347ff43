"""The driver of NVIDIA's cards: its module in the kernel, its library on disk, and whether both are of one version."""

from collections.abc import Sequence

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.gpu_check import (
    REBOOT,
    CardCheck,
    GpuCheck,
    look_at,
    still_works,
    untold,
    wanted,
)
from tarsd.host.nvidia.facts import LOST, MISMATCH, NOT_LOADED, Told

HOLD = "sudo apt-mark hold $(dpkg-query -W -f '${Package} ' 'nvidia-*' 'libnvidia-*')"


def versions(told: Told, world: World) -> Sequence[str]:
    """What is loaded and what is on disk, a line each."""
    loaded = world.gpus.loaded() or told.driver
    on_disk = told.installed
    return [
        f"loaded: {loaded or 'nothing'}",
        f"on disk: library {on_disk.library or 'unknown'}, module {on_disk.module or 'unknown'}",
    ]


def newer(told: Told, world: World) -> str | None:
    """What on disk is of another version than what is loaded, in words; None if nothing is known to be."""
    loaded = world.gpus.loaded() or told.driver
    for what in (told.installed.library, told.installed.module):
        if loaded and what and what != loaded:
            return f"driver {what} is installed and {loaded} is loaded"
    if told.code == MISMATCH:
        return "the driver was updated, and the one before is still loaded"
    return None


class GpuHang(GpuCheck):
    """A card that does not answer: its own processor, or the driver, is stuck. Each question to it may hang for ever."""

    id = "gpu.gsp-hang"
    after = ("gpu.no-module",)
    about = About(
        what="The card, or the processor on it that manages it (GSP), does not answer its driver",
        seen="NVML, asked in a job of its own, has no answer within 20 s; or the kernel's log says Xid 119 or 120",
        why="Whoever uses the card waits with it, and each question may leave a process behind that cannot be killed",
        we="It is not asked again for half an hour, and no service that has a card is restarted meanwhile",
        you="Reboot; if it comes back, try another driver version, or the setting NVreg_EnableGpuFirmware=0",
        commands=("journalctl -k -g 'NVRM|Xid'", REBOOT),
    )

    async def ask(self, world: World) -> Finding:
        """NVML, in a job."""
        look = await look_at(world)
        if look.hung:
            return self.fail(f"a card does not answer: {look.why}", REBOOT)
        if look.told is None:
            return untold(self, look)
        return self.passed("NVML answers", evidence=list(look.told.evidence()))


class DriverMismatch(CardCheck):
    """The driver was updated under the stack, and no process that starts now can use a card."""

    id = "gpu.driver-mismatch"
    about = About(
        what="The driver's library on disk and its module in the kernel are of two versions, and the stack has "
        "lost its card",
        seen="NVML says error 18, or the library on disk is of another version than /sys/module/nvidia/version, and no "
        "container of the stack sees its card any more",
        why="Models run on the CPU or not at all, and a container that has a card does not start",
        we="Nothing is restarted that has a card, for it would not come back; `gpu.driver-pending` warns before "
        "it comes to this",
        you="Reboot; and keep unattended-upgrades from updating the driver while the machine runs",
        commands=(REBOOT, HOLD),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        reason, facts = newer(told, world), versions(told, world)
        if reason is None:
            return self.passed("what is loaded is what is installed", evidence=facts)
        if told.works:
            return self.passed(
                f"{reason}; what starts now gets a card all the same", evidence=facts
            )
        if working := await still_works(world):
            words = f"{reason}; {', '.join(working)} began before that and still has its card"
            return self.passed(words, evidence=facts)
        return self.fail(
            f"{reason}: no process that starts now can use a card", REBOOT, evidence=facts
        )


class DriverPending(CardCheck):
    """The driver was updated, and what runs does not know yet: the next restart would cost it its card."""

    id = "gpu.driver-pending"
    after = (*CardCheck.after, "gpu.driver-mismatch")
    severity = Status.WARN
    warns = True
    about = About(
        what="Another version of the driver is installed than is loaded, while all still works",
        seen="The versions of NVML's library and of the kernel's module on disk, against /sys/module/nvidia/version",
        why="A container that is restarted now is given the new library, which does not fit the loaded module: "
        "it loses its card",
        we="Nothing that has a card is restarted before the machine was",
        you="Plan a reboot",
        commands=(REBOOT, HOLD),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        reason = newer(told, world)
        if reason is None:
            return self.passed(
                "what is loaded is what is installed", evidence=versions(told, world)
            )
        words = f"{reason}: what is restarted now may lose its card"
        return self.warn(words, REBOOT, evidence=versions(told, world))


class GpuOffBus(CardCheck):
    """A card has fallen off the bus: the machine does not reach it any more."""

    id = "gpu.off-bus"
    about = About(
        what="The machine does not reach a card any more: power, seating, heat, or the card is dying",
        seen="NVML says error 15 of a card; or the kernel's log says Xid 79 and NVML does not answer for it",
        why="Nothing computes on it before the machine was switched off and on",
        we="Nothing that has a card is restarted, for it would not come back",
        you="Switch the machine off at its plug, look at the card's power cables and its seat, and switch it on",
        commands=("journalctl -k -g 'Xid.*: 79,'", "sudo poweroff"),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        fix = "sudo poweroff; check the card's power cables and its seat; then switch it on"
        lost = [card for card in told.cards if card.code == LOST]
        fell = [it for it in world.kernel.xids() if it.number == 79]
        lines = [it.note.text for it in fell]
        if lost or told.code == LOST:
            name = lost[0].title if lost else "a card"
            return self.fail(f"{name} has fallen off the bus", fix, evidence=lines)
        if fell and not told.works:
            return self.fail(
                f"the card {fell[-1].card} has fallen off the bus", fix, evidence=lines
            )
        return self.passed("the machine reaches every card", evidence=lines)


class GpuUnusable(CardCheck):
    """NVML refuses for another reason than those that have a name of their own."""

    id = "gpu.unusable"
    after = (*CardCheck.after, "gpu.driver-mismatch", "gpu.off-bus")
    about = About(
        what="The card has its driver, and NVIDIA's management library says that it cannot be used",
        seen="NVML's initialisation, or every card, answers with an error other than 15, 16 and 18",
        why="Models run on the CPU, and a container that has a card may not start",
        we="Nothing that has a card is restarted meanwhile",
        you="See what nvidia-smi says; where libnvidia-ml is missing, install the driver's libraries; otherwise reboot",
        commands=("nvidia-smi", "journalctl -k -g NVRM", REBOOT),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        if told.works or told.code == MISMATCH:
            return self.passed("NVML works", evidence=list(told.evidence()))
        if told.cards and all(card.code in (LOST, 16) for card in told.cards):
            return self.passed("NVML works, and the cards have other troubles")
        fix = "nvidia-smi; journalctl -k -g NVRM"
        if told.code == NOT_LOADED:
            fix = "sudo modprobe nvidia; nvidia-smi"
        words = f"NVML does not work: {told.why_not}"
        return self.fail(words, fix) if wanted(world) else self.warn(words, fix)


CHECKS: tuple[Check, ...] = (
    GpuHang(),
    DriverMismatch(),
    DriverPending(),
    GpuOffBus(),
    GpuUnusable(),
)

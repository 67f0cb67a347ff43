"""How the cards are: heat, what slows them down, who else uses their memory, whether one must be reset."""

from collections.abc import Sequence

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.gpu_check import REBOOT, CardCheck
from tarsd.host.nvidia.facts import RESET, Card, Process, Told

MINUTE = 60.0
"""Seconds: a card that is hot or held down is looked at so often; one that is not, every five minutes."""

_AFTER = (*CardCheck.after, "gpu.driver-mismatch", "gpu.unusable")

WATCHED = 660.0
"""Seconds that ten looks, one a minute, may take."""


class GpuHot(CardCheck):
    """A card is as hot as it may get."""

    id = "gpu.hot"
    after = _AFTER
    every = MINUTE
    severity = Status.WARN
    warns = True
    about = About(
        what="A card is at the temperature where it protects itself by working more slowly",
        seen="NVML's temperature against the card's own threshold (its maximum, or where it slows down)",
        why="It computes more slowly, and a card that is always so hot does not live long",
        we="Nothing is done about it unattended",
        you="Clean its fans, let air in, or lower its power limit",
        commands=("nvidia-smi -q -d TEMPERATURE,POWER", "sudo nvidia-smi -pl WATTS"),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        for card in told.cards:
            limits = [it for it in (card.most, card.slowdown) if it is not None]
            if limits and card.temperature is not None and card.temperature >= min(limits):
                words = f"{card.title} is at {card.temperature} degrees, and its own limit is {min(limits)}"
                return self.warn(words, "nvidia-smi -q -d TEMPERATURE,POWER")
        return _known(self, told, "temperature", "no card is too hot")


class GpuThrottle(CardCheck):
    """The hardware itself slows a card down, most of the time."""

    id = "gpu.throttle"
    after = _AFTER
    every = MINUTE
    severity = Status.WARN
    warns = True
    about = About(
        what="A card works more slowly than it could, because its own hardware says so: heat, or power",
        seen="The clock reasons 0x8, 0x40 or 0x80 (hardware slowdown, thermal, power brake) in `gpu.throttled_minutes` "
        "of the last ten looks, one a minute; 0x4, the power limit, is normal under load",
        why="Answers take longer than they need",
        we="Nothing is done about it unattended",
        you="Look to its cooling and its power supply",
        commands=("nvidia-smi -q -d PERFORMANCE",),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        minutes = world.nvidia.cards.minutes
        newest = minutes[-1][0] if minutes else 0.0
        recent = [held for at, held in minutes if newest - at <= WATCHED]
        for card in told.cards:
            count = sum(card.number in held for held in recent)
            if count >= world.settings.gpu.throttled_minutes:
                words = f"{card.title} is slowed down by its hardware, in {count} of the last {len(recent)} minutes"
                return self.warn(words, "nvidia-smi -q -d PERFORMANCE")
        return _known(self, told, "reasons", "the hardware slows no card down")


class VramOthers(CardCheck):
    """Programs that are not of the stack hold the cards' memory."""

    id = "gpu.vram-others"
    after = _AFTER
    severity = Status.WARN
    about = About(
        what="Programs outside the stack hold memory of the cards, which models then do not have",
        seen="NVML's compute processes, without those whose control group is a container of the stack; all of them together "
        "from `gpu.others_megabytes` on",
        why="Models do not fit, and run on the CPU in part or whole",
        we="Nothing is ever killed",
        you="End them, if they are not meant to be there",
        commands=("nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv",),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        if told.processes is None:
            return self.unknown("the driver does not tell who uses the cards")
        own = {view.container.id for view in world.services if view.container is not None}
        others = [it for it in told.processes if it.container not in own]
        held = sum(it.memory or 0 for it in others) >> 20
        lines = [_named(it) for it in others]
        if held < world.settings.gpu.others_megabytes:
            return self.passed(f"{held} MiB are held by others", evidence=lines)
        words = f"{held} MiB of the cards' memory are held by {', '.join(lines[:3])}"
        fix = "; ".join(f"sudo kill {it.pid}" for it in others[:3]) + ", if it is not needed"
        return self.warn(words, fix, evidence=lines)


class ResetNeeded(CardCheck):
    """A card says that it must be reset."""

    id = "gpu.reset-needed"
    after = _AFTER
    about = About(
        what="A card has had an error after which it must be reset before it computes rightly again",
        seen="NVML says error 16 of it, or its recovery action (field 230) is another than none",
        why="It computes nothing, or what it computes may be wrong",
        we="Nothing is done about it unattended",
        you="Reboot; a card that drives no screen can be reset alone, once nothing uses it",
        commands=("sudo tarsctl stop ollama", "sudo nvidia-smi --gpu-reset -i 0", REBOOT),
    )

    async def judge(self, told: Told, world: World) -> Finding:
        """See About.seen."""
        for card in told.cards:
            if card.code == RESET or card.recovery:
                fix = f"sudo tarsctl stop ollama; sudo nvidia-smi --gpu-reset -i {card.number}; or: {REBOOT}"
                return self.fail(f"{card.title} must be reset", fix)
        return self.passed("no card must be reset")


def _known(check: Check, told: Told, fact: str, words: str) -> Finding:
    """It passes, unless the fact was refused or absurd where it should be known: silence is no yes."""
    bad = [card for card in told.cards if fact in card.refused or fact in card.absurd]
    if not bad:
        return check.passed(words, evidence=_values(told.cards, fact))
    said = bad[0].absurd.get(fact) or f"code {bad[0].refused[fact]}"
    return check.unknown(f"{bad[0].title}: NVML's answer for {fact} makes no sense: {said}")


def _values(cards: Sequence[Card], fact: str) -> Sequence[str]:
    return [
        f"{card.title}: {fact} {value}"
        for card in cards
        if (value := getattr(card, fact)) is not None
    ]


def _named(process: Process) -> str:
    size = "unknown" if process.memory is None else f"{process.memory >> 20} MiB"
    return f"{process.command or 'a process'} (pid {process.pid}, {size})"


CHECKS: tuple[Check, ...] = (GpuHot(), GpuThrottle(), VramOthers(), ResetNeeded())

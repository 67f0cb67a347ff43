"""Whether a fault is mended now, later, or not at all: the healer's rules, without any act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tarsd.catalogue.check import Check, Finding, World
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.engine.incident import Incident, IncidentStatus
from tarsd.settings import Heal, HealMode
from tarsd.times import words

BACKOFF = (0.0, 10.0, 30.0, 90.0)
"""Seconds before each act on one fault of one subject; after the last one that does not help it is held."""

HALF_OPEN = 1800.0
"""Seconds between two tries while it is held."""

PER_HOUR = 6
"""Acts of the whole machine within an hour; what comes after them is not mended by one more."""

HOUR = timedelta(hours=1)

DAY = 86_400.0
"""Seconds between two tries of what is tried once only."""

GRACE = timedelta(minutes=5)
"""After a boot or a resume nothing that runs is disturbed: much is slow then, and gets well by itself."""

_STRICTNESS: dict[HealMode, int] = {"auto": 0, "suggest": 1, "off": 2}


@dataclass(frozen=True)
class Case:
    """A fault as the latest look has it; `at` is when that look began, on the loop's clock, in seconds.

    `waits`: seconds until its next try is due.
    """

    incident: Incident
    check: Check
    finding: Finding
    world: World
    at: float
    waits: float = 0.0


@dataclass(frozen=True)
class Circumstances:
    """`awake_since` is the last boot or resume; `counted` are the beginnings of the acts that count, of the last hour."""

    now: datetime
    heal: Heal
    awake_since: datetime
    counted: Sequence[datetime]
    acts: Sequence[tuple[str, datetime]] = ()
    """All acts of the last hour: the remedy's id, and when it began."""


@dataclass(frozen=True)
class Mend:
    """Do it now."""

    remedy: Remedy
    why: str


@dataclass(frozen=True)
class Wait:
    """Not yet. `known`: the timeline says so already."""

    why: str
    known: bool = False


@dataclass(frozen=True)
class Hold:
    """Give up for now; looked at again in `again_in` seconds."""

    why: str
    again_in: float


@dataclass(frozen=True)
class Leave:
    """Nothing is done unattended."""

    why: str


Decision = Mend | Wait | Hold | Leave


def decide(case: Case, now: Circumstances) -> Decision:
    """The one decision for a fault as it is."""
    fitting = [it for it in case.check.remedies if it.fits(case.world, case.finding)]
    if not fitting:
        return Leave("nothing can be done unattended")
    attempts = case.incident.attempts
    remedy = fitting[min(attempts, len(fitting) - 1)]
    act = remedy.words(case.finding)
    mode = strictest(now.heal, case.finding)
    if mode == "off":
        return Leave(f"left alone: [heal] is off for it; it would be: {act}")
    if remedy.kind is not Kind.AUTOMATIC:
        return Leave(f"{act}: not without the owner")
    if mode == "suggest":
        return Leave(f"would {act}: [heal] only suggests")
    return _not_yet(case, remedy, now) or Mend(remedy, f"{act}: {_standing(attempts, now)}")


def strictest(heal: Heal, finding: Finding) -> HealMode:
    """Of machine, fault and service."""
    modes = (
        heal.mode,
        heal.faults.get(finding.id, "auto"),
        heal.services.get(finding.subject, "auto"),
    )
    return max(modes, key=_STRICTNESS.__getitem__)


def pause_after(attempts: int) -> float:
    """Seconds from the failed act number `attempts` to the next one."""
    return BACKOFF[min(attempts, len(BACKOFF) - 1)]


def limits(case: Case) -> tuple[int, float]:
    """How many acts that do not help make it be held, and seconds between two tries after that."""
    fitting = [it for it in case.check.remedies if it.fits(case.world, case.finding)]
    if fitting and all(it.tries is not None for it in fitting):
        return sum(it.tries or 0 for it in fitting), DAY
    return len(BACKOFF), HALF_OPEN


def _not_yet(case: Case, remedy: Remedy, now: Circumstances) -> Wait | Hold | None:
    incident = case.incident
    held = incident.status is IncidentStatus.HELD
    if not remedy.holds:
        if case.waits > 0:
            return Wait("its next try is not due yet", known=True)
        most, again = limits(case)
        if incident.attempts >= most and not held:
            tried = f"{incident.attempts} acts did not help"
            return Hold(f"{tried}; tried again every {words(again)}", again)
    reason = remedy.guard(case.world, case.finding)
    if reason is not None:
        return Wait(reason)
    if remedy.disturbs and now.now < now.awake_since + GRACE:
        return Wait("the machine has just come up; nothing that runs is disturbed yet")
    counted = _of_this_hour(now)
    if len(counted) >= PER_HOUR and not remedy.protects and not remedy.holds:
        free = min(counted) + HOUR - now.now
        return Hold(
            f"{PER_HOUR} acts within an hour are the most for one machine", free.total_seconds()
        )
    return _scarce(remedy, now)


def _scarce(remedy: Remedy, now: Circumstances) -> Hold | None:
    """Not more than so many of its family within an hour, whatever faults they were for."""
    if remedy.scarce is None:
        return None
    family = remedy.id.partition(".")[0]
    done = [at for name, at in now.acts if name.partition(".")[0] == family and at <= now.now]
    if len(done) < remedy.scarce:
        return None
    free = min(done) + HOUR - now.now
    return Hold(
        f"{remedy.scarce} acts of its kind within an hour are the most", free.total_seconds()
    )


def _of_this_hour(now: Circumstances) -> Sequence[datetime]:
    """Without those that a clock which was put back has left in the future: they would count for as long as it went back."""
    return [it for it in now.counted if it <= now.now]


def _standing(attempts: int, now: Circumstances) -> str:
    counted = len(_of_this_hour(now))
    return f"{_ordinal(attempts + 1)} try, {counted} of {PER_HOUR} acts this hour"


def _ordinal(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")

"""A machine that sleeps: it is the owner's wish and nobody's fault, and all is asked anew once it is awake."""

import pytest

from tests.machine.faults.story import Incidents
from tests.machine.home import Home
from tests.machine.shapes import Shape, Top

NAP = 60
"""Seconds asleep: longer than every deadline of a probe, a look at the Engine and a watchdog's ping."""

SLOW = 600.0
"""Seconds: what is asked as seldom as this is not asked in the minutes of this test by its cadence."""

ASLEEP = "import time; print(time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic())"


class Cost(Shape):
    """`cost` of a check."""

    asked: int
    seconds: float
    cpu_seconds: float


class Row(Shape, extra="ignore"):
    """What is looked at here of a check."""

    id: str
    deep: bool
    every_seconds: float | None
    cost: Cost


class Checks(Top):
    """`tarsctl doctor list --json`."""

    checks: list[Row]


def asked(home: Home) -> dict[str, int]:
    """How often each check was asked that has a slow cadence and something to ask about here."""
    slow = (
        it
        for it in home.ask(Checks, "doctor", "list").checks
        if (it.every_seconds or 0) >= SLOW and not it.deep
    )
    return {it.id: it.cost.asked for it in slow if it.cost.asked}


def slept(home: Home) -> float:
    """Seconds since its boot."""
    return float(home.machine.exec("python3", "-c", ASLEEP).out)


@pytest.mark.vm
@pytest.mark.usefixtures("every_fault")
def test_after_a_sleep_all_is_asked_anew_and_nobody_is_blamed(home: Home, virtual: bool) -> None:
    """ACPI S3, of which D-Bus does not tell: the clocks do. No clock of QEMU's ends a shallow sleep (`freeze`)."""
    if not virtual:
        pytest.skip("a container cannot sleep without its host: packaging/test vm")
    home.machine.wait("the slow checks to be asked", lambda: len(asked(home)) >= 5, 60)
    before, pid, awake = asked(home), home.unit("MainPID"), slept(home)
    known = {it.id for it in home.ask(Incidents, "incidents").incidents}
    home.machine.exec("rtcwake", "--mode", "mem", "--seconds", str(NAP), within=NAP)
    nap = slept(home) - awake
    assert nap > NAP / 2, "it has not slept"

    def all_again() -> bool:
        now = asked(home)
        return all(now.get(name, 0) > count for name, count in before.items())

    home.machine.wait("all to be asked anew", all_again, 45)
    home.wait_for("healthy")
    assert home.unit("MainPID") == pid, "no watchdog counts a sleep"
    assert [it for it in home.ask(Incidents, "incidents").incidents if it.id not in known] == []
    told = [it for it in home.journal() if str(it["MESSAGE"]).startswith("machine.woke")][-1]
    assert float(str(told["MESSAGE"]).split("=")[1]) == pytest.approx(nap, abs=5)

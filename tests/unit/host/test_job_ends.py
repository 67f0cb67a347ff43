"""A job that does not end well: whatever the reason, nothing of it is left running when its caller goes on."""

import asyncio
import os
import threading
from collections.abc import Callable

import pytest

from tarsd.errors import JobFailed
from tarsd.host.jobs import PREFIX, READ_DEADLINE, STOP_DEADLINE, Job, SystemdJobs
from tarsd.host.systemd import LONGEST_TALK, NoSuchUnit, Properties, UnitEnd
from tests.unit.clock import JumpingLoop

UP = Job("compose-up", ["/usr/bin/docker-compose", "up"], 60, subject="compose")
DOWN = Job("compose-down", ["/usr/bin/docker-compose", "down"], 60, subject="compose")
LOOK = Job("look", ["/bin/ls"], 60)


class Systemd:
    """systemd and its bus. `meanwhile` happens once a unit is running, and says how the wait for it ends."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.reachable = True
        self.deaf_for = 0
        """How many requests to stop it does not hear."""
        self.meanwhile: Callable[[Properties], UnitEnd] = lambda _: UnitEnd("success", 0)

    def run_unit(self, name: str, properties: Properties, deadline: float) -> UnitEnd:
        self.running.add(name)
        end = self.meanwhile(properties)
        self.running.discard(name)
        return end

    def stop_unit(self, name: str) -> None:
        if not self.reachable or self.deaf_for > 0:
            self.deaf_for -= 1
            raise JobFailed("cannot reach systemd over D-Bus: connection refused")
        if name not in self.running:
            raise NoSuchUnit("cannot StopUnit: not loaded")
        self.running.discard(name)

    def list_units(self, pattern: str) -> list[str]:
        return sorted(self.running)


@pytest.fixture
def systemd() -> Systemd:
    return Systemd()


@pytest.fixture
def jobs(systemd: Systemd) -> SystemdJobs:
    return SystemdJobs(units=systemd)


def bus_restarts(_: Properties) -> UnitEnd:
    raise JobFailed("cannot talk to systemd: [Errno 104] Connection reset by peer")


async def test_the_bus_restarts_while_it_runs(systemd: Systemd, jobs: SystemdJobs) -> None:
    """Else the undo runs `compose down` beside the live `up`."""
    systemd.meanwhile = bus_restarts
    systemd.deaf_for = 3
    with pytest.raises(JobFailed, match="Connection reset"):
        await jobs.run(UP)
    assert systemd.running == set()


async def test_nothing_is_started_beside_one_that_could_not_be_stopped(
    systemd: Systemd, jobs: SystemdJobs, clock: Callable[[], float]
) -> None:
    systemd.meanwhile = bus_restarts
    systemd.reachable = False
    began = clock()
    with pytest.raises(JobFailed, match="Connection reset"):
        await jobs.run(UP)
    assert clock() - began == pytest.approx(STOP_DEADLINE, abs=1)

    systemd.meanwhile = lambda _: UnitEnd("success", 0)
    with pytest.raises(JobFailed, match="could not be stopped and may be running") as caught:
        await jobs.run(DOWN)
    assert (caught.value.fix or "").startswith(f"sudo systemctl stop {PREFIX}compose-up-")
    assert (await jobs.run(LOOK)).status == 0, "it acts on something else"

    systemd.reachable = True
    assert (await jobs.run(DOWN)).status == 0
    assert systemd.running == set()


async def test_its_output_stays_open(
    systemd: Systemd, jobs: SystemdJobs, clock: Callable[[], float]
) -> None:
    """Something in the kernel outlived it. A deadline without words would be told as a full disk."""
    kept: list[int] = []

    def keep_open(properties: Properties) -> UnitEnd:
        end = properties["StandardOutputFileDescriptor"][1]
        assert isinstance(end, int)
        kept.append(os.dup(end))
        return UnitEnd("success", 0)

    systemd.meanwhile = keep_open
    began = clock()
    with pytest.raises(JobFailed, match="cannot read what /usr/bin/docker-compose up said"):
        await jobs.run(UP)
    assert clock() - began == pytest.approx(READ_DEADLINE, abs=1)
    os.close(kept[0])


async def test_systemd_never_says_what_became_of_it(
    systemd: Systemd, jobs: SystemdJobs, clock: Callable[[], float]
) -> None:
    answers = threading.Event()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.thread_hangs(True)

    def hang(_: Properties) -> UnitEnd:
        answers.wait(20)
        return UnitEnd("success", 0)

    systemd.meanwhile = hang
    began = clock()
    with pytest.raises(JobFailed, match="does not say what became of it"):
        await jobs.run(UP)
    assert clock() - began == pytest.approx(UP.deadline + LONGEST_TALK + STOP_DEADLINE, abs=2)
    loop.thread_hangs(False)
    answers.set()


async def test_it_is_cancelled_before_systemd_has_heard_of_it(
    systemd: Systemd, jobs: SystemdJobs
) -> None:
    """It is not there to be stopped yet, and comes all the same."""
    heard = threading.Event()

    def wait_to_be_stopped(_: Properties) -> UnitEnd:
        while systemd.running and not heard.wait(0.01):
            pass
        return UnitEnd("exit-code", 15)

    systemd.meanwhile = wait_to_be_stopped
    work = asyncio.ensure_future(jobs.run(UP))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert systemd.running == set()
    heard.set()

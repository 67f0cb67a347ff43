"""What the daemon does unasked: feeds the watchdog whatever else fails, and says how the stack is."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from tarsd.heartbeat import BEAT, Heartbeat
from tarsd.host.notify import Notify
from tarsd.observe.model import DiskStatus, EngineStatus, NasStatus, Status
from tests.unit.log import Log

WATCHDOG = 120.0  # seconds: WatchdogSec= of tarsd.service


class Told(Notify):
    """What systemd was told, and when."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self.said: list[str] = []

    def alive(self) -> None:
        self.beats.append(asyncio.get_running_loop().time())

    def status(self, words: str) -> None:
        self.said.append(words)

    def longest_silence(self) -> float:
        return max(after - before for before, after in pairwise(self.beats))


class Beating:
    """A heartbeat with everything it touches."""

    def __init__(self) -> None:
        self.told = Told()
        self.log = Log()
        self.nudge = asyncio.Event()
        self.status: Status | Exception | asyncio.Event = STATUS
        self.trims = 0
        self._heartbeat = Heartbeat(self.told, self._ask, self.nudge, self.log.logger, self._trim)
        self._task = asyncio.create_task(self._heartbeat.run())

    async def _ask(self) -> Status:
        if isinstance(self.status, Exception):
            raise self.status
        if isinstance(self.status, asyncio.Event):
            await self.status.wait()
            return STATUS
        return self.status

    def _trim(self) -> None:
        self.trims += 1

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


STATUS = Status(
    machine="attic",
    version="2",
    timestamp="",
    overall="healthy",
    message="4 of 4 services are healthy",
    installed=True,
    generation=1,
    since=None,
    services=[],
    engine=EngineStatus(status="ok", version="26", message=None),
    gpu=[],
    nas=NasStatus(configured=False, mounted=None, source=None, path=None, message=None),
    disk=DiskStatus(path="/", free_bytes=1, total_bytes=1, message=None),
    boot=None,
    last=None,
    change=None,
    incidents=None,
    problems=[],
    next=None,
)


@pytest.fixture
async def beating() -> AsyncIterator[Beating]:
    made = Beating()
    yield made
    await made.stop()


async def test_the_watchdog_is_fed_four_times_in_its_time(beating: Beating) -> None:
    await asyncio.sleep(3600)
    assert beating.told.longest_silence() <= WATCHDOG / 4 + 1


@pytest.mark.parametrize("error", [ZeroDivisionError(), OSError(5, "Input/output error")])
async def test_whatever_breaks_the_heart_goes_on_and_the_log_knows(
    beating: Beating, error: Exception
) -> None:
    beating.status = error
    await asyncio.sleep(600)
    assert beating.told.longest_silence() <= WATCHDOG / 4 + 1
    assert "heartbeat.defect" in beating.log.events()
    beating.status = STATUS
    await asyncio.sleep(2 * BEAT + 1)
    assert beating.told.said


async def test_systemctl_status_shows_how_the_stack_is(beating: Beating) -> None:
    await asyncio.sleep(1)
    assert beating.told.said == ["healthy: 4 of 4 services are healthy"]


async def test_the_end_of_a_change_is_shown_at_once(beating: Beating) -> None:
    await asyncio.sleep(1)
    before = len(beating.told.said)
    beating.nudge.set()
    await asyncio.sleep(1)
    assert len(beating.told.said) == before + 1
    assert not beating.nudge.is_set()


async def test_a_status_that_never_comes_holds_no_beat_back(beating: Beating) -> None:
    beating.status = asyncio.Event()
    await asyncio.sleep(600)
    assert beating.told.longest_silence() <= WATCHDOG / 2
    assert "heartbeat.defect" in beating.log.events()


async def test_memory_is_given_back_at_once_soon_and_every_ten_minutes(beating: Beating) -> None:
    await asyncio.sleep(1)
    assert beating.trims == 1
    await asyncio.sleep(BEAT)
    assert beating.trims == 2, "what the first looks needed"
    await asyncio.sleep(1800)
    assert beating.trims == 5


async def test_what_a_change_needed_is_given_back_half_a_minute_later(beating: Beating) -> None:
    await asyncio.sleep(1)
    beating.nudge.set()
    await asyncio.sleep(BEAT - 1)
    assert beating.trims == 1
    await asyncio.sleep(2)
    assert beating.trims == 2
    await asyncio.sleep(BEAT * 3)
    assert beating.trims == 2

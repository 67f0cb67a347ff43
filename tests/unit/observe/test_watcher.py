"""When pictures are taken, and what they show where a part of the machine hangs."""

import asyncio

import pytest

from tarsd.host.resources import Meter
from tarsd.observe import watcher
from tarsd.observe.model import Status
from tarsd.observe.picture import CardsSeen, Picture, Seen, Stock
from tarsd.observe.watcher import Watcher
from tests.unit.log import Log
from tests.unit.observe.pictures import status


class Machine:
    """`mark` is what turns; `error` is what its status ends with."""

    def __init__(self) -> None:
        self.mark = 0
        self.error: Exception | None = None
        self.hangs = False
        self.log = Log()
        self.pictures: list[Picture] = []
        self.watcher = Watcher(
            self._status,
            lambda: self.mark,
            Seen,
            lambda _: CardsSeen(),
            Stock,
            self.log.logger,
            Meter(),
        )
        self.watcher.subscribe(self.pictures.append)

    async def _status(self) -> Status:
        if self.error is not None:
            raise self.error
        if self.hangs:
            await asyncio.sleep(3600)
        return status()

    async def soon(self, count: int) -> bool:
        for _ in range(100):
            if len(self.pictures) >= count:
                return True
            await asyncio.sleep(0.005)
        return False


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "APART", 0.001)


@pytest.mark.usefixtures("quick")
async def test_a_round_in_which_nothing_turned_makes_no_picture() -> None:
    machine = Machine()
    running = asyncio.create_task(machine.watcher.run())
    assert await machine.soon(1)
    machine.watcher.poke()
    await asyncio.sleep(0.05)
    assert len(machine.pictures) == 1
    machine.mark = 1
    machine.watcher.poke()
    assert await machine.soon(2)
    assert [it.number for it in machine.pictures] == [1, 2]
    running.cancel()


@pytest.mark.usefixtures("quick")
async def test_a_picture_is_due_although_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "EVERY", 0.02)
    machine = Machine()
    running = asyncio.create_task(machine.watcher.run())
    assert await machine.soon(3)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_part_that_hangs_leaves_a_picture_that_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watcher, "DEADLINE", 0.02)
    machine = Machine()
    machine.hangs = True
    found = await machine.watcher.take()
    assert found.status is None
    assert "did not answer" in found.why
    assert found.resources.cores


async def test_a_defect_is_told_and_the_next_picture_is_taken_all_the_same() -> None:
    machine = Machine()
    machine.error = ZeroDivisionError("oops")
    assert "oops" in (await machine.watcher.take()).why
    machine.error = None
    assert (await machine.watcher.take()).status is not None
    assert machine.log.events() == ["watcher.defect"]

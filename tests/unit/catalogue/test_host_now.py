"""What befalls a machine: memory runs short, the clock jumps."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tarsd.catalogue.check import Status, World
from tarsd.catalogue.host_now import ClockJump, HostMemory
from tarsd.host.wall_clock import WallClock
from tests.unit.senses import condition
from tests.unit.worlds import Surroundings, found, the_one


def on(around: Surroundings, **facts: Any) -> World:
    return around.with_senses(replace(around.senses, condition=condition(**facts))).world()


@pytest.mark.parametrize(
    ("stall", "status"), [(0.0, Status.PASS), (10.0, Status.PASS), (10.1, Status.WARN)]
)
async def test_waiting_for_memory(around: Surroundings, stall: float, status: Status) -> None:
    assert (await the_one(HostMemory(), on(around, memory_stall=lambda: stall))).status is status


async def test_a_kernel_that_does_not_tell_is_not_asked(around: Surroundings) -> None:
    assert await found(HostMemory(), on(around, memory_stall=lambda: None)) == []


@dataclass
class Clocks:
    """Of a machine that has been up for a day."""

    wall: float = 1_000_000.0
    boot: float = 86_400.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (7200.0, "the clock was put forward by 2 h, 5.0 s ago"),
        (-90.0, "the clock was put back by 1 min 30 s, 5.0 s ago"),
        (59.0, None),
        (-0.1, None),
    ],
)
async def test_a_jump_is_told_for_an_hour(
    around: Surroundings, by: float, words: str | None
) -> None:
    clocks = Clocks()
    wall = WallClock(lambda: clocks.wall, lambda: clocks.boot)
    world = on(around, wall=wall, up_for=lambda: clocks.boot)
    assert (await the_one(ClockJump(), world)).status is Status.PASS
    clocks.wall += by
    await the_one(ClockJump(), world)
    clocks.pass_by(5)
    finding = await the_one(ClockJump(), world)
    assert finding.status is (Status.WARN if words else Status.PASS)
    assert words is None or finding.summary == words
    clocks.pass_by(3600)
    assert (await the_one(ClockJump(), world)).status is Status.PASS


async def test_a_machine_without_a_battery_gets_its_time_at_the_boot(around: Surroundings) -> None:
    clocks = Clocks(boot=20.0)
    wall = WallClock(lambda: clocks.wall, lambda: clocks.boot)
    world = on(around, wall=wall, up_for=lambda: clocks.boot)
    await the_one(ClockJump(), world)
    clocks.wall += 10**8
    assert (await the_one(ClockJump(), world)).status is Status.PASS
    clocks.pass_by(1800)
    assert (await the_one(ClockJump(), world)).status is Status.PASS, "nor is it told later"

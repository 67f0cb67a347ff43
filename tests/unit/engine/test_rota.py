"""What has a cadence of its own: asked in time, at once where something says so, never twice at once. Time jumps."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tarsd.catalogue.check import Answer, Check, Finding, Status, Trigger, World
from tarsd.engine.metered import Costs
from tarsd.engine.rota import FAILING, FIRST, Rota
from tests.unit.log import Log


class Asked(Check):
    """Counts how often it is asked, and how often at once."""

    subject = "machine"
    deadline = 20.0

    def __init__(
        self,
        name: str,
        every: float,
        takes: float = 0.0,
        triggers: Sequence[Trigger] = (),
        after: Sequence[str] = (),
    ) -> None:
        self.id, self.every = name, every  # type: ignore[misc]
        self.after = tuple(after)  # type: ignore[misc]
        self.triggers = frozenset(triggers)  # type: ignore[misc]
        self._takes = takes
        self.count = self.at_once = self.most = 0
        self.there = True
        self.status = Status.PASS

    def applies(self, world: World) -> bool:
        return self.there

    async def ask(self, world: World) -> Answer:
        self.count += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self._takes)
        finally:
            self.at_once -= 1
        return replace(self.passed("well"), status=self.status)


class Desk:
    """The monitor's side."""

    def __init__(self, world: World, *checks: Check) -> None:
        self.stirred = 0
        self.paused = self.keeps = False
        self.known: dict[str, Sequence[Finding]] = {}
        self.costs = Costs()
        self.log = Log()
        self.rota = Rota(
            checks,
            lambda: world,
            lambda: [it for found in self.known.values() for it in found],
            self._stir,
            lambda: self.paused,
            self.costs,
            self.log.logger,
        )

    def _stir(self) -> None:
        self.stirred += 1
        for answer in self.rota.collect() if self.keeps else ():
            self.known[answer.check.id] = answer.findings

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        task = asyncio.create_task(self.rota.run())
        yield
        task.cancel()
        await asyncio.wait([task])

    def collected(self) -> dict[str, Sequence[Finding]]:
        return {it.check.id: it.findings for it in self.rota.collect()}


async def test_each_is_asked_on_its_cadence(world: World) -> None:
    often, seldom, never = Asked("a.often", 60), Asked("a.seldom", 600), Asked("a.round", 0)
    async with Desk(world, often, seldom, never).at_work():
        await asyncio.sleep(FIRST - 1)
        assert (often.count, seldom.count) == (0, 0)
        await asyncio.sleep(601)
    assert 10 <= often.count <= 12
    assert seldom.count in (1, 2)
    assert never.count == 0


async def test_what_one_takes_delays_no_other(world: World) -> None:
    slow, quick = Asked("a.slow", 60, takes=19), Asked("a.quick", 10)
    desk = Desk(world, slow, quick)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 1)
        assert desk.collected().keys() == {"a.quick"}
        await asyncio.sleep(60)
        assert quick.count >= 6
        assert desk.collected().keys() == {"a.slow", "a.quick"}


async def test_a_check_that_hangs_is_unknown_and_asked_again_but_never_twice_at_once(
    world: World,
) -> None:
    hung = Asked("a.hung", 5, takes=10_000)
    desk = Desk(world, hung)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 21)
        assert [it.status for it in desk.collected()["a.hung"]] == [Status.UNKNOWN]
        await asyncio.sleep(100)
    assert hung.count > 3
    assert hung.most == 1


async def test_what_fails_is_asked_again_soon_so_that_its_end_is_seen(world: World) -> None:
    ill, well = Asked("a.ill", 900), Asked("a.well", 900)
    ill.status = Status.FAIL
    async with Desk(world, ill, well).at_work():
        await asyncio.sleep(FIRST + 1 + 2 * FAILING)
        assert (ill.count, well.count) == (3, 1)
        ill.status = Status.PASS
        await asyncio.sleep(5 * FAILING)
    assert (ill.count, well.count) == (4, 1)


async def test_a_trigger_asks_at_once_whom_it_concerns(world: World) -> None:
    gpu, disk = Asked("a.gpu", 600, triggers=[Trigger.RELOAD]), Asked("a.disk", 600)
    desk = Desk(world, gpu, disk)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 30)
        desk.rota.trigger(Trigger.RELOAD)
        await asyncio.sleep(1)
        assert (gpu.count, disk.count) == (2, 1)


async def test_after_a_sleep_all_are_asked_but_what_makes_the_stack_work(world: World) -> None:
    """No cadence counts a sleep: an answer of yesterday would stand for as long again."""
    daily, deep = Asked("a.daily", 86_400), Asked("a.deep", 86_400)
    deep.deep = True  # type: ignore[misc]
    desk = Desk(world, daily, deep)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 30)
        desk.rota.trigger(Trigger.WOKE)
        await asyncio.sleep(1)
        assert (daily.count, deep.count) == (2, 1)


async def test_what_is_being_asked_when_it_is_triggered_is_asked_once_more(world: World) -> None:
    gpu = Asked("a.gpu", 600, takes=10, triggers=[Trigger.RELOAD])
    desk = Desk(world, gpu)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 5)
        for _ in range(3):
            desk.rota.ask("a.gpu")
        await asyncio.sleep(30)
        assert (gpu.count, gpu.most) == (2, 1)


async def test_one_that_is_asked_again_before_its_batch_is_over_is_never_asked_twice_at_once(
    world: World,
) -> None:
    """An answer that began before another would come after it, and what is well again would fail."""
    quick, slow = Asked("a.quick", 600, takes=4), Asked("a.slow", 600, takes=15)
    desk = Desk(world, quick, slow)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 1)
        for _ in range(6):
            desk.rota.ask("a.quick")
            await asyncio.sleep(3)
        await asyncio.sleep(30)
    assert quick.count >= 4
    assert quick.most == 1


async def test_nothing_is_asked_while_a_change_owns_the_stack(world: World) -> None:
    check = Asked("a.port", 10, takes=3)
    desk = Desk(world, check)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 1)
        desk.paused = True
        await asyncio.sleep(100)
        assert check.count == 1
        assert desk.collected() == {}, "what was seen in the middle of a change counts for nothing"
        desk.paused = False
        desk.rota.trigger(Trigger.CHANGE)
        await asyncio.sleep(5)
        assert desk.collected().keys() == {"a.port"}


async def test_what_does_not_apply_any_more_speaks_of_nothing(world: World) -> None:
    nas = Asked("a.nas", 60)
    desk = Desk(world, nas)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 1)
        assert len(desk.collected()["a.nas"]) == 1
        nas.there = False
        await asyncio.sleep(70)
        assert desk.collected() == {"a.nas": ()}


async def test_the_cost_of_each_is_known(world: World) -> None:
    slow = Asked("a.slow", 600, takes=3)
    desk = Desk(world, slow)
    async with desk.at_work():
        await asyncio.sleep(FIRST + 10)
    cost = desk.costs.of("a.slow")
    assert cost.wall == pytest.approx(3, abs=0.01)
    assert cost.asked == 1
    assert 0 < cost.cpu < 0.1


def share_and_look(every: float = 60.0) -> tuple[Asked, Asked]:
    """Whether the share is mounted, told of by the kernel, and a look at it that comes after that."""
    return (
        Asked("nas.absent", every, triggers=[Trigger.MOUNTS]),
        Asked("nas.stale", every, after=["nas.absent"]),
    )


async def test_who_has_waited_for_what_passes_now_is_asked_at_once(world: World) -> None:
    share, look = share_and_look()
    share.status = Status.FAIL
    desk = Desk(world, share, look)
    desk.keeps = True
    async with desk.at_work():
        await asyncio.sleep(FIRST + 1)
        assert (desk.known["nas.stale"][0].status, look.count) == (Status.SKIP, 0)
        share.status = Status.PASS
        desk.rota.trigger(Trigger.MOUNTS)
        await asyncio.sleep(3)
        assert desk.known["nas.stale"][0].status is Status.PASS
        asked = share.count, look.count
        await asyncio.sleep(30)
    assert (share.count, look.count) == asked, "and then on their cadence again"


async def test_who_is_asked_at_once_brings_along_what_stands_in_its_way(world: World) -> None:
    """The healer asks whether its act has helped; during the act itself its parent had nothing to say."""
    share, look = share_and_look()
    share.status = Status.SKIP
    desk = Desk(world, share, look)
    desk.keeps = True
    async with desk.at_work():
        await asyncio.sleep(FIRST + 1)
        assert look.count == 0
        share.status = Status.PASS
        desk.rota.ask("nas.stale")
        await asyncio.sleep(3)
        assert (share.count, look.count) == (2, 1)
        desk.rota.ask("nas.stale")
        await asyncio.sleep(3)
    assert (share.count, look.count) == (2, 2), "what lets it pass is not asked for its sake"


async def test_what_still_stands_in_the_way_makes_nobody_ask_again_and_again(world: World) -> None:
    share, look = share_and_look(every=600)
    share.status = Status.FAIL
    desk = Desk(world, share, look)
    desk.keeps = True
    async with desk.at_work():
        await asyncio.sleep(FIRST + FAILING * 10)
    assert share.count <= 12
    assert look.count == 0

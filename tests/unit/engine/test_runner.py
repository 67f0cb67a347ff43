"""Checks are asked parents first; a failing parent silences its children, a broken check only itself."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.engine.runner import run
from tarsd.errors import EngineUnavailable


class Scripted(Check):
    """Answers as it was told; `asked` is the order in which such checks were asked."""

    asked: list[str]

    def __init__(
        self, name: str, *after: str, answer: Status | BaseException | None, applies: bool = True
    ) -> None:
        self.id, self.after, self._answer = name, after, answer  # type: ignore[misc]
        self._applies = applies

    def applies(self, world: World) -> bool:
        return self._applies

    subject = "x"

    async def ask(self, world: World) -> Finding:
        Scripted.asked.append(self.id)
        if self._answer is None:
            await asyncio.Event().wait()
        if isinstance(self._answer, BaseException):
            raise self._answer
        assert self._answer is not None
        return Finding(self.id, self.subject, self._answer, "as told")


@pytest.fixture(autouse=True)
def asked() -> list[str]:
    Scripted.asked = []
    return Scripted.asked


async def statuses(world: World, *checks: Check) -> dict[str, str]:
    return {finding.id: finding.status.value for finding in await run(checks, world)}


async def test_parents_are_asked_first_whatever_the_order(world: World, asked: list[str]) -> None:
    found = await statuses(
        world,
        Scripted("app", "db", answer=Status.PASS),
        Scripted("db", "disk", answer=Status.WARN),
        Scripted("disk", answer=Status.PASS),
    )
    assert asked == ["disk", "db", "app"]
    assert found == {"disk": "pass", "db": "warn", "app": "pass"}


async def test_findings_come_in_the_order_of_the_checks_not_of_their_answers(world: World) -> None:
    class Slow(Scripted):
        async def ask(self, world: World) -> Finding:
            await asyncio.sleep(0.01)
            return await super().ask(world)

    first, second = Slow("first", answer=Status.FAIL), Scripted("second", answer=Status.FAIL)
    assert [finding.id for finding in await run([first, second], world)] == ["first", "second"]


@pytest.mark.parametrize("parent", [Status.FAIL, Status.UNKNOWN, Status.SKIP])
async def test_one_outage_is_one_failure(world: World, asked: list[str], parent: Status) -> None:
    found = await run(
        [
            Scripted("disk", answer=parent),
            Scripted("db", "disk", answer=Status.FAIL),
            Scripted("app", "db", answer=Status.FAIL),
            Scripted("gpu", answer=Status.PASS),
        ],
        world,
    )
    assert asked == ["disk", "gpu"]
    by_id = {finding.id: finding for finding in found}
    assert by_id["db"].status is by_id["app"].status is Status.SKIP
    assert by_id["db"].summary == "waits for disk"
    assert by_id["app"].summary == "waits for db"


async def test_a_parent_that_is_not_among_them_holds_nothing_up(world: World) -> None:
    assert await statuses(world, Scripted("db", "disk", answer=Status.PASS)) == {"db": "pass"}


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (EngineUnavailable("cannot reach the Docker Engine"), "cannot reach the Docker Engine"),
        (ZeroDivisionError("oops"), "the check itself failed: ZeroDivisionError('oops')"),
        (asyncio.TimeoutError(), "no answer within 5 s"),
    ],
)
async def test_a_check_that_raises_is_unknown_and_harms_no_other(
    world: World, error: Exception, summary: str
) -> None:
    broken, well = await run(
        [Scripted("broken", answer=error), Scripted("well", answer=Status.PASS)], world
    )
    assert (broken.status, broken.summary) == (Status.UNKNOWN, summary)
    assert well.status is Status.PASS


async def test_a_check_that_hangs_is_unknown_at_its_deadline(
    world: World, clock: Callable[[], float]
) -> None:
    began = clock()
    found = await run([Scripted("hung", answer=None), Scripted("also", answer=None)], world)
    assert clock() - began == pytest.approx(5, abs=0.1), "side by side, not one after another"
    assert [finding.status for finding in found] == [Status.UNKNOWN] * 2
    assert found[0].summary == "no answer within 5 s"


async def test_a_check_that_does_not_apply_is_not_asked_and_holds_nothing_up(
    world: World, asked: list[str]
) -> None:
    found = await statuses(
        world,
        Scripted("gpu", answer=Status.FAIL, applies=False),
        Scripted("app", "gpu", answer=Status.PASS),
    )
    assert asked == ["app"]
    assert found == {"app": "pass"}


async def test_a_check_whose_work_is_cut_off_from_within_is_unknown(world: World) -> None:
    """What it waits for was cancelled, and not who asks it."""
    cut, well = await run(
        [Scripted("cut", answer=asyncio.CancelledError()), Scripted("well", answer=Status.PASS)],
        world,
    )
    assert (cut.status, "cut off" in cut.summary) == (Status.UNKNOWN, True)
    assert well.status is Status.PASS


async def test_one_that_cannot_tell_whether_it_applies_is_unknown(world: World) -> None:
    class Broken(Scripted):
        def applies(self, world: World) -> bool:
            raise ZeroDivisionError("oops")

    found = await run(
        [
            Broken("broken", answer=Status.PASS),
            Scripted("child", "broken", answer=Status.PASS),
            Scripted("well", answer=Status.PASS),
        ],
        world,
    )
    by_id = {it.id: it for it in found}
    assert by_id["broken"].status is Status.UNKNOWN
    assert by_id["broken"].summary == "the check itself failed: ZeroDivisionError('oops')"
    assert by_id["child"].status is Status.SKIP
    assert by_id["well"].status is Status.PASS


class Slow(Scripted):
    """Takes two seconds."""

    async def ask(self, world: World) -> Finding:
        await asyncio.sleep(2)
        return await super().ask(world)


async def test_a_check_waits_for_its_own_parents_only(
    world: World, clock: Callable[[], float]
) -> None:
    """`nas.unexpected`, the third in its row, was told a minute late: others of the first had taken their time."""
    told: dict[str, float] = {}
    began = clock()

    def tell(check: Check, _findings: list[Finding]) -> None:
        told[check.id] = clock() - began

    await run(
        [
            Scripted("absent", "down", answer=Status.PASS),
            Scripted("unexpected", "absent", answer=Status.FAIL),
            Scripted("down", answer=Status.PASS),
            Slow("dear", answer=Status.PASS),
            Scripted("child", "dear", "down", answer=Status.PASS),
        ],
        world,
        tell=tell,
    )
    assert told.pop("dear") == pytest.approx(2, abs=0.1)
    assert told.pop("child") == pytest.approx(2, abs=0.1)
    assert max(told.values()) < 0.1, told


async def test_who_is_cut_off_leaves_no_check_behind(world: World) -> None:
    before = asyncio.all_tasks()
    asking = asyncio.create_task(
        run([Scripted("hung", answer=None), Scripted("child", "hung", answer=None)], world)
    )
    await asyncio.sleep(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert asyncio.all_tasks() == before


class Several(Check):
    """Answers for as many subjects as it is given statuses."""

    id = "port"
    subject = "ports"

    def __init__(self, *answers: Status) -> None:
        self._answers = answers

    async def ask(self, world: World) -> list[Finding]:
        return [
            Finding(self.id, f"port {number}", it, "") for number, it in enumerate(self._answers)
        ]


async def test_a_check_may_answer_for_several_subjects(world: World) -> None:
    found = await run([Several(Status.PASS, Status.WARN)], world)
    assert [(it.subject, it.status.value) for it in found] == [
        ("port 0", "pass"),
        ("port 1", "warn"),
    ]
    assert await run([Several()], world) == []


async def test_one_failing_subject_of_a_parent_is_enough_to_wait(world: World) -> None:
    child = Scripted("app", "port", answer=Status.PASS)
    found = await run([Several(Status.PASS, Status.FAIL), child], world)
    assert found[-1].status is Status.SKIP


@pytest.mark.parametrize("circle", [("a", "a"), ("a", "b", "a")])
async def test_checks_that_wait_for_each_other_are_a_defect(
    world: World, circle: tuple[str, ...]
) -> None:
    checks = [Scripted(name, after, answer=Status.PASS) for name, after in pairwise(circle)]
    with pytest.raises(ValueError, match="wait for each other"):
        await run(checks, world)

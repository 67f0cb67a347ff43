"""Databases that answer and do not do their work; and what is no fault of theirs."""

from dataclasses import replace

import pytest

from tarsd.catalogue.check import Asked, Finding, Status, World
from tarsd.catalogue.deep import CHECKS, ChromaDeep, PostgresDeep, RedisDeep
from tarsd.catalogue.deep_check import DeepCheck
from tarsd.catalogue.views import ServiceView
from tarsd.errors import ProbeFailed, Why
from tarsd.host.pressure import Pressure
from tests.unit.service_views import fails, view, world
from tests.unit.worlds import deep, found, the_one


class Task:
    """A task that goes as a test says; the last answer again and again."""

    def __init__(self, *answers: float | ProbeFailed) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def ask(self) -> float:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ProbeFailed):
            raise answer
        return answer


def refused(words: str, code: str = "", why: Why = "sick") -> ProbeFailed:
    return ProbeFailed("127.0.0.1:1", words, why, code)


def with_task(
    task: Task | None,
    seen: ServiceView,
    pressure: Pressure | None = None,
    *,
    attended: bool = False,
) -> World:
    made = world(seen)
    its = deep(made.docker, task, pressure=pressure)
    return replace(made, deep=its, asked=Asked(attended=attended))


VIEWS = {
    "cache": view("redis"),
    "db": view("postgres", service_role="db"),
    "vector": view("chromadb", service_role="vector"),
}


async def told(check: DeepCheck, *answers: float | ProbeFailed) -> Finding:
    return await the_one(check, with_task(Task(*answers), VIEWS[check.role]))


@pytest.mark.parametrize("check", CHECKS, ids=lambda it: it.id)
async def test_one_that_works(check: DeepCheck) -> None:
    finding = await told(check, 0.0042)
    assert (finding.status, finding.subject) == (Status.PASS, VIEWS[check.role].name)
    assert finding.summary.endswith(" in 4.2 ms")
    assert finding.evidence == ("latency: 4.2 ms",)


@pytest.mark.parametrize("check", CHECKS, ids=lambda it: it.id)
async def test_a_failure_of_one_moment_is_none(check: DeepCheck) -> None:
    assert (await told(check, refused("closed", why="closed"), 0.001)).status is Status.PASS


@pytest.mark.parametrize(
    ("check", "error", "summary", "fix"),
    [
        (RedisDeep(), refused("OOM command not allowed", "OOM"), "full to its own limit", "info memory"),
        (RedisDeep(), refused("READONLY You can't", "READONLY"), "a replica of another", "replicaof no one"),
        (RedisDeep(), refused("MISCONF Redis is", "MISCONF"), "MISCONF Redis is", "df -h"),
        (RedisDeep(), refused("NOPERM no", "NOPERM", "denied"), "NOPERM no", "logs redis"),
        (PostgresDeep(), refused("cannot execute", "25006"), "told to be read-only", "ALTER SYSTEM RESET"),
        (PostgresDeep(), refused("it is in recovery (pg", "25006"), "in recovery", "logs postgres"),
        (PostgresDeep(), refused("could not extend", "53100"), "its disk is full", "df -h"),
        (PostgresDeep(), refused("sorry, too many clients", "53300"), "nobody in", "pg_stat_activity"),
        (PostgresDeep(), refused("no answer within 10 s", why="silent"), "no answer within 10 s", "logs"),
        (ChromaDeep(), refused("POST upsert answers HTTP 500"), "HTTP 500", "restart chromadb"),
    ],
)  # fmt: skip
async def test_what_it_refuses_is_told_with_what_helps(
    check: DeepCheck, error: ProbeFailed, summary: str, fix: str
) -> None:
    finding = await told(check, error)
    assert finding.status is Status.FAIL
    assert summary in finding.summary
    assert finding.fix is not None
    assert fix in finding.fix
    assert f"answer: {error.reason}" in finding.evidence
    assert not check.remedies, "no restart gives room, or makes anything writable"


@pytest.mark.parametrize("check", CHECKS, ids=lambda it: it.id)
async def test_one_that_asks_for_patience_gets_it(check: DeepCheck) -> None:
    task = Task(refused("LOADING", "LOADING", "starting"))
    finding = await the_one(check, with_task(task, VIEWS[check.role]))
    assert (finding.status, task.asked) == (Status.SKIP, 1)


async def test_what_our_side_cannot_ask_is_unknown() -> None:
    assert (await told(RedisDeep(), refused("no file", why="unasked"))).status is Status.UNKNOWN
    nothing = await the_one(RedisDeep(), with_task(None, VIEWS["cache"]))
    assert nothing.status is Status.UNKNOWN


@pytest.mark.parametrize(
    "seen",
    [
        view("redis", container_state="exited"),
        view("redis", container=None),
        view("redis", busy="change 7 (restart redis) is at work"),
        view("redis", answers=fails("silent")),
        view("redis", answers=fails("denied", 1)),
    ],
)
async def test_what_is_told_already_or_would_give_a_password_away_is_not_asked(
    seen: ServiceView,
) -> None:
    task = Task(0.001)
    finding = await the_one(RedisDeep(), with_task(task, seen, attended=True))
    assert (finding.status, task.asked) == (Status.SKIP, 0)


async def test_what_is_not_there_or_stopped_by_its_owner_is_not_spoken_of() -> None:
    for seen in (view("other", service_role="api"), view("redis", wanted="stopped")):
        assert await found(RedisDeep(), with_task(Task(0.001), seen)) == []


async def test_a_busy_machine_is_left_alone_unless_somebody_waits() -> None:
    busy = Pressure(io=70.0)
    task = Task(0.001)
    finding = await the_one(RedisDeep(), with_task(task, VIEWS["cache"], busy))
    assert (finding.status, task.asked) == (Status.SKIP, 0)
    assert "70 % of the last 10 s were waits for its disks" in finding.summary
    asked = await the_one(RedisDeep(), with_task(task, VIEWS["cache"], busy, attended=True))
    assert asked.status is Status.PASS


async def test_silence_on_a_busy_machine_is_not_held_against_it() -> None:
    silent = Task(refused("no answer within 10 s", why="silent"))
    seen = with_task(silent, VIEWS["cache"], Pressure(memory=30.0), attended=True)
    assert (await the_one(RedisDeep(), seen)).status is Status.SKIP

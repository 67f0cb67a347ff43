"""A restart that proves what is kept: refused where it would do harm, told where something is lost, taken back whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from tarsd.catalogue.check import World
from tarsd.catalogue.views import ServiceView
from tarsd.changes.model import Change, ChangeStatus, Step, Task
from tarsd.engine.examination import Examination
from tarsd.errors import DatabaseUnavailable, ProbeFailed, ServiceNotHealthy, Why
from tarsd.host.generations import Service
from tarsd.host.probes.probe import Probe
from tarsd.operations import persistence
from tarsd.operations.persistence import FindTask, LeaveTask, plan
from tests.unit.service_views import view, world

WORD = "5f1c0de5"


@dataclass
class Kept:
    """What one database has; `fails` is what it says to each of the three."""

    word: str | None = None
    fails: dict[str, tuple[str, Why]] = field(default_factory=dict[str, tuple[str, Why]])

    def _fail(self, act: str) -> None:
        if act in self.fails:
            reason, why = self.fails[act]
            raise ProbeFailed("127.0.0.1:1", reason, why)

    async def leave(self, word: str) -> None:
        self._fail("leave")
        self.word = word

    async def find(self, word: str) -> None:
        self._fail("find")
        if self.word != word:
            raise ProbeFailed("127.0.0.1:1", "it is gone", "sick")

    async def forget(self) -> None:
        self._fail("forget")
        self.word = None


class Examined:
    """`own` is what was locked by who asked; in place of a service's task stands the double of what is made of it."""

    def __init__(self, kept: Mapping[str, Kept], *views: ServiceView) -> None:
        self.views = views
        self._kept = kept
        self.own: frozenset[str] = frozenset()

    async def world(self, own: frozenset[str]) -> World:
        self.own = own
        seen = world(*self.views)

        def task(it: Service) -> Probe | None:
            return cast("Probe | None", self._kept.get(it.name))

        return replace(seen, deep=replace(seen.deep, task=task))


@dataclass
class Site:
    """Two databases and a model server, which keeps nothing."""

    kept: dict[str, Kept]
    examined: Examined

    def step(self, kind: str) -> Step:
        args = next(it.args for it in plan(["ollama", "postgres", "redis"]) if it.kind == kind)
        task = Task(1, kind, 1, kind, {**args, "word": WORD})
        change = Change("7", "validate", "x", ChangeStatus.DOING, frozenset({"redis"}), "", [task])
        return Step(change, task, lambda: None, self.remember)

    async def remember(self) -> None:
        pass

    @property
    def examination(self) -> Examination:
        return cast("Examination", self.examined)

    def leave(self) -> LeaveTask:
        return LeaveTask(self.examination)

    async def found(self, before: dict[str, Any] | None = None) -> dict[str, Any]:
        step = self.step("keepsake-find")
        step.change.result = before
        return dict(await FindTask(self.examination).do(step))


def itself(task: object) -> object:
    return task


def would_not(_world: World, it: ServiceView) -> str:
    return f"{it.name} would not"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    views = [view(name) for name in ("ollama", "postgres", "redis", "webui")]
    kept = {"postgres": Kept(), "redis": Kept(), "webui": Kept()}
    made = Site(kept, Examined(kept, *views))
    monkeypatch.setattr(persistence, "keepsake", itself)
    monkeypatch.setattr(persistence, "ASK_EVERY", 0.0)
    monkeypatch.setattr(persistence, "ANSWERS", 0.05)
    return made


def test_the_services_are_stopped_between_the_word_and_the_question() -> None:
    kinds = [it.kind for it in plan(["redis"])]
    assert kinds == ["keepsake-leave", "stop", "start", "keepsake-find"]
    words = {it.args.get("word") for it in plan(["redis"]) if "word" in it.args}
    assert len(words) == 1
    assert words != {it.args.get("word") for it in plan(["redis"]) if "word" in it.args}


async def test_what_is_kept_is_go_and_nothing_is_left(site: Site) -> None:
    await site.leave().do(site.step("keepsake-leave"))
    assert {name: it.word for name, it in site.kept.items()} == {
        "postgres": WORD,
        "redis": WORD,
        "webui": None,  # its owner has stopped it: it is not among the services of the change
    }
    result = await site.found()
    assert (result["verdict"], result["passed"], result["failures"]) == ("GO", 2, [])
    assert (result["suite"]["verdict"], result["suite"]["summary"]["pass"]) == ("GO", 2)
    assert all(it.word is None for it in site.kept.values())
    assert site.examined.own == frozenset({"redis"}), "what the change has locked is not busy"


async def test_what_is_lost_is_no_go(site: Site) -> None:
    await site.leave().do(site.step("keepsake-leave"))
    site.kept["redis"].word = None
    result = await site.found()
    assert result["verdict"] == result["suite"]["verdict"] == "NO-GO"
    assert result["suite"]["reason"] == "validate.persistence: redis: it is gone"
    assert [it["subject"] for it in result["failures"]] == ["redis"]


async def test_a_service_that_does_not_come_up_again_is_no_go(site: Site) -> None:
    late = {"id": "service.unhealthy", "subject": "ollama", "summary": "it says no", "fix": "look"}
    await site.leave().do(site.step("keepsake-leave"))
    result = await site.found({"verdict": "NO-GO", "failures": [late]})
    assert (result["verdict"], result["suite"]["verdict"]) == ("NO-GO", "NO-GO")
    assert result["failures"] == [late]


async def test_one_that_takes_its_time_is_waited_for(site: Site) -> None:
    await site.leave().do(site.step("keepsake-leave"))
    kept = site.kept["postgres"]
    kept.fails["find"] = ("it is starting up", "starting")
    find, asked = kept.find, 0

    async def later(word: str) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            kept.fails.clear()
        await find(word)

    kept.find = later  # type: ignore[method-assign]
    assert (await site.found())["verdict"] == "GO"
    kept.word, kept.fails["find"] = WORD, ("nothing listens", "refused")
    assert (await site.found())["suite"]["verdict"] == "NO-GO", "but not for ever"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"container_state": "exited"}, "its container does not run"),
        ({"busy": "change 3 (pull) has it"}, "change 3 (pull) has it"),
    ],
)
async def test_nothing_is_stopped_where_a_service_does_not_work(
    site: Site, changed: dict[str, Any], why: str
) -> None:
    site.examined.views = (view("postgres"), view("redis", **changed))
    with pytest.raises(ServiceNotHealthy, match=re.escape(why)):
        await site.leave().do(site.step("keepsake-leave"))
    assert site.kept["postgres"].word is None, "and no word is left anywhere"


async def test_nothing_is_stopped_where_one_would_not_come_up_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistence, "no_restart", would_not)
    with pytest.raises(ServiceNotHealthy, match="would not"):
        await site.leave().do(site.step("keepsake-leave"))


async def test_a_database_that_takes_nothing_in_is_not_restarted_and_the_others_are_clean(
    site: Site,
) -> None:
    site.kept["redis"].fails = dict.fromkeys(("leave", "forget"), ("it is full", "sick"))
    step = site.step("keepsake-leave")
    with pytest.raises(ServiceNotHealthy, match="it takes nothing in: it is full"):
        await site.leave().do(step)
    assert site.kept["postgres"].word == WORD
    await site.leave().undo(step)
    assert site.kept["postgres"].word is None


async def test_a_word_that_cannot_be_taken_back_is_the_owners(site: Site) -> None:
    step = site.step("keepsake-leave")
    await site.leave().do(step)
    site.kept["redis"].fails["forget"] = ("nothing listens", "refused")
    with pytest.raises(DatabaseUnavailable, match="the next validation overwrites it") as caught:
        await site.leave().undo(step)
    assert caught.value.fix is not None

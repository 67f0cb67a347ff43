"""Whatever comes in between at any task of an install, before or after its work: it ends GO, or as if it had never been."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pytest

from tarsd.changes.model import Change, ChangeStatus, Step, TaskKind
from tarsd.errors import ChangeConflict, StateUnavailable
from tarsd.operations import install
from tarsd.store.changes import ChangeStore
from tarsd.wiring import tasks
from tests.unit.home import Home
from tests.unit.names import names

TASKS = [task.kind for task in install.plan({}, pull=True)]
MOMENTS = [(task, moment) for task in TASKS for moment in ("before", "after")]
LONG = 3600  # seconds of the loop's time
AWAY = 60


class Stand:
    """Where the install is to stand still: `at` says in which task, before its work or after it."""

    def __init__(self) -> None:
        self.at: tuple[str, str] | None = None
        self.reached = asyncio.Event()
        self._go = asyncio.Event()

    async def pass_by(self, place: tuple[str, str]) -> None:
        if self.at == place:
            self.reached.set()
            await self._go.wait()

    def go_on(self) -> None:
        self.at = None
        self._go.set()


class Standing:
    """A task as it is, which passes by the stand before and after its work."""

    def __init__(self, inner: TaskKind, stand: Stand) -> None:
        self.kind, self.version = inner.kind, inner.version
        self.undo = inner.undo
        self._inner = inner
        self._stand = stand

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        await self._stand.pass_by((self.kind, "before"))
        outcome = await self._inner.do(step)
        await self._stand.pass_by((self.kind, "after"))
        return outcome


@pytest.fixture
async def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Every daemon that is made from here on has its tasks pass by it."""
    made = Stand()

    def passing(make: Callable[..., Iterable[TaskKind]], *parts: Any) -> list[TaskKind]:
        return [Standing(kind, made) for kind in make(*parts)]

    for name in ("stack_tasks", "model_tasks"):
        monkeypatch.setattr(tasks, name, partial(passing, getattr(tasks, name)))
    return made


@pytest.fixture
def home(stand: Stand, home: Home) -> Home:
    return home


class FullDisk:
    """What state.db is on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        for name in ("save_task", "save_change"):
            monkeypatch.setattr(ChangeStore, name, self._instead_of(getattr(ChangeStore, name)))

    def _instead_of(self, save: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def saved(store: ChangeStore, *what: Any) -> None:
            if self.full:
                raise StateUnavailable("cannot write state.db: database or disk is full")
            await save(store, *what)

        return saved


async def begin(home: Home, stand: Stand, place: tuple[str, str]) -> Change:
    stand.at = place
    change = await home.begin_install()
    await asyncio.wait_for(stand.reached.wait(), LONG)
    return change


async def insist_on_nothing_left(home: Home) -> None:
    assert home.engine.containers == {}
    assert home.generation is None
    assert names(home.paths.conf_d) == []
    assert await home.intent() == {}
    if not home.engine.volumes:  # else they are what the data can be read with
        assert not home.paths.secrets.exists() or names(home.paths.secrets) == []


@pytest.mark.parametrize("place", MOMENTS, ids="-".join)
async def test_sigterm_of_tarsd(home: Home, stand: Stand, place: tuple[str, str]) -> None:
    change = await begin(home, stand, place)
    made = home.secrets()
    stand.at = None
    await home.crash()
    assert (await home.end(change)).status is ChangeStatus.DONE
    assert home.engine.containers.keys() == {"postgres", "redis"}
    assert home.secrets().items() >= made.items()


@pytest.mark.parametrize("place", [it for it in MOMENTS if it[0] != "models"], ids="-".join)
async def test_an_abort(home: Home, stand: Stand, place: tuple[str, str]) -> None:
    change = await begin(home, stand, place)
    await home.app.changes.abort(change.id)
    ended = await home.end(change)
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert ended.error["message"] == "cannot install the stack: it was aborted"
    await insist_on_nothing_left(home)
    stand.at = None
    assert (await home.install()).status is ChangeStatus.DONE


@pytest.mark.parametrize("place", MOMENTS, ids="-".join)
async def test_the_disk_of_the_records_is_full_for_a_minute(
    home: Home, stand: Stand, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done and cannot be recorded is undone; the end is told when it is on disk."""
    change = await begin(home, stand, place)

    disk = FullDisk(monkeypatch)
    stand.go_on()
    await asyncio.sleep(AWAY)
    assert home.app.changes.current is not None
    disk.full = False
    ended = await home.end(change)
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert ended.error["message"] == "cannot write state.db: database or disk is full"
    await insist_on_nothing_left(home)
    assert (await home.install()).status is ChangeStatus.DONE


@pytest.mark.parametrize("place", MOMENTS, ids="-".join)
async def test_the_owner_installs_a_second_time(
    home: Home, stand: Stand, place: tuple[str, str]
) -> None:
    change = await begin(home, stand, place)
    with pytest.raises(ChangeConflict) as caught:
        await home.begin_install()
    assert caught.value.fix == f"tarsctl watch {change.id}"
    stand.go_on()
    assert (await home.end(change)).status is ChangeStatus.DONE


async def test_the_engines_disk_is_full_at_the_start(home: Home) -> None:
    home.compose.fails["up"] = (
        "Error response from daemon: mkdir /var/lib/docker/overlay2/1d: no space left on device\n"
    )
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "no-space"
    assert change.error["message"] == "cannot start the stack: the disk of the Engine is full"
    await insist_on_nothing_left(home)

"""A small world in which changes make and unmake things, fail on demand, and can be stopped dead at any point."""

import asyncio
from collections.abc import Mapping
from typing import Any

from tarsd.changes.model import Change, Step, Task
from tarsd.changes.runner import Planned
from tarsd.errors import StateUnavailable, TarsError
from tarsd.store import Database
from tarsd.store.changes import ChangeStore


class Points:
    """Every point at which the power can go. At number `cut_at` everything stops."""

    def __init__(self, cut_at: int | None = None) -> None:
        self.passed = 0
        self.cut = asyncio.Event()
        self._cut_at = cut_at

    async def reach(self) -> None:
        self.passed += 1
        if self.passed == self._cut_at:
            self.cut.set()
            await asyncio.Event().wait()


class Store(ChangeStore):
    """The real store, with a point before and after each write, on a disk that may be full."""

    def __init__(self, database: Database, points: Points | None = None) -> None:
        super().__init__(database)
        self._points = points or Points()
        self.full = False

    async def add(self, change: Change) -> str:
        self._refuse_if_full()
        return await super().add(change)

    async def save_change(self, change: Change) -> None:
        await self._points.reach()
        self._refuse_if_full()
        await super().save_change(change)
        await self._points.reach()

    async def save_task(self, change: Change, task: Task) -> None:
        await self._points.reach()
        self._refuse_if_full()
        await super().save_task(change, task)
        await self._points.reach()

    def _refuse_if_full(self) -> None:
        if self.full:
            raise StateUnavailable("cannot write state.db: database or disk is full")


class Make:
    """Makes the thing `args["name"]`; undo unmakes what it made."""

    kind = "make"
    version = 2

    def __init__(self, things: set[str], points: Points | None = None) -> None:
        self._things = things
        self._points = points or Points()
        self.calls: list[str] = []

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        name = step.task.args["name"]
        self.calls.append(f"do {name}")
        if "was there" not in step.task.memo:
            step.task.memo["was there"] = name in self._things
            await step.remember()
        await self._points.reach()
        self._things.add(name)
        await self._points.reach()
        return {name: "made"}

    async def undo(self, step: Step) -> None:
        name = step.task.args["name"]
        self.calls.append(f"undo {name}")
        await self._points.reach()
        if step.task.memo.get("was there") is False:
            self._things.discard(name)
        await self._points.reach()


class Fail:
    """Raises `error`; its undo raises `undo_error`."""

    kind = "fail"
    version = 1

    def __init__(self, error: Exception, undo_error: Exception | None = None) -> None:
        self._error = error
        self._undo_error = undo_error

    async def do(self, step: Step) -> None:
        raise self._error

    async def undo(self, step: Step) -> None:
        if self._undo_error is not None:
            raise self._undo_error


class Linger:
    """Works until `enough` is set; its undo too, if `slow_undo`."""

    kind = "linger"
    version = 1

    def __init__(self, *, slow_undo: bool = False) -> None:
        self.begun = asyncio.Event()
        self.enough = asyncio.Event()
        self.undoing = asyncio.Event()
        self.undone = 0
        self._slow_undo = slow_undo

    async def do(self, step: Step) -> None:
        self.begun.set()
        step.progress(3, 7, "steps", "lingering")
        await self.enough.wait()

    async def undo(self, step: Step) -> None:
        self.undoing.set()
        if self._slow_undo:
            await self.enough.wait()
        self.undone += 1


def make(*names: str) -> list[Planned]:
    """A plan that makes things of these names."""
    return [Planned("make", f"make {name}", {"name": name}) for name in names]


FAIL = Planned("fail", "fail", {})
LINGER = Planned("linger", "linger", {})
BROKEN = TarsError("cannot make it: out of clay", fix="buy clay")

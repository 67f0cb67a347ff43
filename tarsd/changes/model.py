"""A change, its tasks and the words for how far they are (docs/json.md)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Protocol


class ChangeStatus(str, Enum):
    """The last three are ends; all three release the change's locks.

    A planned change is on its way to the disk and nothing of it has been done. After a crash nobody knows what its owner
    was told, so it is not done then either, and ends undone.
    """

    PLANNED = "planned"
    DOING = "doing"
    UNDOING = "undoing"
    DONE = "done"
    UNDONE = "undone"
    NEEDS_OWNER = "needs-owner"


class TaskStatus(str, Enum):
    """How far one task is."""

    WAITING = "waiting"
    DOING = "doing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"


@dataclass
class Task:
    """One step. `args` are fixed when the change is made; `memo` is what `do` leaves for `undo`, on disk."""

    number: int
    kind: str
    version: int
    summary: str
    args: dict[str, Any]
    memo: dict[str, Any] = field(default_factory=dict[str, Any])
    status: TaskStatus = TaskStatus.WAITING
    started: str | None = None
    ended: str | None = None
    done: int | None = None
    total: int | None = None
    unit: Literal["bytes", "steps"] | None = None
    detail: str | None = None
    error: dict[str, Any] | None = None
    """Why it could not be undone, and what the owner is to do about that; on disk."""


@dataclass
class Change:
    """A long operation. `revision` grows with every visible step, in memory only."""

    id: str
    kind: str
    summary: str
    status: ChangeStatus
    locks: frozenset[str]
    started: str
    tasks: list[Task]
    ended: str | None = None
    error: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    revision: int = 0

    @property
    def running(self) -> bool:
        """Whether it still holds its locks."""
        return self.ended is None

    def as_json(self) -> dict[str, Any]:
        """The shape of docs/json.md."""
        shown = (
            "number",
            "kind",
            "summary",
            "status",
            "done",
            "total",
            "unit",
            "detail",
            "error",
            "started",
            "ended",
        )
        return {
            "id": self.id,
            "kind": self.kind,
            "summary": self.summary,
            "status": self.status,
            "revision": self.revision,
            "started": self.started,
            "ended": self.ended,
            "error": self.error,
            "result": self.result,
            "tasks": [{name: getattr(task, name) for name in shown} for task in self.tasks],
        }


@dataclass(frozen=True)
class Step:
    """What a task's `do` and `undo` are given."""

    change: Change
    task: Task
    show: Callable[[], None]
    """Wakes whoever watches; call it after changing done, total, unit or detail."""
    remember: Callable[[], Awaitable[None]]
    """Puts the memo on disk; await it before the act that the memo would undo."""
    aborted: Callable[[], bool] = lambda: False
    """Whether a cancellation is the owner's, and not the daemon's end, after which the task is resumed."""

    def progress(
        self,
        done: int,
        total: int | None,
        unit: Literal["bytes", "steps"],
        detail: str | None = None,
    ) -> None:
        """Show how far the task is."""
        self.task.done, self.task.total, self.task.unit, self.task.detail = (
            done,
            total,
            unit,
            detail,
        )
        self.show()

    def say(self, detail: str) -> None:
        """Show in words what the task is doing or waiting for."""
        self.task.detail = detail
        self.show()


class TaskKind(Protocol):
    """How one kind of task is done and undone. Both must converge when run again after an interruption anywhere."""

    kind: str
    version: int
    """Grows when args or memo change their meaning; a daemon that meets a higher one undoes from what it knows."""

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        """Do it; what is returned is merged into the change's result. Raises TarsError."""
        ...

    async def undo(self, step: Step) -> None:
        """Take back what `do` did, as far as it came. Raises TarsError if a person must act."""
        ...

"""A task that stands still at a test's word, so that what happens meanwhile happens there and not by luck."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tarsd.changes.model import Step, TaskKind

LOOK_EVERY = 0.05


class Hold:
    """The test's end of it: a file names the kind of task, another says that it stands still."""

    def __init__(self, root: Path) -> None:
        self._wanted = root / "hold"
        self._reached = root / "held"

    def at(self, kind: str) -> None:
        """Let the next task of this kind stand still when its work is done and nobody has been told; and one held go on."""
        self._reached.unlink(missing_ok=True)
        half = self._wanted.with_suffix(".new")
        half.write_text(kind)
        half.replace(self._wanted)

    def release(self) -> None:
        """Let what is held go on."""
        self._wanted.unlink(missing_ok=True)
        self._reached.unlink(missing_ok=True)

    @property
    def reached(self) -> bool:
        """Whether it stands still."""
        return self._reached.exists()

    async def stand(self, kind: str) -> None:
        """The daemon's end of it."""
        while self._wanted.exists() and self._wanted.read_text() == kind:
            self._reached.touch()
            await asyncio.sleep(LOOK_EVERY)


class Held:
    """A kind of task as it is, held after its work: done, and not recorded as done."""

    def __init__(self, inner: TaskKind, root: Path) -> None:
        self.kind = inner.kind
        self.version = inner.version
        self._inner = inner
        self._hold = Hold(root)

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        """The work, and then perhaps a long pause."""
        outcome = await self._inner.do(step)
        await self._hold.stand(self.kind)
        return outcome

    async def undo(self, step: Step) -> None:
        """As it is."""
        await self._inner.undo(step)

"""What changes of the doctor are made of: one remedy each, and taking a run back."""

from collections.abc import Mapping, Sequence
from typing import Any

from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import JobFailed
from tarsd.host.blocking import uncut
from tarsd.operations.mending import Mending, Want
from tarsd.operations.taking_back import TakingBack, changed_since

FIX, UNDO = "doctor-fix", "doctor-undo"
"""Kinds of changes."""


class RemedyTask:
    """A remedy that is refused or does not help is an outcome, and no failure of the change: the others go on."""

    kind = "remedy"
    version = 1

    def __init__(self, mending: Mending, back: TakingBack) -> None:
        self._mending = mending
        self._back = back

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: `run`, a Want. Memo: `since`, the first entry of its record that is ours. Result: `run`, `edits`, `acts`."""
        args, memo = step.task.args, step.task.memo
        run = await self._back.get(args["run"])

        async def begun(since: int) -> int:
            first: int = memo.setdefault("since", since)
            await step.remember()
            return first

        outcome = await self._mending.mend(Want.of(args), run, step.change.locks, begun)
        step.say(outcome.end if outcome.why is None else f"{outcome.end}: {outcome.why}")
        acts: Sequence[Any] = (step.change.result or {}).get("acts", [])
        edits = len(await self._back.left(run))
        return {"run": run.id, "edits": edits, "acts": [*acts, outcome.as_json()]}

    async def undo(self, step: Step) -> None:
        """Take back what it edited, as far as it came. Raises JobFailed where somebody has changed that since."""
        since = step.task.memo.get("since")
        if since is not None:
            run = await self._back.get(step.task.args["run"])
            await uncut(self._back.take_back(run, since, force=False))


class UndoRunTask:
    """All of a run that is not taken back yet."""

    kind = "doctor-undo"
    version = 1

    def __init__(self, back: TakingBack) -> None:
        self._back = back

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: `run`, `force`. Result: `run`, `undone` (paths and units). Raises JobFailed where a file was changed."""
        name, force = step.task.args["run"], step.task.args["force"]
        run = await self._back.get(name)
        return {"run": name, "undone": await taken_back(self._back, run.id, force=force)}

    async def undo(self, step: Step) -> None:
        """What is taken back stays so: it is as its owner had it."""


async def taken_back(back: TakingBack, name: str, *, force: bool) -> list[str]:
    """Take a whole run back. Raises NotFound; JobFailed with what is to be said where a file was changed since."""
    run = await back.get(name)
    try:
        return await uncut(back.take_back(run, 1, force=force))
    except JobFailed as error:
        if not changed_since(error):
            raise
        raise JobFailed(
            f"{error.message}; nothing was undone", fix=f"sudo tarsctl doctor undo {name} --yes"
        ) from error


def fix_plan(run: str, wants: Sequence[tuple[Want, str]]) -> list[Planned]:
    """The tasks of a fix; each want with what its remedy does, in words."""
    return [Planned("remedy", words, {"run": run, **want.as_json()}) for want, words in wants]


def undo_plan(run: str, *, force: bool) -> list[Planned]:
    """The task of an undo."""
    return [Planned("doctor-undo", f"take back run {run}", {"run": run, "force": force})]

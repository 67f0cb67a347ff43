"""The last tasks of a setup and a removal: the documents are counted, and what nobody needs any more goes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tarsd.changes.model import Step
from tarsd.errors import GenerationDamaged, JobFailed, NoWayBack
from tarsd.host.generations import Generation, Generations
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.documents import Documents
from tarsd.settings import Settings


class NasCountTask:
    """Counts what is mounted; a share that is too large or too slow for that is still a share."""

    kind = "nas-count"
    version = 1

    def __init__(
        self, documents: Documents, generations: Generations, settings: Callable[[], Settings]
    ) -> None:
        self._documents = documents
        self._generations = generations
        self._settings = settings

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: share, path. Result: `documents`, `complete`, `counted`, and `next`."""
        path: str = step.task.args["path"]
        following = next_steps(_current(self._generations), self._settings())
        try:
            found = await self._documents.count(step.task.args["share"]["source"], path)
        except JobFailed as error:
            step.say(f"not counted: {error.message}")
            return {"documents": None, "complete": False, "counted": None, "next": following}
        step.say(f"{found.documents} documents" + ("" if found.complete else " so far, not all"))
        return {
            "documents": found.documents,
            "complete": found.complete,
            "counted": found.at,
            "next": following,
        }

    async def undo(self, step: Step) -> None:
        """Nothing was touched; a count belongs to its source."""


class NasTidyTask:
    """Drops credentials that no setting names, and the count of a NAS that is gone. There is no way back from it."""

    kind = "nas-tidy"
    version = 1

    def __init__(
        self,
        files: CredentialFiles,
        documents: Documents,
        generations: Generations,
        settings: Callable[[], Settings],
    ) -> None:
        self._files = files
        self._documents = documents
        self._generations = generations
        self._settings = settings

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        """Result of a removal: `next`."""
        nas = self._settings().nas
        gone = await self._files.unused(nas.credentials)
        step.task.memo["gone"] = sorted({*step.task.memo.get("gone", []), *gone})
        await step.remember()
        for name in gone:
            await self._files.drop(name)
        if nas.source is not None:
            return None
        await self._documents.forget()
        return {"next": next_steps(_current(self._generations), self._settings())}

    async def undo(self, step: Step) -> None:
        """Raises NoWayBack once an old password is gone: what it opened could not be mounted again."""
        gone = set(step.task.memo.get("gone", [])) - set(await self._files.names())
        if gone:
            raise NoWayBack(
                f"cannot undo: the old credentials are gone; {step.change.summary} is as good as done",
                fix="tarsctl nas status",
            )


def _current(generations: Generations) -> Generation | None:
    """One that is damaged needs an install as much as one that is missing."""
    try:
        return generations.current()
    except GenerationDamaged:
        return None


def next_steps(generation: Generation | None, settings: Settings) -> list[str]:
    """What the owner has to do so that containers see what is configured now."""
    nas = settings.nas
    if generation is None:
        return ["sudo tarsctl install"]
    parent = None if nas.path is None else str(Path(nas.path).parent)
    sees = any("/nas" in service.binds.values() for service in generation.services.values())
    right = any(parent in service.binds for service in generation.services.values())
    if nas.source is None or nas.path is None:
        return ["sudo tarsctl install"] if sees and nas.path is None else ["tarsctl status"]
    if not nas.enabled:
        return ["sudo tarsctl install --with-nas"]
    reads = {"webui", "backend"} & generation.services.keys()
    return ["sudo tarsctl install"] if reads and not right else ["tarsctl status"]

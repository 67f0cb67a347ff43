"""Models: pulled, removed, and those that the settings keep brought in with an install."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.locks import MODEL
from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import Aborted, ModelMissing, ModelServerRefused, TarsError
from tarsd.host.ollama import Ollama, full_name, same_name
from tarsd.operations.model_pull import Puller
from tarsd.settings import Settings

KEPT = "what is here of it stays, and the next pull goes on from there"


class PullModelTask:
    """Pulls a model; what was pulled stays, whatever becomes of the change."""

    kind = "pull-model"
    version = 1

    def __init__(self, puller: Puller) -> None:
        self._puller = puller

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: name. Result: a verdict. Raises what Puller raises, and Aborted with what stays."""
        name: str = step.task.args["name"]
        try:
            warnings = await self._puller.pull(name, step)
        except asyncio.CancelledError as error:
            if not step.aborted():
                raise
            raise Aborted(
                f"cannot pull model {name}: it was aborted; {KEPT}",
                fix=f"tarsctl models pull {name}",
            ) from error
        return {"verdict": "GO", "passed": 1, "warnings": warnings, "failures": []}

    async def undo(self, step: Step) -> None:
        """Layers stay: they cost a download, and the next pull begins with them."""


class RemoveModelTask:
    """Removes a model from the model server; there is no undo but to pull it again."""

    kind = "remove-model"
    version = 1

    def __init__(self, ollama: Ollama) -> None:
        self._ollama = ollama

    async def do(self, step: Step) -> None:
        """Args: name. Raises ModelMissing, ModelServerRefused; ends well only once it is no longer listed."""
        name: str = step.task.args["name"]
        if await self._ollama.find(name) is None:
            if step.task.memo.get("begun"):
                return
            raise no_model("remove", name)
        step.task.memo["begun"] = True
        await step.remember()
        await self._ollama.remove(name)
        if await self._ollama.find(name) is not None:
            raise ModelServerRefused(
                f"cannot remove model {name}: the model server says it did, and still lists it",
                fix="tarsctl logs ollama",
            )

    async def undo(self, step: Step) -> None:
        """Nothing: a model is whole or gone."""


class KeepModelsTask:
    """Pulls what `[models] keep` names and is missing; a model that cannot be had never takes the stack back."""

    kind = "models"
    version = 1

    def __init__(self, ollama: Ollama, puller: Puller, settings: Callable[[], Settings]) -> None:
        self._ollama = ollama
        self._puller = puller
        self._settings = settings

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        """Args: asked, the names this very install was given: without one of them it is NO-GO, without another a warning."""
        asked: Sequence[str] = step.task.args["asked"]
        keep = list(dict.fromkeys((*self._settings().models.keep, *asked)))
        if not keep:
            return None
        warnings: list[dict[str, Any]] = []
        missed: dict[str, TarsError | None] = {}
        got = 0
        for name in keep:
            step.progress(0, None, "bytes", f"looking for {name}")
            try:
                if await self._ollama.find(name) is None:
                    warnings += await self._puller.pull(name, step)
                got += 1
            except TarsError as error:
                missed[name] = error
            except asyncio.CancelledError:
                if not step.aborted():
                    raise
                missed |= dict.fromkeys(keep[keep.index(name) :])
                break
        return _verdict(step.change.result or {}, got, warnings, missed, asked)

    async def undo(self, step: Step) -> None:
        """Models stay: they are no part of the stack's shape, and cost a download."""


def _verdict(
    before: Mapping[str, Any],
    got: int,
    warnings: Sequence[Mapping[str, Any]],
    missed: Mapping[str, TarsError | None],
    asked: Sequence[str],
) -> dict[str, Any]:
    """The install's verdict with the models in it."""
    fail = [_missed(name, error, Status.FAIL) for name, error in missed.items() if name in asked]
    warn = [
        _missed(name, error, Status.WARN) for name, error in missed.items() if name not in asked
    ]
    return {
        "verdict": "NO-GO" if fail else before.get("verdict", "GO"),
        "passed": before.get("passed", 0) + got,
        "warnings": [*before.get("warnings", []), *warnings, *warn],
        "failures": [*before.get("failures", []), *fail],
    }


def _missed(name: str, error: TarsError | None, status: Status) -> dict[str, str | None]:
    """A finding; without an error it was the owner who stopped it."""
    reason = error.message if error else f"cannot pull model {name}: it was aborted; {KEPT}"
    fix = f"tarsctl models pull {name}"
    if isinstance(error, ModelMissing):
        fix = "take the name out of [models] keep in /etc/tars-home, or put it right"
    elif error and error.fix:
        fix = f"{error.fix}; {fix}" if fix not in error.fix else error.fix
    return Finding("model.missing", name, status, f"{reason}; the stack is up", fix).as_json()


def no_model(verb: str, name: str) -> ModelMissing:
    """The error for a name that the model server does not list."""
    return ModelMissing(
        f"cannot {verb} model {name}: there is none of that name here", fix="tarsctl models list"
    )


def lock(name: str) -> str:
    """The lock that two acts on one model share, however each of them writes its name."""
    return f"{MODEL}{full_name(name).casefold()}"


def kept(name: str, settings: Settings) -> bool:
    """Whether the settings keep it."""
    return any(same_name(name, it) for it in settings.models.keep)


def pull_plan(name: str) -> list[Planned]:
    """The tasks of a pull."""
    return [Planned("pull-model", f"pull {name}", {"name": name})]


def remove_plan(name: str) -> list[Planned]:
    """The tasks of a removal."""
    return [Planned("remove-model", f"remove {name}", {"name": name})]

"""/v1/models"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from tarsd.api.route import Body, Call, Query
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.errors import ModelServerUnavailable, NotInstalled
from tarsd.host.generations import Generations
from tarsd.host.ollama import RESTART, Loaded, Model, Ollama, full_name, same_name
from tarsd.operations import models
from tarsd.settings import ModelName, Settings

ANSWER = 1.3
"""Seconds: tarsctl gives the daemon 2 s to its first byte."""

LICENSE = 200
"""Characters of a license's first line."""

T = TypeVar("T")


class ModelBody(Body):
    """One model by name, with or without its tag."""

    name: ModelName


class ModelQuery(Query):
    """One model by name, with or without its tag."""

    name: ModelName


class ModelHandlers:
    """The models on the model server, and those that the settings want there."""

    def __init__(
        self,
        changes: Changes,
        ollama: Ollama,
        settings: Callable[[], Settings],
        generations: Generations,
    ) -> None:
        self._generations = generations
        self._changes = changes
        self._ollama = ollama
        self._settings = settings

    async def list(self, _: Call) -> dict[str, Any]:
        """Those that are here, and those that are kept and missing."""
        here, loaded = await self._look()
        keep = self._settings().models.keep
        missing = [it for it in keep if not any(same_name(it, model.name) for model in here)]
        rows = [self._row(model, loaded) for model in sorted(here, key=lambda it: it.name)]
        gone = [_absent(full_name(name)) for name in sorted(set(missing))]
        return {"models": [*rows, *gone]}

    async def show(self, call: Call) -> dict[str, Any]:
        """One that is here. Raises ModelMissing."""
        here, loaded = await self._look()
        model = next((it for it in here if same_name(it.name, call.query.name)), None)
        if model is None:
            raise models.no_model("show", call.query.name)
        about = await self._asked(self._ollama.show(model.name))
        lines = [line.strip() for line in about.license.splitlines() if line.strip()]
        return {
            **self._row(model, loaded),
            "family": about.details.family or None,
            "parameters": about.details.parameter_size or None,
            "quantization": about.details.quantization_level or None,
            "context_length": about.context_length,
            "capabilities": list(about.capabilities),
            "license": lines[0][:LICENSE] if lines else None,
        }

    async def pull(self, call: Call) -> Change:
        """Begin a pull. Raises ModelServerUnavailable where there is nobody to pull it."""
        name = call.body.name
        await self._asked(self._ollama.models())
        return await self._changes.begin(
            "pull-model", f"pull model {name}", {models.lock(name)}, models.pull_plan(name)
        )

    async def remove(self, call: Call) -> Change:
        """Begin a removal. Raises ModelMissing."""
        name = call.body.name
        if await self._asked(self._ollama.find(name)) is None:
            raise models.no_model("remove", name)
        return await self._changes.begin(
            "remove-model", f"remove model {name}", {models.lock(name)}, models.remove_plan(name)
        )

    async def _look(self) -> tuple[Sequence[Model], Sequence[Loaded]]:
        here, loaded = await self._asked(
            asyncio.gather(self._ollama.models(), self._ollama.loaded())
        )
        return here, loaded

    async def _asked(self, answer: Awaitable[T]) -> T:
        """Before an install, nobody is to look at or restart what is not there. Raises NotInstalled."""
        try:
            return await _in_time(answer)
        except ModelServerUnavailable as error:
            if self._generations.current_number() is not None:
                raise
            raise NotInstalled(
                "cannot ask the model server: nothing is installed", fix="sudo tarsctl install"
            ) from error

    def _row(self, model: Model, loaded: Sequence[Loaded]) -> dict[str, Any]:
        memory = next((it for it in loaded if same_name(it.name, model.name)), None)
        return {
            "name": model.name,
            "present": True,
            "kept": models.kept(model.name, self._settings()),
            "size_bytes": model.size,
            "digest": model.digest or None,
            "modified": model.modified_at or None,
            "loaded": memory
            and {
                "size_bytes": memory.size,
                "gpu_bytes": memory.size_vram,
                "expires": memory.expires_at or None,
            },
        }


def _absent(name: str) -> dict[str, Any]:
    """A model that is kept and not here."""
    unknown = dict.fromkeys(("size_bytes", "digest", "modified", "loaded"))
    return {"name": name, "present": False, "kept": True, **unknown}


async def _in_time(answer: Awaitable[T]) -> T:
    try:
        return await asyncio.wait_for(answer, ANSWER)
    except asyncio.TimeoutError as error:
        raise ModelServerUnavailable(
            f"cannot ask the model server: it does not answer within {ANSWER} s", fix=RESTART
        ) from error

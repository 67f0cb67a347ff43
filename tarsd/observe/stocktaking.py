"""What the model server and the vector store hold, asked now and then and remembered: a page that is opened asks neither."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from structlog.typing import FilteringBoundLogger

from tarsd.errors import TarsError
from tarsd.host.chroma import Chroma, Collection
from tarsd.host.ollama import Loaded, Model, Ollama, same_name
from tarsd.observe.picture import ModelRow, Stock
from tarsd.times import now

MODELS_EVERY = 60.0
"""Seconds: what is loaded into memory changes with each chat, and the question costs the server nothing."""

COLLECTIONS_EVERY = 600.0
"""Seconds: each collection is one more question."""

FIRST = 15.0
"""Seconds between two attempts until the model server has answered once."""

DEADLINE = 20.0
"""Seconds for one store to answer all of it; its single calls have shorter ones."""

MOST_MODELS = 100
"""That are told; an owner with more has a list of their own: `tarsctl models list`."""


class Stocktaking:
    """`serves` says of a role (`llm`, `vector`) whether a service of it is to be asked: it runs, and answers."""

    def __init__(
        self,
        ollama: Ollama,
        chroma: Chroma,
        serves: Callable[[str], bool],
        log: FilteringBoundLogger,
    ) -> None:
        self._ollama = ollama
        self._chroma = chroma
        self._serves = serves
        self._log = log
        self._capabilities: dict[str, tuple[str, ...]] = {}
        self._due = {"llm": 0.0, "vector": 0.0}
        self.latest = Stock()

    async def run(self) -> None:
        """For ever, beside the pictures: a store that hangs holds none of them up."""
        while True:
            await asyncio.sleep(MODELS_EVERY if self.latest.models is not None else FIRST)
            try:
                await self.look()
            except Exception:  # noqa: BLE001  one bad answer must not be the last one
                self._log.exception("stocktaking.defect")

    async def look(self) -> Stock:
        """Ask what is due; a store that does not answer keeps what it said last, with the reason."""
        await asyncio.gather(self._models(), self._collections())
        return self.latest

    async def _models(self) -> None:
        if not self._is_due("llm", MODELS_EVERY):
            return
        try:
            rows = await asyncio.wait_for(self._ask_models(), DEADLINE)
        except (TarsError, asyncio.TimeoutError) as error:
            self.latest = replace(self.latest, models_why=_why(error))
            return
        self.latest = replace(self.latest, models=rows, models_at=now(), models_why=None)

    async def _collections(self) -> None:
        if not self._is_due("vector", COLLECTIONS_EVERY):
            return
        try:
            rows: Sequence[Collection] = await asyncio.wait_for(
                self._chroma.collections(), DEADLINE
            )
        except (TarsError, asyncio.TimeoutError) as error:
            self.latest = replace(self.latest, collections_why=_why(error))
            self._due["vector"] = 0.0  # a failure is asked about again with the next picture
            return
        self.latest = replace(
            self.latest, collections=rows, collections_at=now(), collections_why=None
        )

    def _is_due(self, role: str, every: float) -> bool:
        at = asyncio.get_running_loop().time()
        if at < self._due[role] or not self._serves(role):
            return False
        self._due[role] = at + every - 5.0  # a picture comes a moment early now and then
        return True

    async def _ask_models(self) -> Sequence[ModelRow]:
        here, loaded = await asyncio.gather(self._ollama.models(), self._ollama.loaded())
        rows = sorted(here, key=lambda it: it.name)[:MOST_MODELS]
        known = {model.digest: await self._abilities(model) for model in rows}
        self._capabilities = {digest: it for digest, it in known.items() if digest and it}
        return [_row(model, loaded, known[model.digest]) for model in rows]

    async def _abilities(self, model: Model) -> tuple[str, ...]:
        """Asked once for each digest; a server that does not tell them of one model tells the rest all the same."""
        known = self._capabilities.get(model.digest)
        if known is not None:
            return known
        with suppress(TarsError):
            return tuple((await self._ollama.show(model.name)).capabilities)
        return ()


def _row(model: Model, loaded: Sequence[Loaded], capabilities: tuple[str, ...]) -> ModelRow:
    memory = next((it for it in loaded if same_name(it.name, model.name)), None)
    return ModelRow(
        model.name,
        model.size,
        memory and memory.size,
        memory and memory.size_vram,
        capabilities,
    )


def _why(error: Exception) -> str:
    return error.message if isinstance(error, TarsError) else f"no answer within {DEADLINE:g} s"

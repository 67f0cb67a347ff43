"""Whether anybody uses a model: for what is asked of one must neither load it, nor delay who works with it.

Ollama tells neither what runs nor what waits. What it does tell, and what is made of that:
- `/api/ps` has when each model will leave the memory, which moves with every use. It moved since our last look: somebody has
  used it. It moves between two looks two seconds apart: it is at work, or has ended just now.
- Whoever computes, on the processor or on a card, keeps a processor busy: the container's own use of it is measured between
  those two looks. A card's work does, too: its driver waits by spinning.
- 503 says that too much waits already.
A request that comes while ours is on its way waits for it: one token, or a few words to be embedded.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone

from tarsd.errors import EngineRefused, ModelServerRefused, ModelServerUnavailable
from tarsd.host.docker_api import DockerApi
from tarsd.host.ollama import Loaded, Made, Ollama
from tarsd.times import from_engine

SAMPLE = 2.0
"""Seconds between the two looks."""

BUSY = 0.2
"""Of one processor that the container took meanwhile; Ollama takes less than a hundredth while it has nothing to do."""

QUIET = 210.0
"""Seconds that nobody must have used a model before it is asked unattended: what it has read of a conversation may be lost
by our question, and be read again for the next one. Ollama itself drops all of it after 300 s (`OLLAMA_KEEP_ALIVE`)."""

LEAVES = 15.0
"""Seconds before it leaves the memory in which it is not asked: it could be gone by then, and would be loaded again."""

RELOADED = 1.0
"""Seconds of loading that an answer tells of from which on it was loaded anew for us: a client had given it other options
(`num_gpu`, `num_batch`, `num_thread`), which nobody else can see. It is not asked again."""

SETTLES = 0.5
"""Seconds after an answer until `/api/ps` has the new time."""

LATE = 120.0
"""Seconds after a question that we gave up in which its end may still show there: Ollama drops it at once, a runner that
hangs goes on with it."""

DEADLINE = 20.0
"""Seconds for one token, or a few words to be embedded: the largest models on a slow processor need five."""


@dataclass
class _Known:
    """A model in memory. `uses` counts what others did with it, `asked` at which of them we have asked it what for.

    `late`: until when the end of each question that we gave up may show, on the loop's clock, in seconds.
    """

    expires_at: str
    since: float
    uses: int = 1
    asked: dict[str, int] = field(default_factory=dict[str, int])
    embeds: bool | None = None
    late: list[float] = field(default_factory=list[float])

    def moved(self, expires_at: str, now: float) -> None:
        """It was used since the last look: by us, where a question that we gave up has ended."""
        self.expires_at = expires_at
        self.late = [it for it in self.late if it > now]
        if self.late:
            self.late.pop(0)
        else:
            self.since = now
            self.uses += 1


@dataclass(frozen=True)
class Resting:
    """A model that is in memory and that nobody uses."""

    name: str
    context: int | None
    embeds: bool


@dataclass(frozen=True)
class Rest:
    """Those that may be asked now; `why` there is none, in words."""

    models: Sequence[Resting]
    why: str = ""


class ModelUse:
    """Remembers from look to look. Raises what Ollama and DockerApi raise."""

    def __init__(
        self,
        ollama: Ollama,
        docker: DockerApi,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ollama = ollama
        self._docker = docker
        self._now = now
        self._sleep = sleep
        self._known: dict[str, _Known] = {}
        self._reloaded: set[str] = set()
        self._lock = asyncio.Lock()
        self._one_of_us = asyncio.Lock()
        self._ended: set[str] = set()

    @asynccontextmanager
    async def turn(self, *, through_another: bool = False) -> AsyncGenerator[None]:
        """Whoever has models do something waits for it: two of us at once would each take the other for somebody at work.

        What they are asked in it is no use of theirs, however it ends. `through_another`: it is another program that asks
        them for us, and nobody can tell which.
        """
        async with self._one_of_us:
            try:
                yield
            finally:
                names, self._ended = self._ended, set()
                if names or through_another:
                    await self._settle(None if through_another else names)

    async def resting(self, container: str, purpose: str, *, attended: bool) -> Rest:
        """The models that may be asked something now. `attended`: somebody waits for the answer, and does not mind.

        Unattended, a model is asked once after each time that it was used, so that it never stays in memory only for us.
        """
        async with self._lock:
            loaded = await self._look()
            if not loaded:
                return Rest((), "no model is in memory, and none is loaded only to be asked")
            candidates = [it for it in loaded if it.name not in self._reloaded]
            if not candidates:
                return Rest((), "to ask it would load it anew, with other options than its user's")
            due = [it for it in candidates if attended or self._is_due(it.name, purpose)]
            if not due:
                return Rest((), self._not_due(candidates, purpose))
            busy = await self._at_work(container, due)
            if busy is not None:
                return Rest((), busy)
            return await self._rested(due)

    async def still_idle(self, container: str) -> bool:
        """Whether the model server does nothing right now, by the processor."""
        return await self._share(container) < BUSY

    async def embed(self, model: Resting, texts: Sequence[str]) -> Made:
        """See Ollama; within a turn of ours. `answered` is to be told."""
        return await self._asked(
            model, self._ollama.embed(model.name, texts, model.context, DEADLINE)
        )

    async def one_token(self, model: Resting) -> Made:
        """See Ollama; within a turn of ours. `answered` is to be told."""
        return await self._asked(model, self._ollama.one_token(model.name, model.context, DEADLINE))

    def answered(self, purpose: str, models: Sequence[Resting]) -> None:
        """They did, as they should."""
        for model in models:
            known = self._known.get(model.name)
            if known is not None:
                known.asked[purpose] = known.uses

    def doubt(self, purpose: str, model: Resting) -> None:
        """It hangs for somebody else: who asks it for that purpose is to ask again, whatever it has answered before."""
        known = self._known.get(model.name)
        if known is not None:
            known.asked[purpose] = -1

    async def _asked(self, model: Resting, question: Awaitable[Made]) -> Made:
        answered = False
        try:
            made = await question
            answered = True
        except ModelServerRefused:
            answered = True
            raise
        finally:  # also where a deadline cuts it off
            if answered:
                self._ended.add(model.name)
            else:
                self._given_up([model.name])
        if made.load_duration > RELOADED * 1e9:
            self._reloaded.add(model.name)
        return made

    async def _settle(self, names: Collection[str] | None) -> None:
        """Take what moved for what was asked of these, or of all, a moment ago."""
        await self._sleep(SETTLES)
        async with self._lock:
            try:
                loaded = await self._ollama.loaded()
            except (ModelServerUnavailable, ModelServerRefused):  # the next look sees it, then
                self._given_up(self._known if names is None else names)
                return
            now = asyncio.get_running_loop().time()
            for it in loaded:
                if names is None or it.name in names:
                    known = self._known.setdefault(it.name, _Known(it.expires_at, now, uses=0))
                    known.expires_at = it.expires_at

    def _given_up(self, names: Collection[str]) -> None:
        until = asyncio.get_running_loop().time() + LATE
        for known in (self._known[name] for name in names if name in self._known):
            known.late.append(until)

    async def _look(self) -> Sequence[Loaded]:
        loaded = await self._ollama.loaded()
        now = asyncio.get_running_loop().time()
        names = {it.name for it in loaded}
        self._known = {name: it for name, it in self._known.items() if name in names}
        for it in loaded:
            known = self._known.get(it.name)
            if known is None:
                self._known[it.name] = _Known(it.expires_at, now)
            elif known.expires_at != it.expires_at:
                known.moved(it.expires_at, now)
        return loaded

    def _is_due(self, name: str, purpose: str) -> bool:
        known = self._known[name]
        quiet = asyncio.get_running_loop().time() - known.since >= QUIET
        return quiet and known.asked.get(purpose, 0) != known.uses

    def _not_due(self, loaded: Sequence[Loaded], purpose: str) -> str:
        known = [self._known[it.name] for it in loaded]
        if all(it.asked.get(purpose, 0) == it.uses for it in known):
            return "it has answered since it was used last; it is asked after its next use"
        return f"it may be in use: nobody must have used it for {QUIET:.0f} s"

    async def _at_work(self, container: str, due: Sequence[Loaded]) -> str | None:
        before = {it.name: self._known[it.name].uses for it in due}
        share = await self._share(container)
        await self._look()
        for name, uses in before.items():
            if name not in self._known:
                return f"{name} has just left the memory"
            if self._known[name].uses != uses:
                return f"{name} is in use"
        if share >= BUSY:
            return f"the model server is at work: it takes {share * 100:.0f} % of a processor"
        return None

    async def _share(self, container: str) -> float:
        loop = asyncio.get_running_loop()
        used, began = await self._processor(container), loop.time()
        await self._sleep(SAMPLE)
        return (await self._processor(container) - used) / max(loop.time() - began, SAMPLE) / 1e9

    async def _processor(self, container: str) -> int:
        """Nanoseconds of processor time that it has taken since its start."""
        query = {"stream": "false", "one-shot": "true"}
        found = await self._docker.object(f"/containers/{container}/stats", query)
        try:
            return int(found["cpu_stats"]["cpu_usage"]["total_usage"])
        except (KeyError, TypeError, ValueError) as error:
            raise EngineRefused(
                "cannot tell how busy the model server is: no statistics"
            ) from error

    async def _rested(self, due: Sequence[Loaded]) -> Rest:
        staying = [it for it in due if self._stays(it)]
        if not staying:
            return Rest((), "it is about to leave the memory, or works beyond that time")
        return Rest([await self._resting(it) for it in staying])

    def _stays(self, loaded: Loaded) -> bool:
        ends = from_engine(loaded.expires_at)
        return ends is not None and (ends - self._now()).total_seconds() > LEAVES

    async def _resting(self, loaded: Loaded) -> Resting:
        known = self._known[loaded.name]
        if known.embeds is None:
            capabilities = (await self._ollama.show(loaded.name)).capabilities
            known.embeds = "embedding" in capabilities and "completion" not in capabilities
        return Resting(loaded.name, loaded.context_length, known.embeds)

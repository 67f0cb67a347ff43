"""The model server at its work: a runner that does not let go, one that does not answer, a queue that is full."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timezone

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.gpu_remedies import GpuRestart
from tarsd.catalogue.views import ServiceView
from tarsd.errors import ModelServerRefused, ModelServerUnavailable
from tarsd.host.model_use import DEADLINE, QUIET, Resting
from tarsd.host.nvidia.idleness import AT_WORK
from tarsd.host.ollama import Loaded
from tarsd.times import from_engine

OVERDUE = 300.0
"""Seconds beyond the time at which a model should have left the memory."""

FULL = 503


class _OllamaCheck(Check):
    """Of the model server of the stack, while it runs and answers."""

    subject = "ollama"
    every = 300.0
    deadline = 40.0
    after = ("docker.down", "docker.hung")

    async def ask(self, world: World) -> Sequence[Finding]:
        """One answer for each service whose role is `llm`."""
        return [
            await self.of(view, world)
            for view in world.services
            if view.service.role == "llm" and view.wanted == "running"
        ]

    async def of(self, view: ServiceView, world: World) -> Finding:
        """It waits while the server does not answer at all: that is told as a fault of the service."""
        it = view.container
        if it is None or it.state != "running" or view.busy or view.answers.ready is not True:
            return self.skipped(view, view.busy or "it does not answer at all")
        look = world.nvidia.cards.latest
        if look is not None and look.hung:
            return self.skipped(view, "waits for gpu.gsp-hang")
        return await self.judge(view, await world.ollama.loaded(), world)

    @abstractmethod
    async def judge(self, view: ServiceView, loaded: Sequence[Loaded], world: World) -> Finding:
        """The answer for one that says what it has loaded."""

    def skipped(self, view: ServiceView, why: str) -> Finding:
        """Nothing shows whether it is so."""
        return Finding(self.id, view.name, Status.SKIP, why)


class RunnerStuck(_OllamaCheck):
    """A model stays in memory long after its time, and nobody uses it."""

    id = "ollama.runner-stuck"
    remedies = (GpuRestart(tries=2),)
    about = About(
        what="The model server keeps a model in memory long after the time at which it should have let it go",
        seen="`/api/ps` names a model whose `expires_at` was over five minutes ago, while its container takes "
        "less than 0.2 of a "
        "processor: a long answer keeps a model beyond its time, too",
        why="The process behind it is stuck: its memory is not freed, and other models do not fit",
        we="Restart it with its ordinary grace, twice an hour at most",
        you="Nothing, unless it comes back: then see its log",
        commands=("tarsctl restart ollama", "tarsctl logs ollama"),
    )

    async def judge(self, view: ServiceView, loaded: Sequence[Loaded], world: World) -> Finding:
        """See About.seen."""
        late = [it for it in loaded if (over(it) or 0) > OVERDUE]
        if not late:
            return self.passed("lets models go in time", subject=view.name)
        assert view.container is not None
        share = await world.nvidia.idle.measure(view.container.id)
        if share is None:
            return self.unknown("whether it is at work cannot be told", subject=view.name)
        if share > AT_WORK:
            return self.skipped(view, "is at work on a long answer")
        words = f"keeps {late[0].name} {(over(late[0]) or 0) / 60:.0f} minutes beyond its time, and does nothing"
        return self.fail(words, f"tarsctl restart {view.name}", subject=view.name)


class OllamaHangs(_OllamaCheck):
    """It answers questions about itself, and a model that is in memory does not say one word."""

    id = "ollama.hangs"
    deep = True
    every = 60.0
    deadline = 90.0
    remedies = (GpuRestart(tries=2),)
    about = About(
        what="The model server answers, and the process that runs a model does not",
        seen=f"One token of a model that is in memory already does not come within {DEADLINE:.0f} s, twice, while "
        "`/api/ps` answers and the container takes less than 0.2 of a processor. It is asked once after each use, when "
        f"nobody has used it for {QUIET:.0f} s; one that is not in memory is never loaded for it",
        why="Every question to that model waits for ever",
        we="Restart it with its ordinary grace, twice an hour at most; never while it is at work",
        you="Nothing, unless it comes back: then see its log and the kernel's",
        commands=("tarsctl restart ollama", "tarsctl logs ollama", "journalctl -k -g NVRM"),
    )

    async def judge(self, view: ServiceView, loaded: Sequence[Loaded], world: World) -> Finding:
        """See About.seen."""
        async with world.deep.models.turn():
            return await self._in_turn(view, world)

    async def _in_turn(self, view: ServiceView, world: World) -> Finding:
        assert view.container is not None
        models, container = world.deep.models, view.container.id
        rest = await models.resting(container, self.id, attended=world.asked.attended)
        model = first_that_talks(rest.models)
        if model is None:
            return self.skipped(view, rest.why or "no model is in memory that talks")
        for _ in range(2):
            try:
                await models.one_token(model)
            except ModelServerRefused as error:
                return self._refused(view, error)
            except ModelServerUnavailable as error:
                if not error.silent:
                    return await self._senseless(view, world, error)
                if not await models.still_idle(container):
                    return self.skipped(view, "is at work")  # slow, then
                continue
            models.answered(self.id, [model])
            return self.passed(f"{model.name} answers", subject=view.name)
        await world.ollama.loaded()  # or it does not answer at all, which is another fault
        words = (
            f"hangs: {model.name} does not say one word in {DEADLINE:.0f} s, and nothing computes"
        )
        return self.fail(words, f"tarsctl restart {view.name}", subject=view.name)

    async def _senseless(
        self, view: ServiceView, world: World, error: ModelServerUnavailable
    ) -> Finding:
        """What breaks off, or answers nonsense, does not hang; that it fails is told by ollama.deep. Raises as Ollama."""
        await world.ollama.loaded()  # or nobody is there at all
        return self.passed(f"does not hang: {error.message}", subject=view.name)

    def _refused(self, view: ServiceView, error: ModelServerRefused) -> Finding:
        """Whoever says no is there: an embedding model that does not talk, or a queue that is full."""
        if error.details.get("status") == FULL:
            return self.skipped(view, "its queue is full")
        return self.passed(f"answers: {error.details.get('said')}", subject=view.name)


class OllamaBusy(_OllamaCheck):
    """Its queue is full: it turns questions away. No restart helps, for it would lose those that wait."""

    id = "ollama.busy"
    severity = Status.WARN
    about = About(
        what="The model server turns questions away because too many wait already",
        seen="Its log has answers with status 503 (`server busy`) to questions of the last five minutes",
        why="Whoever asks gets an error instead of an answer",
        we="Nothing; above all no restart, which would lose the questions that wait",
        you="Ask less at a time, or let more wait: OLLAMA_MAX_QUEUE, OLLAMA_NUM_PARALLEL in compose.override.yaml",
        commands=("tarsctl logs ollama",),
    )

    async def judge(self, view: ServiceView, loaded: Sequence[Loaded], world: World) -> Finding:
        """See About.seen."""
        assert view.container is not None
        if not loaded:
            return self.passed("nobody waits", subject=view.name)
        count = await world.nvidia.log.turned_away(view.container, self.every or 300.0)
        if count:
            words = f"has turned {count} questions away in five minutes: its queue is full"
            return self.warn(words, f"tarsctl logs {view.name}", subject=view.name)
        return self.passed("turns nobody away", subject=view.name)


def first_that_talks(models: Sequence[Resting]) -> Resting | None:
    """The one that is asked for a word."""
    return next((it for it in models if not it.embeds), None)


def over(model: Loaded) -> float | None:
    """Seconds beyond its time; None where it has none: it is loading, or stays for ever."""
    at = from_engine(model.expires_at)
    if at is None or at.year < 2000:
        return None
    return (datetime.now(timezone.utc) - at).total_seconds()


CHECKS: tuple[Check, ...] = (RunnerStuck(), OllamaHangs(), OllamaBusy())

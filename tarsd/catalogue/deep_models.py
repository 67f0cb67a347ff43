"""Whether models in memory do their work, and whether a document is found by what it says: embed, store, search."""

import asyncio
import math
import secrets
from collections.abc import Awaitable, Callable, Sequence

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.catalogue.deep_check import DeepCheck, milliseconds, service_of, waits_for
from tarsd.catalogue.ollama import OllamaHangs, first_that_talks
from tarsd.catalogue.views import ServiceView
from tarsd.errors import ModelServerRefused, ModelServerUnavailable, ProbeFailed
from tarsd.host.model_use import DEADLINE, QUIET, Resting
from tarsd.host.ollama import Made
from tarsd.host.probes.chroma_scratch import ChromaScratch
from tarsd.host.probes.probe import timed

LOOKS = 60.0
"""Seconds between two looks at whether a model may be asked: one small request, where none may be."""

MOST = 3
"""Models that are asked in one go, each within its deadline."""

SAME, OTHER = "a kettle on the stove", "the tide at the harbour"

NOTES = (
    "The heating engineer comes on the first Tuesday of October.",
    "Bread: 500 g of flour, 350 g of water, 10 g of salt, a little yeast.",
    "The spare key of the shed hangs behind the blue watering can.",
)
"""What the canary must be found among."""

HIDDEN = "The password of the lighthouse called {name} is {word}."
QUESTION = "What is the password of the lighthouse called {name}?"

BUSY = "the model server is at work"
FULL = 503


class NotNow(Exception):
    """Somebody else is at work: nothing can be said of it."""


class Broken(Exception):
    """What is wrong with an answer, in words that follow the model's name."""


class Silent(Broken):
    """Not one word came, twice, while nothing computes."""


async def made_by(
    ask: Callable[[], Awaitable[Made]], world: World, container: str
) -> tuple[Made, float]:
    """What a model makes, and the seconds it took. Silence or an error counts if it is there twice, and nothing computes.

    Raises Broken, NotNow.
    """
    loop = asyncio.get_running_loop()
    broken = Broken("")
    for _ in range(2):
        began = loop.time()
        try:
            return await ask(), loop.time() - began
        except ModelServerRefused as error:
            if error.details.get("status") == FULL:
                raise NotNow(
                    f"{BUSY}: it turns questions away ({error.details.get('said')})"
                ) from error
            broken = Broken(f"says {error.details.get('said')!r}")
        except ModelServerUnavailable as error:
            broken = Broken(error.message)
            if error.silent:
                broken = Silent(f"does not answer within {DEADLINE:.0f} s")
        if not await world.deep.models.still_idle(container):
            raise NotNow(BUSY)
    raise broken


def sound_vectors(made: Made, count: int) -> Sequence[Sequence[float]]:
    """The vectors, if they are any. Raises Broken."""
    vectors = made.embeddings
    if len(vectors) != count or not all(vectors):
        raise Broken(f"gives {len(vectors)} vectors for {count} texts")
    if not all(math.isfinite(number) for vector in vectors for number in vector):
        raise Broken("gives vectors with numbers that are none")
    if not all(any(vector) for vector in vectors):
        raise Broken("gives a vector of zeros only")
    return vectors


class OllamaDeep(DeepCheck):
    """A model that is in memory does not work: no token, no vector, or one that means nothing."""

    id = "ollama.deep"
    subject = "ollama"
    role = "llm"
    every = LOOKS
    deadline = 90.0
    after = (*DeepCheck.after, OllamaHangs.id)
    about = About(
        what="A model that is loaded makes no words, or an embedding model no vectors that mean anything",
        seen="A model that is in memory is asked for one token, an embedding model for the vectors of two texts, which "
        f"must be numbers, and not the same; twice refused, or twice silent for {DEADLINE:.0f} s while the container "
        "computes nothing. No model is ever loaded for that, and none is asked that may be in use: nobody must have used "
        f"it for {QUIET:.0f} s (`expires_at` of `/api/ps` stands still), and the container must take less than 0.2 of a "
        "processor. Each is asked once after each use",
        why="The server answers, its list of models too, and every question to that model fails",
        we="Nothing here; a runner that hangs is ollama.hangs, which restarts it",
        you="Read what it says; most often memory is short, on the card or beside it, or the model's file is damaged",
        commands=("tarsctl logs ollama", "tarsctl models list", "sudo tarsctl restart ollama"),
    )

    async def work(self, world: World, view: ServiceView) -> Finding:
        """Ask those that may be asked."""
        async with world.deep.models.turn():
            return await self._in_turn(world, view)

    async def _in_turn(self, world: World, view: ServiceView) -> Finding:
        assert view.container is not None  # or it would be waited for
        models = world.deep.models
        rest = await models.resting(view.container.id, self.id, attended=world.asked.attended)
        if not rest.models:
            return self.skipped(rest.why, view.name)
        evidence: list[str] = []
        asked = rest.models[:MOST]
        for model in asked:
            try:
                evidence.append(await self._ask(model, world, view.container.id))
            except NotNow as error:
                return self.skipped(str(error), view.name, evidence)
            except Broken as error:
                if isinstance(error, Silent) and model == first_that_talks(asked):
                    # That is a fault of its own, which knows what to do: two of one cause would be two incidents.
                    models.doubt(OllamaHangs.id, model)
                    return self.skipped(f"waits for {OllamaHangs.id}", view.name, evidence)
                return self.fail(
                    f"{model.name} {error}",
                    "tarsctl logs ollama; sudo tarsctl restart ollama",
                    subject=view.name,
                    evidence=evidence,
                )
        models.answered(self.id, asked)
        return self.passed("; ".join(evidence), subject=view.name, evidence=evidence)

    async def _ask(self, model: Resting, world: World, container: str) -> str:
        use = world.deep.models
        if model.embeds:
            made, took = await made_by(lambda: use.embed(model, [SAME, OTHER]), world, container)
            vectors = sound_vectors(made, 2)
            if list(vectors[0]) == list(vectors[1]):
                raise Broken("gives the same vector for different texts")
            return f"{model.name}: two vectors of {len(vectors[0])} in {milliseconds(took)}"
        made, took = await made_by(lambda: use.one_token(model), world, container)
        if not made.done or not (made.eval_count or made.response):
            raise Broken("ends without having made a word")
        return f"{model.name}: one token in {milliseconds(took)}"


class RagCanary(DeepCheck):
    """A document is not found by a question that it answers: embedding, store and search, each as the web UI uses it."""

    id = "rag.canary"
    subject = "rag"
    role = "llm"
    every = LOOKS
    deadline = 90.0
    after = (*DeepCheck.after, "chroma.deep", "ollama.deep")
    about = About(
        what="A document is not found by the question that it answers",
        seen="A sentence with a word made up for this time and three others are embedded by an embedding model in "
        "memory, put into our own collection of the vector store, and the question for that word must bring that "
        "sentence first. When a model may be asked is told at ollama.deep",
        why="Answers from your documents are then made up, or say that there is nothing, and nothing shows an error",
        we="Nothing: each of its parts is looked after by checks of its own. The documents are deleted again",
        you="Ask for the parts, `ollama.deep` and `chroma.deep`. If both are well, the model does not suit a search",
        commands=("sudo tarsctl validate rag", "tarsctl logs ollama", "tarsctl logs chromadb"),
    )

    def applies(self, world: World) -> bool:
        """Where both are wanted."""
        store = service_of(world, "vector")
        return super().applies(world) and store is not None and store.wanted == "running"

    async def work(self, world: World, view: ServiceView) -> Finding:
        """See About.seen."""
        assert view.container is not None  # or it would be waited for
        store = service_of(world, "vector")
        assert store is not None  # or it would not apply
        waits, task = waits_for(store), world.deep.task(store.service)
        if waits or not isinstance(task, ChromaScratch):
            return self.skipped(f"{store.name}: {waits or 'is not reached by its labels'}", "rag")
        async with world.deep.models.turn():
            return await self._in_turn(task, world, view.container.id)

    async def _in_turn(self, task: ChromaScratch, world: World, container: str) -> Finding:
        models = world.deep.models
        rest = await models.resting(container, self.id, attended=world.asked.attended)
        embedding = [it for it in rest.models if it.embeds][:1]
        if not embedding:
            return self.skipped(rest.why or "no embedding model is in memory", "rag")
        try:
            finding = await self._search(embedding[0], task, world, container)
        except NotNow as error:
            return self.skipped(str(error), "rag")
        except Broken as error:
            return self.fail(f"{embedding[0].name} {error}", "tarsctl logs ollama")
        except ProbeFailed as error:
            return self.fail(f"the vector store fails: {error.reason}", "tarsctl logs chromadb")
        models.answered(self.id, embedding)
        return finding

    async def _search(
        self, model: Resting, task: ChromaScratch, world: World, container: str
    ) -> Finding:
        name, word = secrets.token_hex(4), secrets.token_hex(4)
        hidden = HIDDEN.format(name=name, word=word)
        texts = [*NOTES, hidden, QUESTION.format(name=name)]
        made, embedded = await made_by(
            lambda: world.deep.models.embed(model, texts), world, container
        )
        *vectors, question = sound_vectors(made, len(texts))
        found: list[str] = []

        async def search() -> None:
            found.append(await task.nearest(texts[:-1], vectors, question))

        searched = await timed(task.address, search(), task.deadline)
        evidence = [
            f"embedding: {model.name}, {len(texts)} texts in {milliseconds(embedded)}",
            f"stored, found and deleted in {milliseconds(searched)}",
        ]
        if found != [hidden]:
            return self.fail(
                f"another document was found than the one that answers the question ({model.name})",
                "tarsctl models list; tarsctl logs chromadb",
                evidence=[*evidence, f"found: {found[0]}"],
            )
        return self.passed(
            f"a new document was found by its question in {milliseconds(embedded + searched)}",
            evidence=evidence,
        )


CHECKS: tuple[Check, ...] = (OllamaDeep(), RagCanary())

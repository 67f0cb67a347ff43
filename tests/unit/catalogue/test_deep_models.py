"""Models in memory that do not work, and a document that its question does not find. Time jumps."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import pytest

from tarsd.catalogue.check import Asked, Finding, Status, World
from tarsd.catalogue.deep_models import OllamaDeep, RagCanary
from tarsd.catalogue.ollama import OllamaHangs
from tarsd.host.conversation import Address
from tarsd.host.http import HttpSession
from tarsd.host.model_use import QUIET, ModelUse
from tarsd.host.ollama import Ollama
from tarsd.host.probes.chroma_scratch import DATABASE, ChromaScratch
from tests.unit.fake_chroma import FakeChroma
from tests.unit.fake_ollama import FakeOllama
from tests.unit.host.test_model_use import Processor
from tests.unit.service_views import fails, view, world
from tests.unit.worlds import deep, found, the_one

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=timezone.utc)
UNTIL = "2026-11-25T10:05:00.000Z"
CHAT, EMBED = "llama3.1:8b", "nomic-embed-text:latest"
LLM = view("ollama", service_role="llm", container_id="c1")
STORE = view("chromadb", service_role="vector")


@dataclass
class Stack:
    """A model server and a vector store, as the daemon sees them."""

    ollama: FakeOllama
    chroma: FakeChroma
    processor: Processor
    world: World

    async def ask(self, check: OllamaDeep | OllamaHangs | RagCanary) -> Finding:
        return await the_one(check, self.world)

    async def unattended(self, check: OllamaDeep | OllamaHangs | RagCanary) -> Finding:
        return await the_one(check, replace(self.world, asked=Asked()))


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    ollama, chroma, http, processor = FakeOllama(), FakeChroma(), HttpSession(), Processor()
    await ollama.start()
    await chroma.start()
    scratch = ChromaScratch(http, Address("127.0.0.1", chroma.port), asyncio.Lock())
    asked = Ollama(http, lambda: ollama.port)
    use = ModelUse(asked, processor, lambda: NOW)
    made = world(LLM, STORE)
    its = deep(made.docker, scratch, models=use)
    seen = replace(made, deep=its, ollama=asked, asked=Asked(attended=True))
    yield Stack(ollama, chroma, processor, seen)
    await http.close()
    await chroma.stop()
    await ollama.stop()


@pytest.fixture
def loaded(stack: Stack) -> Stack:
    stack.ollama.load(CHAT, UNTIL)
    stack.ollama.load(EMBED, UNTIL, embeds=True)
    return stack


async def test_models_that_work(loaded: Stack) -> None:
    finding = await loaded.ask(OllamaDeep())
    assert (finding.status, finding.subject) == (Status.PASS, "ollama")
    chat, embed = finding.evidence
    assert chat.startswith(f"{CHAT}: one token in ")
    assert embed.startswith(f"{EMBED}: two vectors of 384 in ")


@pytest.mark.parametrize("check", [OllamaDeep(), RagCanary()], ids=lambda it: it.id)
async def test_where_no_model_is_in_memory_that_is_said(
    stack: Stack, check: OllamaDeep | RagCanary
) -> None:
    stack.ollama.add(CHAT)
    finding = await stack.ask(check)
    assert finding.status is Status.SKIP
    assert finding.summary.startswith("no model is in memory")
    assert stack.ollama.worked == []


async def test_a_model_that_fails_is_named_with_what_the_server_says(loaded: Stack) -> None:
    loaded.ollama.says["/api/generate"] = (500, b'{"error": "llama runner process has terminated"}')
    finding = await loaded.ask(OllamaDeep())
    assert finding.status is Status.FAIL
    assert finding.summary == f"{CHAT} says 'llama runner process has terminated'"


async def test_a_model_that_hangs_while_nothing_computes_is_one_fault(loaded: Stack) -> None:
    """Told by the check that restarts it, however lately that one has found it well."""
    await loaded.unattended(OllamaHangs())
    await asyncio.sleep(QUIET + 1)
    assert (await loaded.unattended(OllamaHangs())).status is Status.PASS
    assert (await loaded.unattended(OllamaHangs())).status is Status.SKIP, "once after each use"
    loaded.ollama.hung.add("/api/generate")
    finding = await loaded.unattended(OllamaDeep())
    assert (finding.status, finding.summary) == (Status.SKIP, "waits for ollama.hangs")
    finding = await loaded.unattended(OllamaHangs())
    assert (finding.status, finding.summary) == (
        Status.FAIL,
        f"hangs: {CHAT} does not say one word in 20 s, and nothing computes",
    )


async def test_an_answer_that_makes_no_sense_is_told_here_and_is_no_hang(loaded: Stack) -> None:
    loaded.ollama.says["/api/generate"] = (200, b"<html>a proxy</html>")
    assert (await loaded.ask(OllamaHangs())).status is Status.PASS
    finding = await loaded.ask(OllamaDeep())
    assert finding.status is Status.FAIL
    assert "is not of its API's shape" in finding.summary


async def test_an_embedding_model_that_hangs_is_told_here(loaded: Stack) -> None:
    loaded.ollama.hung.add("/api/embed")
    finding = await loaded.ask(OllamaDeep())
    assert (finding.status, finding.summary) == (
        Status.FAIL,
        f"{EMBED} does not answer within 20 s",
    )


async def test_one_that_is_slow_because_somebody_works_with_it_does_not(loaded: Stack) -> None:
    async def somebody() -> None:
        await asyncio.sleep(10)
        loaded.processor.share = 1.0

    loaded.ollama.hung.add("/api/generate")
    task = asyncio.create_task(somebody())
    finding = await loaded.ask(OllamaDeep())
    await task
    assert (finding.status, finding.summary) == (Status.SKIP, "the model server is at work")


async def test_a_full_queue_is_work_and_no_fault(loaded: Stack) -> None:
    loaded.ollama.says["/api/generate"] = (503, b'{"error": "server busy, please try again"}')
    finding = await loaded.ask(OllamaDeep())
    assert finding.status is Status.SKIP
    assert "server busy" in finding.summary


@pytest.mark.parametrize(
    ("vectors", "problem"),
    [
        ([[0.1, 0.2]], "gives 1 vectors for 2 texts"),
        ([[0.1, 0.2], []], "gives 2 vectors for 2 texts"),
        ([[0.0, 0.0], [0.1, 0.2]], "gives a vector of zeros only"),
        ([[float("nan"), 0.1], [0.1, 0.2]], "gives vectors with numbers that are none"),
        ([[0.1, 0.2], [0.1, 0.2]], "gives the same vector for different texts"),
    ],
)
async def test_vectors_that_mean_nothing(
    stack: Stack, vectors: list[list[float]], problem: str
) -> None:
    stack.ollama.load(EMBED, UNTIL, embeds=True)
    stack.ollama.says["/api/embed"] = (200, json.dumps({"embeddings": vectors}).encode())
    finding = await stack.ask(OllamaDeep())
    assert (finding.status, finding.summary) == (Status.FAIL, f"{EMBED} {problem}")


async def test_a_model_without_a_word(loaded: Stack) -> None:
    loaded.ollama.says["/api/generate"] = (200, b'{"done": true, "done_reason": "load"}')
    assert "without having made a word" in (await loaded.ask(OllamaDeep())).summary


async def test_unattended_a_model_is_asked_once_after_each_use(loaded: Stack) -> None:
    for _ in range(30):
        await loaded.unattended(OllamaDeep())
        await loaded.unattended(RagCanary())
        await asyncio.sleep(60)
    asked = [(it["path"], it["model"]) for it in loaded.ollama.worked]
    assert sorted(asked) == [("/api/embed", EMBED)] * 2 + [("/api/generate", CHAT)]
    assert await loaded.unattended(OllamaDeep()) != Status.FAIL


async def test_unattended_one_in_use_is_left_alone(loaded: Stack) -> None:
    await loaded.unattended(OllamaDeep())
    await asyncio.sleep(QUIET - 60)
    assert (await loaded.unattended(OllamaDeep())).status is Status.SKIP
    assert loaded.ollama.worked == []


async def test_a_document_is_found_by_its_question(loaded: Stack) -> None:
    finding = await loaded.ask(RagCanary())
    assert (finding.status, finding.subject) == (Status.PASS, "rag")
    assert loaded.chroma.databases[DATABASE] == {"tars-home-scratch-384": {}}
    assert loaded.chroma.databases["default_database"] == {"papers": {}}
    assert [it["path"] for it in loaded.ollama.worked] == ["/api/embed"]


async def test_another_document_is_found(loaded: Stack) -> None:
    loaded.chroma.wrong = True
    finding = await loaded.ask(RagCanary())
    assert finding.status is Status.FAIL
    assert finding.summary.startswith("another document was found")
    assert loaded.chroma.databases[DATABASE] == {"tars-home-scratch-384": {}}


async def test_the_store_fails(loaded: Stack) -> None:
    loaded.chroma.says[("POST", "upsert")] = (500, '{"message": "disk full"}')
    finding = await loaded.ask(RagCanary())
    assert finding.status is Status.FAIL
    assert finding.summary.startswith("the vector store fails: ")


async def test_only_a_model_that_talks_is_in_memory(stack: Stack) -> None:
    stack.ollama.load(CHAT, UNTIL)
    finding = await stack.ask(RagCanary())
    assert (finding.status, finding.summary) == (Status.SKIP, "no embedding model is in memory")
    assert stack.ollama.worked == []


async def test_a_store_that_does_not_answer_is_waited_for(loaded: Stack) -> None:
    ill = replace(STORE, answers=fails("silent"))
    loaded.world = replace(loaded.world, services=(LLM, ill))
    assert (await loaded.ask(RagCanary())).status is Status.SKIP
    assert loaded.ollama.worked == []


async def test_without_a_vector_store_nobody_asks(loaded: Stack) -> None:
    assert await found(RagCanary(), replace(loaded.world, services=(LLM,))) == []

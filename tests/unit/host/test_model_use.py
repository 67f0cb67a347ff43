"""A model is asked only while nobody uses it, and never loaded, kept or disturbed for that. Time jumps."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

import pytest

from tarsd.errors import EngineRefused, ModelServerRefused, ModelServerUnavailable
from tarsd.host.docker_api import DockerApi
from tarsd.host.http import HttpSession
from tarsd.host.model_use import LATE, QUIET, SAMPLE, ModelUse
from tarsd.host.ollama import Ollama
from tests.unit.fake_ollama import FakeOllama

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=timezone.utc)
LATER, LATER_STILL = "2026-11-25T09:05:00.123456789Z", "2026-11-25T09:06:00.5+00:00"
CHAT = "llama3.1:8b"


class Processor(DockerApi):
    """Counts what a container takes of a processor: `share` of it from one look to the next."""

    def __init__(self) -> None:
        super().__init__("/nowhere")
        self.share = 0.001
        self.silent = False

    async def object(self, path: str, query: Any = None) -> dict[str, Any]:
        assert path == "/containers/c1/stats"
        if self.silent:
            return {}
        used = asyncio.get_running_loop().time() * self.share * 1e9
        return {"cpu_stats": {"cpu_usage": {"total_usage": int(used)}}}


@pytest.fixture
def processor() -> Processor:
    return Processor()


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    fake = FakeOllama()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def use(ollama: FakeOllama, processor: Processor) -> AsyncIterator[ModelUse]:
    http = HttpSession()
    yield ModelUse(Ollama(http, lambda: ollama.port), processor, lambda: NOW)
    await http.close()


async def names(use: ModelUse, purpose: str = "deep", *, attended: bool = False) -> list[str]:
    return [it.name for it in (await use.resting("c1", purpose, attended=attended)).models]


async def why(use: ModelUse, *, attended: bool = False) -> str:
    rest = await use.resting("c1", "deep", attended=attended)
    assert not rest.models
    return rest.why


async def left_alone(use: ModelUse) -> None:
    """It is seen, and then nobody uses it for long enough."""
    await use.resting("c1", "deep", attended=False)
    await asyncio.sleep(QUIET)


async def test_where_none_is_in_memory_none_is_asked(ollama: FakeOllama, use: ModelUse) -> None:
    ollama.add(CHAT)
    assert await why(use, attended=True) == (
        "no model is in memory, and none is loaded only to be asked"
    )
    assert ollama.worked == []


async def test_one_that_nobody_has_used_for_a_while_may_be_asked(
    ollama: FakeOllama, use: ModelUse
) -> None:
    ollama.load(CHAT, LATER)
    assert await why(use) == "it may be in use: nobody must have used it for 210 s"
    await asyncio.sleep(QUIET)
    (model,) = (await use.resting("c1", "deep", attended=False)).models
    assert (model.name, model.context, model.embeds) == (CHAT, 4096, False)


async def test_each_use_begins_the_wait_anew(ollama: FakeOllama, use: ModelUse) -> None:
    ollama.load(CHAT, LATER)
    await left_alone(use)
    ollama.load(CHAT, LATER_STILL)
    assert "may be in use" in await why(use)


async def test_somebody_who_waits_for_the_answer_gets_it_at_once(
    ollama: FakeOllama, use: ModelUse
) -> None:
    ollama.load(CHAT, LATER)
    assert await names(use, attended=True) == [CHAT]


async def test_it_is_asked_once_after_each_use_and_for_each_purpose(
    ollama: FakeOllama, use: ModelUse
) -> None:
    """Or our own questions would keep it in memory for ever."""
    ollama.load(CHAT, LATER)
    await left_alone(use)
    async with use.turn():
        (model,) = (await use.resting("c1", "deep", attended=False)).models
        await use.one_token(model)
        use.answered("deep", [model])
    await asyncio.sleep(QUIET)
    assert "asked after its next use" in await why(use)
    assert await names(use, "rag") == [CHAT]
    ollama.load(CHAT, LATER_STILL)
    await left_alone(use)
    assert await names(use) == [CHAT]


async def test_one_that_did_not_answer_is_asked_again(ollama: FakeOllama, use: ModelUse) -> None:
    ollama.load(CHAT, LATER)
    await left_alone(use)
    assert await names(use) == [CHAT]
    assert await names(use) == [CHAT]


async def test_what_we_ask_is_no_use_of_theirs_however_it_ends(
    ollama: FakeOllama, use: ModelUse
) -> None:
    """Or one that fails for another reason is kept in memory by us for ever, and nobody may look meanwhile."""
    ollama.load(CHAT, LATER)
    await left_alone(use)
    async with use.turn():
        (model,) = (await use.resting("c1", "deep", attended=False)).models
        await use.one_token(model)  # and something else goes wrong
    ollama.says["/api/generate"] = (500, b'{"error": "out of memory"}')
    with pytest.raises(ModelServerRefused):
        async with use.turn():
            await use.one_token(model)
    assert await names(use) == [CHAT], "as long ago as before"
    assert await names(use, attended=True) == [CHAT]


async def test_the_end_of_a_question_that_we_gave_up_is_no_use(
    ollama: FakeOllama, use: ModelUse
) -> None:
    """A runner that hangs goes on with it, and lets the model stay when it is through."""
    ollama.load(CHAT, LATER)
    (model,) = (await use.resting("c1", "deep", attended=True)).models
    ollama.hung.add("/api/generate")
    with pytest.raises(ModelServerUnavailable):
        async with use.turn():
            await use.one_token(model)
    asking = asyncio.create_task(names(use, attended=True))
    await asyncio.sleep(SAMPLE / 2)
    ollama.load(CHAT, LATER_STILL)
    assert await asking == [CHAT]
    asking = asyncio.create_task(names(use, attended=True))
    await asyncio.sleep(SAMPLE / 2)
    ollama.load(CHAT, LATER)
    assert await asking == [], "the second end is somebody else's"


async def test_a_question_given_up_long_ago_excuses_nothing(
    ollama: FakeOllama, use: ModelUse
) -> None:
    ollama.load(CHAT, LATER)
    (model,) = (await use.resting("c1", "deep", attended=True)).models
    ollama.hung.add("/api/generate")
    with pytest.raises(ModelServerUnavailable):
        await use.one_token(model)
    await asyncio.sleep(LATE)
    ollama.load(CHAT, LATER_STILL)
    assert "may be in use" in await why(use)


async def test_what_another_program_loads_for_us_is_not_kept_in_memory_by_us(
    ollama: FakeOllama, use: ModelUse
) -> None:
    async with use.turn(through_another=True):
        ollama.load(CHAT, LATER)
    await left_alone(use)
    assert "asked after its next use" in await why(use)
    ollama.load(CHAT, LATER_STILL)
    await left_alone(use)
    assert await names(use) == [CHAT]


async def test_a_turn_in_which_nothing_was_asked_asks_nothing(
    ollama: FakeOllama, use: ModelUse
) -> None:
    ollama.hung.add("/api/ps")
    async with use.turn():
        pass


@pytest.mark.parametrize("attended", [True, False])
async def test_while_the_container_computes_nothing_is_asked(
    ollama: FakeOllama, use: ModelUse, processor: Processor, attended: bool
) -> None:
    ollama.load(CHAT, LATER)
    await left_alone(use)
    processor.share = 0.97
    assert await why(use, attended=attended) == (
        "the model server is at work: it takes 97 % of a processor"
    )


async def test_one_that_is_used_between_the_two_looks_is_not_asked(
    ollama: FakeOllama, use: ModelUse
) -> None:
    ollama.load(CHAT, LATER)
    await left_alone(use)
    asking = asyncio.create_task(why(use))
    await asyncio.sleep(SAMPLE / 2)
    ollama.load(CHAT, LATER_STILL)
    assert await asking == f"{CHAT} is in use"


@pytest.mark.parametrize(
    "expires_at", ["2026-11-25T09:00:10Z", "2026-11-25T08:59:00Z", "0001-01-01T00:00:00Z", "soon"]
)
async def test_one_that_leaves_or_may_be_gone_is_not_asked(
    ollama: FakeOllama, use: ModelUse, expires_at: str
) -> None:
    """It would be loaded again."""
    ollama.load(CHAT, expires_at)
    assert "leave the memory" in await why(use, attended=True)


async def test_one_that_stays_for_ever_may_be_asked(ollama: FakeOllama, use: ModelUse) -> None:
    ollama.load(CHAT, "2319-03-07T08:47:16.9Z")
    assert await names(use, attended=True) == [CHAT]


async def test_what_it_was_loaded_for_and_how_long_it_stays_is_not_changed(
    ollama: FakeOllama, use: ModelUse
) -> None:
    ollama.load(CHAT, LATER)
    ollama.load("nomic-embed-text:latest", LATER, embeds=True)
    chat, embed = (await use.resting("c1", "deep", attended=True)).models
    await use.one_token(chat)
    await use.embed(embed, ["a"])
    for body in ollama.worked:
        assert body["options"]["num_ctx"] == 4096
        assert "keep_alive" not in body
    assert ollama.worked[0]["options"]["num_predict"] == 1


async def test_one_that_had_to_be_loaded_anew_for_us_is_never_asked_again(
    ollama: FakeOllama, use: ModelUse
) -> None:
    """A client had given it options that nobody else can see."""
    ollama.load(CHAT, LATER)
    (model,) = (await use.resting("c1", "deep", attended=True)).models
    ollama.load_seconds = 4.0
    await use.one_token(model)
    assert "would load it anew" in await why(use, attended=True)


async def test_where_nobody_can_tell_how_busy_it_is_nothing_is_asked(
    ollama: FakeOllama, use: ModelUse, processor: Processor
) -> None:
    ollama.load(CHAT, LATER)
    processor.silent = True
    with pytest.raises(EngineRefused, match="cannot tell how busy"):
        await use.resting("c1", "deep", attended=True)


async def test_one_that_does_not_answer_at_all(ollama: FakeOllama, use: ModelUse) -> None:
    ollama.hung.add("/api/ps")
    with pytest.raises(ModelServerUnavailable):
        await use.resting("c1", "deep", attended=True)

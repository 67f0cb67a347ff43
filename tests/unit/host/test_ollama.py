"""Ollama's client: whatever is behind the port, the answer is a value or one of two errors, in time."""

from collections.abc import AsyncIterator, Callable

import pytest

from tarsd.errors import ModelServerRefused, ModelServerUnavailable
from tarsd.host.http import HttpSession
from tarsd.host.ollama import SILENCE, VERIFY_SILENCE, Ollama, full_name, same_name
from tests.unit.fake_ollama import MANIFEST, SUCCESS, FakeOllama, Trouble, layer


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    fake = FakeOllama()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def ollama(server: FakeOllama) -> AsyncIterator[Ollama]:
    http = HttpSession()
    yield Ollama(http, lambda: server.port)
    await http.close()


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("llama3.1", "llama3.1:latest"),
        ("llama3.1:8b", "llama3.1:8b"),
        ("library/llama3.1:8b", "llama3.1:8b"),
        ("registry.ollama.ai/library/llama3.1", "llama3.1:latest"),
        ("registry.lan:5000/mine", "registry.lan:5000/mine:latest"),
        ("hf.co/Some/Model-GGUF:Q4_K_M", "hf.co/Some/Model-GGUF:Q4_K_M"),
    ],
)
def test_names_are_completed_as_ollama_does(name: str, listed: str) -> None:
    assert full_name(name) == listed
    assert same_name(name, listed.upper())


async def test_models_and_what_is_in_memory(server: FakeOllama, ollama: Ollama) -> None:
    server.add("llama3.1:8b", 5000)
    server.loaded = [{"name": "llama3.1:8b", "size": 6000, "size_vram": 3000, "expires_at": "t"}]
    (model,) = await ollama.models()
    assert (model.name, model.size) == ("llama3.1:8b", 5000)
    (loaded,) = await ollama.loaded()
    assert (loaded.size, loaded.size_vram) == (6000, 3000)
    assert await ollama.find("LLAMA3.1:8b") == model
    assert await ollama.find("llama3.1") is None


async def test_a_server_without_models_may_say_null(server: FakeOllama, ollama: Ollama) -> None:
    server.says["/api/tags"] = (200, b'{"models": null}')
    assert await ollama.models() == []


async def test_what_a_model_says_of_itself(server: FakeOllama, ollama: Ollama) -> None:
    server.add("m:1")
    server.about = {
        "details": {"family": "llama", "families": ["llama"], "parent_model": None},
        "model_info": {"general.architecture": "llama", "llama.context_length": 131072},
        "capabilities": ["completion", "tools"],
        "license": ["MIT", "more"],
    }
    about = await ollama.show("m:1")
    assert (about.details.family, about.context_length) == ("llama", 131072)
    assert about.capabilities == ("completion", "tools")
    assert about.license == "MIT\nmore"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>nginx</html>",
        b"",
        b"[]",
        b'"x"',
        b"{}",
        b'{"models": {}}',
        b'{"models": [1]}',
        b'{"models": [{"size": 1}]}',
        b'{"models": [{"name": "a", "size": -1}]}',
        b"\xff\xfe",
    ],
)
async def test_an_answer_of_another_shape_is_told(
    server: FakeOllama, ollama: Ollama, body: bytes
) -> None:
    server.says["/api/tags"] = (200, body)
    with pytest.raises(ModelServerUnavailable, match="cannot understand the model server") as told:
        await ollama.models()
    assert told.value.fix


async def test_an_answer_without_end_is_not_read_to_its_end(
    server: FakeOllama, ollama: Ollama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tarsd.host.ollama.LARGEST_ANSWER", 1000)
    server.says["/api/tags"] = (200, b" " * 2000)
    with pytest.raises(ModelServerUnavailable, match="cannot understand"):
        await ollama.models()


@pytest.mark.parametrize(
    ("body", "words"),
    [(b'{"error": "server busy"}', "server busy"), (b"<html>", "HTTP 503"), (b"[]", "HTTP 503")],
)
async def test_a_no_carries_the_servers_words(
    server: FakeOllama, ollama: Ollama, body: bytes, words: str
) -> None:
    server.says["/api/ps"] = (503, body)
    with pytest.raises(ModelServerRefused, match=words) as told:
        await ollama.loaded()
    assert told.value.details == {"status": 503, "said": words}


async def test_nobody_at_the_port(server: FakeOllama, ollama: Ollama) -> None:
    await server.stop()
    with pytest.raises(ModelServerUnavailable, match=r"Connect call failed|refused") as told:
        await ollama.models()
    assert f"127.0.0.1:{server.port}" in told.value.message


async def test_a_hung_server_costs_seconds(
    server: FakeOllama, ollama: Ollama, clock: Callable[[], float]
) -> None:
    server.hung = {"/api/tags"}
    began = clock()
    with pytest.raises(ModelServerUnavailable, match="no answer to /api/tags in time"):
        await ollama.models()
    assert clock() - began < 10


async def lines(ollama: Ollama) -> list[str]:
    return [line.status async for line in ollama.pull("m")]


async def test_a_pull_line_by_line(server: FakeOllama, ollama: Ollama) -> None:
    server.will_pull("m", (MANIFEST, layer("a", 10, 5), SUCCESS))
    assert await lines(ollama) == ["pulling manifest", "pulling a", "success"]


async def test_an_error_after_the_first_line_comes_with_status_200(
    server: FakeOllama, ollama: Ollama
) -> None:
    server.will_pull("m", (MANIFEST, layer("a", 10, 5), {"error": "unexpected EOF"}))
    with pytest.raises(ModelServerRefused, match="unexpected EOF") as told:
        await lines(ollama)
    assert told.value.details["status"] == 200


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.CUT, "it closed the connection"),
        (Trouble.HANG, "no answer to /api/pull in time"),
        (Trouble.NONSENSE, "cannot understand the model server"),
    ],
)
async def test_a_stream_that_breaks_is_told(
    server: FakeOllama, ollama: Ollama, trouble: Trouble, words: str
) -> None:
    server.will_pull("m", (MANIFEST, layer("a", 10, 5), trouble))
    with pytest.raises(ModelServerUnavailable, match=words):
        await lines(ollama)


async def test_a_registry_that_hangs_is_waited_for_some_minutes(
    server: FakeOllama, ollama: Ollama, clock: Callable[[], float]
) -> None:
    server.will_pull("m", (MANIFEST, Trouble.HANG))
    began = clock()
    with pytest.raises(ModelServerUnavailable, match="in time"):
        await lines(ollama)
    assert SILENCE <= clock() - began < SILENCE + 10


async def test_digests_may_be_verified_for_long_and_not_for_ever(
    server: FakeOllama, ollama: Ollama, clock: Callable[[], float]
) -> None:
    server.will_pull("m", (layer("a", 10, 10), {"status": "verifying"}, Trouble.HANG))
    began = clock()
    with pytest.raises(ModelServerUnavailable, match="in time"):
        await lines(ollama)
    assert VERIFY_SILENCE <= clock() - began < VERIFY_SILENCE + 10

"""What others say with a real secret in it, on every way by which it comes into a change: told, but without the secret."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tarsd.errors import JobFailed
from tarsd.paths import Paths
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.fake_ollama import FakeOllama
from tests.unit.home import Home

Say = Callable[[Home, FakeOllama, str], None]


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    fake = FakeOllama()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def home(
    paths: Paths, engine: FakeEngine, server: FakeOllama, tmp_path: Path
) -> AsyncIterator[Home]:
    """A stack is installed; its model server answers."""
    paths.settings.write_text(f"[start]\ndeadline = 10\n[ports]\nollama = {server.port}\n")
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    made = Home(paths, engine, plugins)
    await made.start()
    await made.install()
    yield made
    await made.stop()


def sick(home: Home, container: FakeContainer) -> None:
    """Redis is to be made anew, and becomes this."""
    home.engine.containers.pop("redis")
    home.compose.starts["redis"] = container


def health_check(home: Home, _: FakeOllama, words: str) -> None:
    sick(home, FakeContainer("redis", ails=True, says=words))


def container_error(home: Home, _: FakeOllama, words: str) -> None:
    sick(home, FakeContainer("redis", dies=True, error=words))


def log(home: Home, _: FakeOllama, words: str) -> None:
    sick(home, FakeContainer("redis", ails=True, log=[(1, words.encode())]))


def compose_up(home: Home, _: FakeOllama, words: str) -> None:
    home.compose.fails["up"] = words


def compose_config(home: Home, _: FakeOllama, words: str) -> None:
    home.compose.fails["config"] = words


def engine_refusal(home: Home, _: FakeOllama, words: str) -> None:
    home.engine.say("/containers/json", 500, {"message": words})


def registry(home: Home, _: FakeOllama, words: str) -> None:
    del home.engine.images["redis:8"]
    home.engine.pulls_break = [words] * 100


def job(home: Home, _: FakeOllama, words: str) -> None:
    home.compose.own["listeners"] = JobFailed(f"cannot finish tarsd job listeners: {words}")


def model_server(_: Home, server: FakeOllama, words: str) -> None:
    server.will_pull("m:1", *([({"error": words},)] * 100))


def model_servers_answer(_: Home, server: FakeOllama, words: str) -> None:
    server.says["/api/tags"] = (500, json.dumps({"error": words}).encode())


WAYS = (
    health_check,
    container_error,
    log,
    compose_up,
    compose_config,
    engine_refusal,
    registry,
    job,
    model_server,
    model_servers_answer,
)


def on_disk(home: Home) -> bytes:
    return b"".join(path.read_bytes() for path in home.paths.database.parent.glob("state.db*"))


@pytest.mark.parametrize("say", WAYS)
async def test_what_came_this_way_is_told_without_the_secret(
    home: Home, server: FakeOllama, say: Say
) -> None:
    secret = home.secrets()["redis-password"]
    say(home, server, f"wrong word: {secret}!")
    with capture_logs() as journal:
        begun = await home.begin_install(models=["m:1"])
        shown: list[str] = []
        while begun.running:
            shown.append(str((await home.app.changes.get(begun.id)).as_json()))
            await asyncio.sleep(0.5)
        ended = (await home.end(begun)).as_json()
    assert "wrong word: [secret]" in f"{shown} {ended}", (ended["error"], ended["result"])
    assert secret not in f"{shown} {ended} {journal}"
    assert secret.encode() not in on_disk(home)

"""`[models] keep`: an install brings them along, and no model is worth a stack."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.changes.locks import STACK
from tarsd.changes.model import Change, ChangeStatus
from tarsd.operations import install
from tarsd.paths import Paths
from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_ollama import MANIFEST, FakeOllama, Trouble, whole
from tests.unit.home import Home


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    """The model server; it can pull `a:1` and `b:1`."""
    fake = FakeOllama()
    await fake.start()
    fake.will_pull("a:1", whole(10))
    fake.will_pull("b:1", whole(10))
    yield fake
    await fake.stop()


@pytest.fixture
async def home(
    paths: Paths, engine: FakeEngine, server: FakeOllama, tmp_path: Path
) -> AsyncIterator[Home]:
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    made = Home(paths, engine, plugins)
    keep(made, server)
    await made.start()
    yield made
    await made.stop()


def keep(home: Home, server: FakeOllama, *names: str) -> None:
    listed = ", ".join(f'"{name}"' for name in names)
    home.paths.settings.write_text(
        f"[start]\ndeadline = 10\n[ports]\nollama = {server.port}\n[models]\nkeep = [{listed}]\n"
    )
    home.app.reload()


async def begin(home: Home, *asked: str) -> Change:
    answers = dict.fromkeys(("skip_nas", "cpu_only", "with_frontend"))
    plan = install.plan({**answers, "models": list(asked)}, pull=True)
    return await home.app.changes.begin("install", "install the stack", {STACK}, plan)


async def test_what_is_kept_and_missing_comes_with_the_install(
    home: Home, server: FakeOllama
) -> None:
    server.add("b:1")
    keep(home, server, "a:1", "b:1")
    change = await home.end(await begin(home))
    assert change.result is not None
    assert (change.status, change.result["verdict"]) == (ChangeStatus.DONE, "GO")
    assert change.result["passed"] == 22 + 2 + 2  # findings about the machine, services, models
    assert change.result["generation"] == 1
    assert server.pulled == ["a:1"]


async def test_none_kept_means_that_nobody_is_asked(home: Home, server: FakeOllama) -> None:
    await server.stop()
    change = await home.end(await begin(home))
    assert change.result is not None
    assert (change.result["verdict"], change.result["warnings"]) == ("GO", [])


async def test_a_kept_one_that_cannot_be_had_is_a_warning_and_the_others_come(
    home: Home, server: FakeOllama
) -> None:
    keep(home, server, "wrong", "a:1")
    change = await home.end(await begin(home))
    assert change.result is not None
    assert (change.status, change.result["verdict"]) == (ChangeStatus.DONE, "GO")
    (warning,) = change.result["warnings"]
    assert (warning["id"], warning["subject"], warning["status"]) == (
        "model.missing",
        "wrong",
        "warn",
    )
    assert "file does not exist" in warning["summary"]
    assert "a:1" in server.models


async def test_one_that_was_asked_for_and_cannot_be_had_is_no_go_and_the_stack_stays(
    home: Home, server: FakeOllama
) -> None:
    change = await home.end(await begin(home, "wrong", "a:1"))
    assert change.result is not None
    assert (change.status, change.result["verdict"]) == (ChangeStatus.DONE, "NO-GO")
    (failure,) = change.result["failures"]
    assert "the stack is up" in failure["summary"]
    assert home.engine.containers.keys() == {"postgres", "redis"}
    assert home.generation is not None
    assert "a:1" in server.models


async def test_a_server_that_is_down_takes_no_stack_along(home: Home, server: FakeOllama) -> None:
    keep(home, server, "a:1")
    await server.stop()
    change = await home.end(await begin(home))
    assert change.result is not None
    assert (change.status, change.result["verdict"]) == (ChangeStatus.DONE, "GO")
    assert "cannot reach the model server" in change.result["warnings"][0]["summary"]


async def test_whoever_aborts_while_models_come_keeps_the_stack(
    home: Home, server: FakeOllama
) -> None:
    server.will_pull("a:1", (MANIFEST, Trouble.HANG))
    change = await begin(home, "a:1", "b:1")
    await server.asked.wait()
    await home.app.changes.abort(change.id)
    ended = await home.end(change)
    assert ended.result is not None
    assert (ended.status, ended.result["verdict"]) == (ChangeStatus.DONE, "NO-GO")
    assert [it["subject"] for it in ended.result["failures"]] == ["a:1", "b:1"]
    assert "it was aborted" in ended.result["failures"][0]["summary"]
    assert home.engine.containers.keys() == {"postgres", "redis"}


async def test_a_daemon_that_ends_while_models_come_goes_on_with_them(
    home: Home, server: FakeOllama
) -> None:
    server.will_pull("a:1", (MANIFEST, Trouble.HANG), whole(10))
    keep(home, server, "a:1")
    change = await begin(home)
    await server.asked.wait()
    await home.crash()
    ended = await home.end(change)
    assert ended.result is not None
    assert (ended.status, ended.result["verdict"]) == (ChangeStatus.DONE, "GO")
    assert "a:1" in server.models

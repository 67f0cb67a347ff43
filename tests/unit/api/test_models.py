"""/v1/models, asked of a whole daemon over its socket."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.unit.api.caller import Caller
from tests.unit.fake_ollama import FakeOllama, whole
from tests.unit.home import Home

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="the route asks for root")


@pytest.fixture
async def server(home: Home) -> AsyncIterator[FakeOllama]:
    """The model server of that daemon."""
    fake = FakeOllama()
    await fake.start()
    home.paths.settings.write_text(f'[ports]\nollama = {fake.port}\n[models]\nkeep = ["b", "z"]\n')
    home.app.reload()
    yield fake
    await fake.stop()


@pytest.fixture
def installed(home: Home) -> None:
    """As far as anybody asks here: there is a current generation."""
    home.paths.generations.mkdir(parents=True, exist_ok=True)
    (home.paths.generations / "current").symlink_to("1")


async def test_the_list_has_what_is_here_and_what_is_missing(
    api: Caller, server: FakeOllama
) -> None:
    server.add("b:latest", 7)
    server.add("a:1", 5)
    server.loaded = [{"name": "a:1", "size": 6, "size_vram": 2, "expires_at": "2026"}]
    rows = (await api.get("/v1/models")).result["models"]
    assert [(it["name"], it["present"], it["kept"]) for it in rows] == [
        ("a:1", True, False),
        ("b:latest", True, True),
        ("z:latest", False, True),
    ]
    assert rows[0]["loaded"] == {"size_bytes": 6, "gpu_bytes": 2, "expires": "2026"}
    assert [it["size_bytes"] for it in rows] == [5, 7, None]
    assert len({frozenset(it) for it in rows}) == 1, "all rows have the same keys"


async def test_one_model(api: Caller, server: FakeOllama) -> None:
    server.add("a:1")
    server.about = {"license": "\n  MIT License\nPermission is hereby...", "details": {}}
    found = (await api.get("/v1/models/show?name=a:1")).result
    assert found["license"] == "MIT License"
    assert (found["family"], found["context_length"], found["capabilities"]) == (None, None, [])


async def test_one_that_there_is_not(api: Caller, server: FakeOllama) -> None:
    reply = await api.get("/v1/models/show?name=nothing")
    assert (reply.status, reply.error["kind"]) == (404, "model-missing")
    assert reply.error["fix"] == "tarsctl models list"


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 400, "-a"])
async def test_what_is_no_name_goes_nowhere(api: Caller, server: FakeOllama, name: str) -> None:
    reply = await api.post("/v1/models/pull", {"name": name})
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")


async def test_before_an_install_there_is_no_model_server_to_look_at(
    api: Caller, server: FakeOllama
) -> None:
    await server.stop()
    for reply in (await api.get("/v1/models"), await api.post("/v1/models/pull", {"name": "m"})):
        assert (reply.status, reply.error["kind"]) == (409, "not-installed")
        assert reply.error["fix"] == "sudo tarsctl install"


@pytest.mark.usefixtures("installed")
async def test_no_pull_is_begun_where_nobody_would_do_it(api: Caller, server: FakeOllama) -> None:
    await server.stop()
    reply = await api.post("/v1/models/pull", {"name": "m"})
    assert (reply.status, reply.error["kind"]) == (503, "model-server-unavailable")
    assert (await api.get("/v1/changes")).result["changes"] == []


@pytest.mark.usefixtures("installed")
async def test_a_hung_server_is_told_within_the_clients_patience(
    api: Caller, server: FakeOllama
) -> None:
    server.hung = {"/api/ps"}
    reply = await api.get("/v1/models")
    assert reply.error["message"] == (
        "cannot ask the model server: it does not answer within 1.3 s"
    )


@root_only
async def test_pull_and_remove(api: Caller, server: FakeOllama) -> None:
    server.will_pull("m:1", whole(10))
    pulled = (await api.post("/v1/models/pull", {"name": "m:1"})).change
    await api.get(f"/v1/changes/{pulled}/wait?timeout=30&after=99")
    while not (found := (await api.get(f"/v1/changes/{pulled}")).result)["ended"]:
        await api.get(f"/v1/changes/{pulled}/wait?timeout=30&after={found['revision']}")
    assert found["result"]["verdict"] == "GO"
    removed = await api.post("/v1/models/remove", {"name": "m:1"})
    assert removed.status == 202
    assert (await api.post("/v1/models/remove", {"name": "x"})).status == 404

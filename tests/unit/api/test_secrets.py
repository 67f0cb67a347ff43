"""/v1/secrets, asked of a whole daemon over its socket: everything but values, and one value for root."""

import os
import sqlite3

import pytest

from tests.unit.api.caller import Caller
from tests.unit.home import Home

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="the route asks for root")


async def install(api: Caller) -> None:
    change = (await api.post("/v1/install", {})).change
    while not (found := (await api.get(f"/v1/changes/{change}")).result)["ended"]:
        await api.get(f"/v1/changes/{change}/wait?timeout=30&after={found['revision']}")
    assert found["status"] == "done", found


async def test_the_list_tells_everything_but_the_values(api: Caller, home: Home) -> None:
    await install(api)
    reply = await api.get("/v1/secrets")
    rows = {it["name"]: it for it in reply.result["secrets"]}
    assert rows.keys() == home.secrets().keys()
    assert rows["postgres-password"]["seals"] == "tars_postgres"
    assert rows["redis-password"]["seals"] is None
    assert {it["length"] for it in rows.values()} == {48}
    assert {name for name, it in rows.items() if not it["rotates"]} == {
        "encryption-key",
        "webui-secret-key",
    }
    assert not [it for it in home.secrets().values() if it in str(reply.body)]


async def test_before_an_install_there_are_none(api: Caller) -> None:
    rows = (await api.get("/v1/secrets")).result["secrets"]
    assert {(it["present"], it["made"], it["length"]) for it in rows} == {(False, None, None)}


@root_only
async def test_the_one_that_people_type_is_shown_and_recorded(api: Caller, home: Home) -> None:
    await install(api)
    found = (await api.post("/v1/secrets/show", {"name": "admin-password"})).result
    assert found == {"name": "admin-password", "value": home.secrets()["admin-password"]}
    with sqlite3.connect(home.paths.database) as connection:
        (row,) = connection.execute(
            "SELECT uid, status FROM audit WHERE path = '/v1/secrets/show'"
        ).fetchall()
    connection.close()
    assert row == (0, 200)


@root_only
@pytest.mark.parametrize(
    ("act", "name", "status", "kind", "words"),
    [
        ("show", "jwt-root", 400, "bad-request", "programs read it from"),
        ("show", "../state.db", 404, "not-found", "there are: postgres-password"),
        ("rotate", "redis.conf", 404, "not-found", "there are: postgres-password"),
        ("rotate", "encryption-key", 409, "secret-sealed", "could never be read again"),
        ("rotate", "webui-secret-key", 409, "secret-sealed", "could never be read again"),
    ],
)
async def test_what_is_refused_and_why(
    api: Caller, act: str, name: str, status: int, kind: str, words: str
) -> None:
    await install(api)
    reply = await api.post(f"/v1/secrets/{act}", {"name": name})
    assert (reply.status, reply.error["kind"]) == (status, kind)
    assert words in reply.error["message"]
    assert reply.error["fix"]


@root_only
async def test_before_an_install_there_is_nothing_to_show_or_replace(api: Caller) -> None:
    reply = await api.post("/v1/secrets/show", {"name": "admin-password"})
    assert (reply.status, reply.error["kind"]) == (404, "not-found")
    reply = await api.post("/v1/secrets/rotate", {"name": "jwt-root"})
    assert (reply.status, reply.error["kind"]) == (409, "not-installed")


@root_only
async def test_a_secret_that_is_gone_is_not_replaced(api: Caller, home: Home) -> None:
    await install(api)
    (home.paths.secrets / "postgres-password").unlink()
    reply = await api.post("/v1/secrets/rotate", {"name": "postgres-password"})
    assert (reply.status, reply.error["kind"]) == (404, "not-found")


@root_only
async def test_a_rotation_is_a_change_of_the_whole_stack(api: Caller) -> None:
    await install(api)
    reply = await api.post("/v1/secrets/rotate", {"name": "admin-password"})
    assert reply.status == 202
    again = await api.post("/v1/install", {})
    assert again.error["kind"] == "change-conflict"

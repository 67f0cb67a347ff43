"""/v1/backups, asked of a whole daemon over its socket."""

import pytest

from tarsd.changes.model import ChangeStatus
from tests.unit.api.caller import Caller
from tests.unit.data_stack import with_data
from tests.unit.home import Home


@pytest.fixture
async def stack(home: Home) -> Home:
    return await with_data(home)


@pytest.mark.parametrize(
    ("service", "why"), [("redis", "can be had again"), ("nobody", "cannot find a service")]
)
async def test_what_is_not_backed_up(stack: Home, api: Caller, service: str, why: str) -> None:
    reply = await api.post("/v1/backups", {"services": [service]})
    assert why in reply.error["message"]


async def test_asked_for_and_listed(stack: Home, api: Caller) -> None:
    made: list[object] = []
    for _ in range(2):
        reply = await api.post("/v1/backups", {"services": ["postgres"]})
        change = await stack.end(await stack.app.changes.get(reply.change))
        assert change.status is ChangeStatus.DONE, change.error
        made = (await api.get(f"/v1/changes/{reply.change}")).result["result"]["backups"]
    rows = (await api.get("/v1/backups")).result["backups"]
    assert [it["service"] for it in rows] == ["postgres", "postgres"]
    assert rows[0]["made"] > rows[1]["made"], "newest first"
    assert rows[0] == made[0], "as its change told it"

"""A backup that its owner asks for: all of it belongs together, and whatever comes in between, the services run again."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest

from tarsd.app import PROJECT
from tarsd.changes.model import Change, ChangeStatus
from tarsd.errors import BadRequest
from tarsd.host.containers import Containers
from tarsd.operations import backup
from tests.unit.data_stack import DUMP, with_data
from tests.unit.home import Home


@pytest.fixture
async def stack(home: Home) -> Home:
    return await with_data(home)


async def begun(home: Home, *services: str) -> Change:
    seen = await Containers(home.app.docker, PROJECT).by_service()
    names = backup.chosen(seen, services)
    return await home.app.changes.begin(backup.KIND, "back up", names, backup.plan(seen, names))


def backups(change: Change) -> list[dict[str, Any]]:
    assert change.result is not None
    return change.result["backups"]


async def test_what_holds_data_is_kept_and_runs_again(stack: Home) -> None:
    change = await stack.end(await begun(stack))
    assert change.status is ChangeStatus.DONE, change.error
    made = backups(change)
    assert [(it["service"], it["kind"]) for it in made] == [
        ("postgres", "pg_dumpall"),
        ("webui", "files:/app/data"),
    ]
    for row, content in zip(made, (DUMP, b"chats and all"), strict=True):
        packed = await asyncio.to_thread(Path(row["path"]).read_bytes)
        assert content in gzip.decompress(packed)
    assert stack.engine.containers["webui"].state == "running"


async def test_all_of_it_belongs_together(stack: Home) -> None:
    """The web UI writes to PostgreSQL: it stands still before that is dumped."""
    await stack.end(await begun(stack))
    calls = stack.engine.calls
    at = [
        next(n for n, it in enumerate(calls) if it.endswith(end))
        for end in ("/stop t=30", "/exec/postgres/start", "/archive")
    ]
    assert at == sorted(at), calls


async def test_one_that_is_dumped_stops_nobody(stack: Home) -> None:
    change = await stack.end(await begun(stack, "postgres"))
    assert change.status is ChangeStatus.DONE, change.error
    assert not [it for it in stack.engine.calls if "/stop" in it]


async def test_where_it_cannot_be_kept_the_service_runs_on(stack: Home) -> None:
    del stack.engine.inside.files["webui", "/app/data"]
    change = await stack.end(await begun(stack))
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert "cannot keep a backup of webui" in change.error["message"]
    assert stack.engine.containers["webui"].state == "running"
    assert len(list(stack.paths.backups.iterdir())) == 1, "the dump is whole, and stays"


async def test_one_that_its_owner_stopped_stays_so(stack: Home) -> None:
    await stack.lifecycle("stop", ["webui"])
    change = await stack.end(await begun(stack, "webui"))
    assert change.status is ChangeStatus.DONE, change.error
    assert stack.engine.containers["webui"].state == "exited"


async def test_after_a_power_cut_it_goes_on_behind_the_last_whole_one(stack: Home) -> None:
    stack.engine.hang("/archive")
    change = await begun(stack)
    await asyncio.sleep(60)
    await stack.crash()
    stack.engine.recover()
    current = stack.app.changes.current
    assert current is not None
    change = await stack.end(current)
    assert change.status is ChangeStatus.DONE, change.error
    assert stack.engine.calls.count("POST /exec/postgres/start") == 1
    assert [it["service"] for it in backups(change)] == ["postgres", "webui"]
    assert len(list(stack.paths.backups.iterdir())) == 2
    assert stack.engine.containers["webui"].state == "running"


def test_a_label_that_says_nothing_sensible() -> None:
    with pytest.raises(BadRequest, match="nobody has said how"):
        backup.chosen({"x": _container({"tars.backup": "rsync"})}, ["x"])


def _container(labels: dict[str, str]) -> Any:
    return type("Labelled", (), {"labels": labels, "state": "running"})()

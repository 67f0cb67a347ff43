"""The secrets directory was emptied while the stack's volumes stay: nothing is made anew that the data depends on."""

import os
import shutil
from datetime import datetime, timezone
from typing import Any

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home
from tests.unit.names import names

SEALED = ["postgres-password", "encryption-key", "webui-secret-key"]


@pytest.fixture
async def installed(home: Home) -> Home:
    """With the web UI, which has a volume too."""
    home.compose.stack["services"]["webui"]["volumes"] = [
        {"type": "volume", "source": "webui", "target": "/app/backend/data"}
    ]
    assert (await home.install(with_frontend=True)).status is ChangeStatus.DONE
    return home


def failures(change: Change) -> dict[str, dict[str, Any]]:
    assert change.status is ChangeStatus.UNDONE, change
    assert change.result is not None
    return {it["subject"]: it for it in change.result["failures"]}


@pytest.mark.parametrize("how", ["emptied", "removed"])
async def test_nothing_is_made_and_nothing_is_stopped(installed: Home, how: str) -> None:
    before = dict(installed.engine.containers)
    shutil.rmtree(installed.paths.secrets)
    if how == "emptied":
        installed.paths.secrets.mkdir(mode=0o700)
    change = await installed.install()
    assert sorted(failures(change)) == sorted(SEALED)
    assert change.error is not None
    assert change.error["message"].startswith("cannot make a new postgres-password: volume tars_")
    assert change.error["message"].endswith("is missing or empty (and 2 more)")
    assert not installed.paths.secrets.exists() or names(installed.paths.secrets) == []
    assert installed.engine.containers == before
    again = await installed.install()
    assert sorted(failures(again)) == sorted(SEALED)


async def test_the_fix_names_only_places_that_still_have_the_value(installed: Home) -> None:
    directory = installed.paths.secrets
    (directory / "postgres-password").unlink()
    first = failures(await installed.install())["postgres-password"]["fix"]
    assert first.endswith(f"or from {directory}/webui.env, which still holds it")
    for it in directory.glob("*.env"):
        it.unlink()
    then = failures(await installed.install())["postgres-password"]["fix"]
    assert (
        "or while postgres still runs: sudo docker exec tars-postgres-1 cat "
        f"/run/secrets/postgres-password | sudo tee {directory}/postgres-password >/dev/null; if it "
    ) in then
    assert "psql -U tars -c '\\password', and write that to " in then
    shutil.rmtree(directory)
    at_last = failures(await installed.install())["postgres-password"]["fix"]
    assert f"(sudo install -d -m 0700 {directory} && sudo tee {directory}/postgres" in at_last


async def test_what_was_put_back_is_all_it_takes(installed: Home) -> None:
    kept = installed.secrets()
    shutil.rmtree(installed.paths.secrets)
    installed.paths.secrets.mkdir(mode=0o700)
    for name in SEALED:
        (installed.paths.secrets / name).write_text(kept[name])
    assert (await installed.install()).status is ChangeStatus.DONE
    assert {name: installed.secrets()[name] for name in SEALED} == {
        name: kept[name] for name in SEALED
    }


async def test_a_new_admin_password_that_open_webui_does_not_know_is_not_kept_quiet(
    installed: Home,
) -> None:
    (installed.paths.secrets / "admin-password").unlink()
    change = await installed.install()
    assert change.status is ChangeStatus.DONE
    assert change.result is not None
    (warning,) = change.result["warnings"]
    assert (warning["id"], warning["subject"]) == ("secret.remade", "admin-password")
    assert "Open WebUI keeps the password" in warning["summary"]
    assert (await installed.install()).result == {**change.result, "warnings": []}


def mounts_its_configuration(home: Home) -> None:
    """Redis reads its password at its start only, as in the stack's own file."""
    conf = str(home.paths.secrets / "redis.conf")
    home.compose.stack["secrets"] = {"redis.conf": {"name": "tars_redis.conf", "file": conf}}
    home.compose.stack["services"]["redis"]["secrets"] = [{"source": "redis.conf"}]


def stops(home: Home) -> list[str]:
    called = [it.partition("/containers/")[2] for it in home.engine.calls if "/stop" in it]
    names = {it.id: it.service for it in home.engine.containers.values()}
    return [names[it.partition("/")[0]] for it in called]


async def test_who_runs_with_the_lost_password_is_started_again_once(home: Home) -> None:
    mounts_its_configuration(home)
    home.compose.starts["redis"] = FakeContainer("redis", started=datetime.now(timezone.utc))
    await home.install()
    (home.paths.secrets / "redis-password").unlink()
    assert (await home.install()).status is ChangeStatus.DONE
    assert stops(home) == ["redis"]
    home.engine.containers["redis"].started = datetime.now(timezone.utc)
    await home.install()
    assert stops(home) == ["redis"]


async def test_a_secret_of_tomorrow_restarts_nothing(home: Home) -> None:
    """The clock was set back."""
    mounts_its_configuration(home)
    home.compose.starts["redis"] = FakeContainer("redis", started=datetime.now(timezone.utc))
    await home.install()
    tomorrow = datetime.now(timezone.utc).timestamp() + 86_400
    os.utime(home.paths.secrets / "redis-password", (tomorrow, tomorrow))
    await home.install()
    assert stops(home) == []

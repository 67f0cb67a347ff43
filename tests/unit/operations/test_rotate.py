"""A secret gets a new value everywhere or keeps the old one everywhere, and no data is touched either way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tarsd.changes.locks import STACK
from tarsd.changes.model import Change, ChangeStatus
from tarsd.errors import SecretSealed
from tarsd.host.postgres.role import Postgres
from tarsd.host.redis import Redis
from tarsd.host.secret_files import SecretFiles
from tarsd.operations import rotate
from tarsd.paths import Paths
from tests.unit.changes.workshop import Points, Store
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.fake_postgres import FakePostgres
from tests.unit.home import Home
from tests.unit.names import names

PASSWORD, REDIS = "postgres-password", "redis-password"


@pytest.fixture
async def postgres() -> AsyncIterator[FakePostgres]:
    """Nothing runs on its port until it is started."""
    fake = FakePostgres("")
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def home(
    paths: Paths,
    engine: FakeEngine,
    postgres: FakePostgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Home]:
    """The stack with its web UI is up; redis takes what its configuration says when it was started."""
    paths.settings.write_text(f"[start]\ndeadline = 10\n[ports]\npostgres = {postgres.port}\n")
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    made = Home(paths, engine, plugins)
    made.compose.stack["secrets"] = {
        name: {"file": str(paths.secrets / name)} for name in (PASSWORD, "redis.conf")
    }
    made.compose.stack["services"]["redis"]["secrets"] = [{"source": "redis.conf"}]
    made.compose.stack["services"]["postgres"]["secrets"] = [{"source": PASSWORD}]

    async def accepts(_: object, password: str) -> bool:
        return f"requirepass {password}\n" in (paths.secrets / "redis.conf").read_text()

    monkeypatch.setattr(Redis, "accepts", accepts)
    await made.start()
    assert (await made.install(with_frontend=True)).status is ChangeStatus.DONE
    postgres.verifier = FakePostgres(value(made, PASSWORD)).verifier
    yield made
    await made.stop()


def value(home: Home, name: str) -> str:
    return (home.paths.secrets / name).read_text()


def environment(home: Home, file: str = "webui.env") -> str:
    return (home.paths.secrets / file).read_text()


async def begin(home: Home, name: str) -> Change:
    return await home.app.changes.begin("rotate-secret", name, {STACK}, rotate.plan(name))


async def turn(home: Home, name: str) -> Change:
    return await home.end(await begin(home, name))


def done(change: Change) -> dict[str, Any]:
    assert change.status is ChangeStatus.DONE, change.error
    assert change.result is not None
    assert change.result["verdict"] == "GO"
    return change.result


async def takes(home: Home, postgres: FakePostgres, password: str) -> bool:
    return await Postgres(lambda: postgres.port).accepts(password)


async def settled(home: Home, postgres: FakePostgres, old: str) -> None:
    """Everything says the same new value, and the old one is kept."""
    new = value(home, PASSWORD)
    assert new != old
    assert await takes(home, postgres, new)
    assert not await takes(home, postgres, old)
    assert f":{new}@postgres" in environment(home)
    assert f":{new}@postgres" in home.engine.containers["webui"].definition
    assert PASSWORD + ".next" not in names(home.paths.secrets)
    kept = [it.read_text() for it in (home.paths.secrets / "previous").iterdir()]
    assert kept == [old]


async def test_a_new_database_password_reaches_the_database_the_files_and_the_readers(
    home: Home, postgres: FakePostgres
) -> None:
    old, before = value(home, PASSWORD), dict(home.engine.containers)
    result = done(await turn(home, PASSWORD))
    await settled(home, postgres, old)
    assert result["passed"] == 1 + 1
    assert home.engine.containers["webui"] is not before["webui"]
    for name in ("postgres", "redis"):
        assert home.engine.containers[name] is before[name]
    assert not any("/stop" in call for call in home.engine.calls), "nobody else is interrupted"


async def test_values_are_for_root_only_wherever_they_lie(home: Home) -> None:
    await turn(home, PASSWORD)
    previous = home.paths.secrets / "previous"
    assert previous.stat().st_mode & 0o777 == 0o700
    assert {it.stat().st_mode & 0o777 for it in previous.iterdir()} == {0o600}


async def test_no_value_is_in_the_ledger(home: Home) -> None:
    old = value(home, PASSWORD)
    change = await turn(home, PASSWORD)
    recorded = str(await home.app.changes.get(change.id))
    assert old not in recorded
    assert value(home, PASSWORD) not in recorded


async def test_what_was_before_is_still_hidden_in_logs(home: Home) -> None:
    old = value(home, PASSWORD)
    await turn(home, PASSWORD)
    hidden = SecretFiles(home.paths.secrets).hide(f"{old} {value(home, PASSWORD)}")
    assert hidden == "[secret] [secret]"


async def test_a_new_redis_password_restarts_redis_and_makes_its_readers_anew(home: Home) -> None:
    """A mounted file is the old one until the container starts again."""
    before = dict(home.engine.containers)
    done(await turn(home, REDIS))
    new = value(home, REDIS)
    assert f"requirepass {new}\n" in (home.paths.secrets / "redis.conf").read_text()
    redis = before["redis"]
    acts = [call for call in home.engine.calls if redis.id in call and call.startswith("POST")]
    assert [call.rsplit("/", 1)[1].split(" ")[0] for call in acts] == ["stop", "start"]
    assert home.engine.containers["redis"] is redis
    assert home.engine.containers["webui"] is not before["webui"]
    assert f":{new}@redis" in home.engine.containers["webui"].definition
    assert set(home.engine.volumes) == {"tars_postgres", "tars_redis"}


async def test_what_the_owner_stopped_stays_stopped_and_gets_the_new_value(home: Home) -> None:
    await home.lifecycle("stop", ["webui", "redis"])
    done(await turn(home, REDIS))
    assert home.engine.containers["redis"].state == "exited"
    webui = home.engine.containers["webui"]
    assert webui.state != "running"
    assert value(home, REDIS) in webui.definition


async def test_the_admins_password_comes_with_a_word_about_open_webui(home: Home) -> None:
    (note,) = done(await turn(home, "admin-password"))["warnings"]
    assert "Open WebUI keeps the password that was set there" in note["summary"]
    assert value(home, "admin-password") in environment(home)


async def test_tokens_end_with_the_key_that_signs_them(home: Home) -> None:
    (note,) = done(await turn(home, "jwt-root"))["warnings"]
    assert "no longer valid" in note["summary"]
    assert value(home, "jwt-root") in environment(home, "backend.env")


@pytest.mark.parametrize("name", ["encryption-key", "webui-secret-key"])
def test_what_seals_data_at_rest_is_refused_with_what_would_be_lost(name: str) -> None:
    with pytest.raises(SecretSealed, match="could never be read again"):
        rotate.refuse_sealing(name)


async def test_a_reader_that_fails_with_the_new_value_gets_the_old_one_back(
    home: Home, postgres: FakePostgres
) -> None:
    old, ran = value(home, PASSWORD), home.engine.containers["webui"].definition
    home.compose.starts["webui"] = FakeContainer("webui", ails=True)
    change = await turn(home, PASSWORD)
    assert change.status is ChangeStatus.UNDONE, change
    assert change.error is not None
    assert "cannot get webui healthy with the new postgres-password" in change.error["message"]
    assert value(home, PASSWORD) == old
    assert await takes(home, postgres, old)
    assert home.engine.containers["webui"].definition == ran
    assert len(names(home.paths.secrets / "previous")) == 2, "the one that was tried may be in logs"
    assert PASSWORD + ".next" not in names(home.paths.secrets)


async def test_a_database_that_is_down_is_waited_for_and_then_nothing_was_touched(
    home: Home, postgres: FakePostgres
) -> None:
    before = home.secrets()
    await postgres.stop()
    change = await turn(home, PASSWORD)
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "database-unavailable"
    assert home.secrets() == before


async def test_a_database_that_is_just_starting_is_waited_for(
    home: Home, postgres: FakePostgres
) -> None:
    old = value(home, PASSWORD)
    postgres.state = "57P03"
    change = await begin(home, PASSWORD)
    await asyncio.sleep(10)
    postgres.state = ""
    done(await home.end(change))
    await settled(home, postgres, old)


async def test_a_database_that_takes_neither_value_is_told_with_a_way_out(
    home: Home, postgres: FakePostgres
) -> None:
    """The owner has changed it by hand."""
    before = home.secrets()
    postgres.verifier = FakePostgres("by hand").verifier
    change = await turn(home, PASSWORD)
    assert change.status is ChangeStatus.UNDONE, "there was nothing to undo"
    assert change.error is not None
    assert "takes neither" in change.error["message"]
    assert "\\password" in change.error["fix"]
    assert home.secrets() == before


async def test_a_database_that_says_yes_and_does_not(home: Home, postgres: FakePostgres) -> None:
    old = value(home, PASSWORD)
    postgres.deaf = True
    change = await turn(home, PASSWORD)
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert "says it took the new value, and does not" in change.error["message"]
    assert value(home, PASSWORD) == old


async def test_a_power_cut_between_the_database_and_the_file(
    home: Home, postgres: FakePostgres
) -> None:
    old = value(home, PASSWORD)
    postgres.cut_at_alter = True
    change = await begin(home, PASSWORD)
    await postgres.cut.wait()
    assert value(home, PASSWORD) == old
    assert not await takes(home, postgres, old), "only the next value opens the database now"
    await home.crash()
    done(await home.end(change))
    await settled(home, postgres, old)


async def test_an_abort_does_not_overtake_what_the_database_is_just_told(
    home: Home, postgres: FakePostgres
) -> None:
    old = value(home, PASSWORD)
    postgres.slow = 5.0
    change = await begin(home, PASSWORD)
    await asyncio.sleep(2)
    assert postgres.statements, "it was told, and has not done it"
    await home.app.changes.abort(change.id)
    assert (await home.end(change)).status is ChangeStatus.UNDONE
    await asyncio.sleep(60)
    assert value(home, PASSWORD) == old
    assert await takes(home, postgres, old)


async def test_a_ledger_that_is_lost_just_then_is_no_way_to_lock_oneself_out(
    home: Home, postgres: FakePostgres
) -> None:
    """The next rotation finds the value that was to follow, and goes on with it; one that fails meanwhile keeps it."""
    postgres.cut_at_alter = True
    await begin(home, PASSWORD)
    await postgres.cut.wait()
    home.paths.database.unlink()
    await home.crash()
    await postgres.stop()
    assert (await turn(home, PASSWORD)).status is ChangeStatus.UNDONE
    await postgres.start()
    done(await turn(home, PASSWORD))
    assert await takes(home, postgres, value(home, PASSWORD))


POINTS = 16  # writes of the ledger and calls of Compose, each before and after


def cut_at(home: Home, point: int | None) -> Points:
    """Let everything stop at that point; at none, only count them."""
    points = home.compose.points = Points(point)
    home.app.changes._store = Store(home.app.database, points)  # pyright: ignore[reportPrivateUsage]  the ledger is made within
    return points


@pytest.mark.parametrize("point", range(1, POINTS + 1))
@pytest.mark.parametrize("name", [PASSWORD, REDIS])
async def test_a_power_cut_anywhere(
    home: Home, postgres: FakePostgres, name: str, point: int
) -> None:
    old = value(home, name)
    points = cut_at(home, point)
    change = await begin(home, name)
    while home.app.changes.current is not None and not points.cut.is_set():  # noqa: ASYNC110  whichever comes first
        await asyncio.sleep(1)
    assert points.cut.is_set(), f"there are only {points.passed} points"
    home.compose.points = Points()
    await home.crash()
    done(await home.end(change))
    assert value(home, name) != old
    assert f"{name}.next" not in names(home.paths.secrets)
    assert value(home, name) in home.engine.containers["webui"].definition
    assert home.engine.containers["redis"].state == "running"
    if name == PASSWORD:
        await settled(home, postgres, old)


async def test_that_these_are_all_points(home: Home) -> None:
    points = cut_at(home, None)
    done(await turn(home, PASSWORD))
    assert points.passed == POINTS


@pytest.mark.parametrize("point", range(1, 30))
async def test_a_power_cut_anywhere_while_it_fails_and_is_undone(
    home: Home, postgres: FakePostgres, point: int
) -> None:
    old = value(home, PASSWORD)
    home.compose.starts["webui"] = FakeContainer("webui", ails=True)
    points = cut_at(home, point)
    change = await begin(home, PASSWORD)
    while home.app.changes.current is not None and not points.cut.is_set():  # noqa: ASYNC110  whichever comes first
        await asyncio.sleep(1)
    home.compose.points = Points()
    await home.crash()
    assert (await home.end(change)).status is ChangeStatus.UNDONE
    assert value(home, PASSWORD) == old
    assert f":{old}@postgres" in home.engine.containers["webui"].definition
    assert await takes(home, postgres, old)
    assert f"{PASSWORD}.next" not in names(home.paths.secrets)


async def test_earlier_values_are_bounded_and_the_newest_stay(home: Home) -> None:
    seen: list[str] = []
    for _ in range(12):
        seen.append(value(home, "admin-password"))
        done(await turn(home, "admin-password"))
    kept = sorted((home.paths.secrets / "previous").iterdir())
    assert [it.read_text() for it in kept] == seen[-10:]

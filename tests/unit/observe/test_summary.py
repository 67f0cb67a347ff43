"""The status of everything: all parts asked at once, and each that cannot be asked says so instead of guessing."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tarsd.observe.model import Problem
from tarsd.settings import Nas, Settings
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import LINGER, make
from tests.unit.fake_engine import STARTED, FakeContainer
from tests.unit.observe.watched import Machine


async def test_nothing_is_installed_yet(machine: Machine) -> None:
    found = await machine.status()
    assert (found.overall, found.installed, found.generation) == ("stopped", False, None)
    assert (found.services, found.problems) == ([], [])
    assert found.message == "nothing is installed yet"
    assert found.next == "sudo tarsctl install"
    assert (found.engine.status, found.engine.version) == ("ok", "26.1.5")


async def test_nothing_is_installed_but_something_runs(machine: Machine) -> None:
    """A generation that got lost, or an undo that nobody finished."""
    machine.engine.add(FakeContainer("redis"))
    found = await machine.status()
    assert [problem.id for problem in found.problems] == ["stack.leftover"]
    assert "redis" in found.problems[0].message


async def test_a_healthy_stack(machine: Machine) -> None:
    machine.install("redis")
    machine.engine.containers["redis"].started = STARTED + timedelta(hours=1)
    found = await machine.status()
    assert (found.overall, found.message) == ("healthy", "2 of 2 services are healthy")
    assert (found.installed, found.generation, found.next) == (True, 1, None)
    assert found.since == "2026-11-22T04:00:00.000Z"
    assert {row.name: row.memory_bytes for row in found.services} == {"redis": 2048, "webui": 2048}


async def test_a_service_that_is_missing_or_sick_comes_with_what_to_try(machine: Machine) -> None:
    machine.install("redis", "postgres")
    del machine.engine.containers["postgres"]
    sick = machine.engine.containers["redis"]
    sick.ails, sick.says = True, "NOAUTH"
    found = await machine.status()
    assert found.overall == "unhealthy"
    told = {it.subject: (it.id, it.message, it.fix) for it in found.problems}
    assert told == {
        "postgres": (
            "service.missing",
            "has no container",
            "tarsctl start postgres",
        ),
        "redis": ("service.unhealthy", "NOAUTH", "tarsctl logs redis"),
    }
    assert found.next in {problem.fix for problem in found.problems}


async def test_what_the_owner_stopped_is_no_problem(machine: Machine) -> None:
    machine.install("redis")
    machine.engine.containers["redis"].state = "exited"
    await machine.intent.want(["redis"], "stopped", "stop redis")
    found = await machine.status()
    assert (found.overall, found.problems) == ("healthy", [])


async def test_an_engine_that_is_down_leaves_everything_unknown(machine: Machine) -> None:
    machine.install("redis")
    await machine.intent.want(["redis"], "stopped", "stop redis")
    await machine.engine.stop()
    found = await machine.status()
    assert (found.overall, found.engine.status) == ("unknown", "down")
    assert found.problems[0].id == "docker.down"
    assert found.next == "systemctl status docker; sudo systemctl restart docker"
    assert {row.state for row in found.services} == {"unknown"}
    assert {row.name: row.wanted for row in found.services} == {
        "redis": "stopped", "webui": "running",
    }  # fmt: skip


async def test_an_engine_is_asked_who_it_is_once_a_minute(machine: Machine) -> None:
    for _ in range(3):
        await machine.status()
    assert machine.engine.calls.count("GET /info") == 1
    await asyncio.sleep(61)
    await machine.status()
    assert machine.engine.calls.count("GET /info") == 2


async def test_an_engine_that_comes_back_as_another_is_seen_to_be_another(machine: Machine) -> None:
    assert (await machine.status()).engine.version == "26.1.5"
    await machine.engine.stop()
    assert (await machine.status()).engine.status == "down"
    machine.engine.version["Version"] = "28.5.1"
    await machine.engine.start()
    assert (await machine.status()).engine.version == "28.5.1"


@pytest.mark.parametrize("path", ["", "/version", "/info", "/containers/json", "/json"])
async def test_an_engine_that_hangs_anywhere_is_told_in_time(machine: Machine, path: str) -> None:
    machine.install("redis")
    machine.engine.hang(path)
    found = await machine.status()
    assert (found.overall, found.engine.status) == ("unknown", "unknown")
    assert found.problems[0].id == "docker.slow"
    await asyncio.sleep(10)
    assert (await machine.status()).engine.status == "unknown"
    found = await machine.status()
    assert (found.overall, found.engine.status) == ("unknown", "hung")
    assert found.problems[0].id == "docker.hung"
    machine.engine.recover()
    assert (await machine.status()).engine.status == "ok"


async def test_a_slow_engine_with_a_mute_container_is_neither_hung_nor_unknown(
    machine: Machine,
) -> None:
    machine.install("redis", "postgres")
    machine.engine.delay = 1.0
    machine.engine.hang("/stats")
    found = await machine.status()
    assert (found.overall, found.engine.status) == ("healthy", "ok")


async def test_an_engine_that_was_slow_twice_with_an_answer_between_is_not_hung(
    machine: Machine,
) -> None:
    for _ in range(2):
        machine.engine.hang("")
        assert (await machine.status()).engine.status == "unknown"
        machine.engine.recover()
        assert (await machine.status()).engine.status == "ok"
        await asyncio.sleep(30)


async def test_statistics_that_hang_cost_only_the_memory_figure(machine: Machine) -> None:
    machine.install("redis")
    machine.engine.hang("/stats")
    found = await machine.status()
    assert (found.overall, found.engine.status) == ("healthy", "ok")
    assert {row.memory_bytes for row in found.services} == {None}


@pytest.mark.parametrize("path", ["/version", "/info", "/containers/json", "/json"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"message": "boom"}'),
        (200, b"<html>"),
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"null"),
        (200, b"[{}]"),
        (200, b'{"ApiVersion": "1.45", "Version": null}'),
    ],
)
async def test_an_engine_that_talks_nonsense_never_breaks_the_status(
    machine: Machine, path: str, status: int, body: bytes
) -> None:
    machine.install("redis")
    machine.engine.say(path, status, body)
    found = await machine.status()
    assert found.engine.status in ("ok", "down", "unknown")
    if found.engine.status != "ok":
        assert found.overall == "unknown"


async def test_an_engine_too_old_is_unsupported_and_not_down(machine: Machine) -> None:
    machine.engine.version |= {"Version": "18.09", "ApiVersion": "1.39"}
    found = await machine.status()
    assert (found.overall, found.engine.status) == ("unknown", "unsupported")
    assert "18.09" in (found.engine.message or "")


async def test_a_kind_of_engine_that_is_not_supported_is_a_problem(machine: Machine) -> None:
    machine.engine.info["SecurityOptions"] = ["name=rootless"]
    found = await machine.status()
    assert found.engine.status == "unsupported"
    assert found.problems[0].id == "docker.flavour"


async def test_a_damaged_generation_is_not_called_nothing(machine: Machine) -> None:
    machine.install("redis")
    damaged = machine.generations.current()
    assert damaged is not None
    damaged.compose_file.write_text("{")
    found = await machine.status()
    assert (found.overall, found.installed, found.generation) == ("unknown", True, 1)
    assert found.problems[0].id == "generation.damaged"
    assert found.next == found.problems[0].fix == "sudo tarsctl install --yes"


@pytest.mark.parametrize(
    ("state", "verb"), [("restarting", "logs"), ("exited", "start"), ("created", "start")]
)
async def test_what_the_engine_starts_again_and_again_is_mended_by_reading_its_log(
    machine: Machine, state: str, verb: str
) -> None:
    machine.install("redis")
    machine.engine.containers["redis"].state = state
    found = await machine.status()
    assert [(it.subject, it.fix) for it in found.problems] == [("redis", f"tarsctl {verb} redis")]


async def test_a_running_change_is_shown_and_is_what_to_watch(machine: Machine) -> None:
    begun = await machine.changes.begin("upgrade", "upgrade the stack", {"stack"}, [LINGER])
    found = await machine.status()
    assert found.change is not None
    assert found.change.model_dump() == {
        "id": begun.id, "kind": "upgrade", "summary": "upgrade the stack", "started": begun.started,
    }  # fmt: skip
    assert found.next == f"tarsctl watch {begun.id}"


async def test_the_last_thing_that_happened_is_a_change_or_a_restart(machine: Machine) -> None:
    machine.install("redis")
    restarted = machine.engine.containers["redis"]
    restarted.restarts, restarted.finished = 1, STARTED
    last = (await machine.status()).last
    assert last is not None
    assert last.at == "2026-11-22T03:00:00.000Z"

    change = await machine.changes.begin("stop", "stop redis", {"redis"}, make("one"))
    await end(machine.changes, change)
    last = (await machine.status()).last
    assert last is not None
    assert last.text == "stop redis: done"

    restarted.finished = STARTED + timedelta(days=3650)
    last = (await machine.status()).last
    assert last is not None
    assert last.at.startswith("2036")


async def test_what_is_wrong_with_the_daemon_itself_is_told_too(machine: Machine) -> None:
    machine.problems = [Problem(id="config.invalid", subject="settings", message="x", fix="y")]
    found = await machine.status()
    assert [problem.id for problem in found.problems] == ["config.invalid"]
    assert found.next == "y"


async def test_a_state_db_that_is_gone_hides_nothing_else(machine: Machine) -> None:
    machine.install("redis")
    await machine.database.close()
    found = await machine.status()
    assert found.overall == "healthy"
    assert found.last is None
    assert [problem.id for problem in found.problems] == ["state.db"]


async def test_the_disk_of_the_engines_own_directory_is_the_one_that_counts(
    machine: Machine, tmp_path: Path
) -> None:
    machine.engine.info["DockerRootDir"] = str(tmp_path)
    await machine.status()  # learns where it is
    found = (await machine.status()).disk
    assert found.path == str(tmp_path)
    assert found.free_bytes
    assert found.message is None


async def test_a_disk_that_cannot_be_asked_says_why(machine: Machine, tmp_path: Path) -> None:
    machine.engine.info["DockerRootDir"] = str(tmp_path / "gone")
    await machine.status()
    found = (await machine.status()).disk
    assert found.free_bytes is None
    assert "No such file" in (found.message or "")


@pytest.mark.parametrize(
    ("nas", "configured", "mounted", "message"),
    [
        (Nas(), False, None, None),
        (Nas.model_construct(path="/proc", enabled=False), False, None, None),
        (Nas.model_construct(path="/proc", enabled=True), True, True, None),
        (Nas(path="/mnt/nas/none"), True, False, "nothing is mounted at /mnt/nas/none"),
    ],
    ids=["none", "skipped", "mounted", "not mounted"],
)
async def test_the_nas(
    machine: Machine, nas: Nas, configured: bool, mounted: bool | None, message: str | None
) -> None:
    machine.settings = Settings.model_construct(nas=nas)
    found = (await machine.status()).nas
    assert (found.configured, found.mounted, found.message) == (configured, mounted, message)


async def test_what_docker_has_not_asked_yet_is_healthy_once_it_has_answered_us(
    machine: Machine,
) -> None:
    machine.install("redis")
    machine.engine.containers["redis"].healthy_after = 15
    assert (await machine.status()).overall == "degraded"
    machine.passes.note((await machine.containers.by_service())["redis"])
    found = await machine.status()
    assert (found.overall, found.services[0].health) == ("healthy", "healthy")

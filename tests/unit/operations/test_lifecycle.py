"""Start, stop and restart: the owner's wish is on disk before the act, dependants stop first and start last."""

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.errors import UnknownService
from tarsd.operations.lifecycle import chosen, plan
from tests.unit.home import Home

VOLUMES = {name: {"name": f"tars_{name}"} for name in ("postgres", "redis", "other")}


def stops(home: Home) -> list[str]:
    """Services in the order in which they were stopped, with their grace."""
    names = {it.id: it.service for it in home.engine.containers.values()}
    asked = [call.split("/") for call in home.engine.calls if "/stop" in call]
    return [f"{names[parts[2]]} {parts[3]}" for parts in asked]


async def stopping(home: Home, name: str) -> Change:
    """A stop, begun, of a service on an Engine that does not answer to it."""
    change = await home.app.changes.begin("stop", "stop", {name}, plan("stop", [name]))
    while not stops(home):
        change = await home.app.changes.wait(change.id, change.revision, 1)
    return change


async def test_a_stop_is_dependants_first_each_with_its_own_grace(home: Home) -> None:
    await home.install(with_frontend=True)
    change = await home.lifecycle("stop", ["postgres", "redis", "webui"])
    assert change.status is ChangeStatus.DONE
    assert stops(home)[0] == "webui stop t=10"
    assert sorted(stops(home)[1:]) == ["postgres stop t=120", "redis stop t=10"]
    assert {it.state for it in home.engine.containers.values()} == {"exited"}
    assert set((await home.intent()).values()) == {"stopped"}


async def test_only_what_was_named_is_stopped(home: Home) -> None:
    await home.install()
    await home.lifecycle("stop", ["redis"])
    assert await home.intent() == {"postgres": "running", "redis": "stopped"}
    assert home.engine.containers["postgres"].state == "running"


async def test_the_wish_is_recorded_before_the_act(home: Home) -> None:
    """A stop that Docker refuses was still wanted; a daemon that dies in between must know."""
    await home.install()
    home.engine.hang("/stop")
    await stopping(home, "redis")
    assert (await home.intent())["redis"] == "stopped"


async def test_a_stop_that_is_refused_puts_the_wish_back(home: Home) -> None:
    await home.install()
    home.engine.say("/stop", 500, {"message": "cannot stop container: tried to kill"})
    change = await home.lifecycle("stop", ["redis"])
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert "tried to kill" in change.error["message"]
    assert (await home.intent())["redis"] == "running"


@pytest.mark.parametrize("state", ["exited", "created", "dead"])
async def test_what_does_not_run_is_not_stopped(home: Home, state: str) -> None:
    await home.install()
    home.engine.containers["redis"].state = state
    change = await home.lifecycle("stop", ["redis"])
    assert change.status is ChangeStatus.DONE
    assert stops(home) == []


async def test_a_service_without_a_container_can_be_stopped_too(home: Home) -> None:
    await home.install()
    del home.engine.containers["redis"]
    assert (await home.lifecycle("stop", ["redis"])).status is ChangeStatus.DONE
    assert (await home.intent())["redis"] == "stopped"


async def test_a_start_recreates_nothing_and_waits_until_it_is_healthy(home: Home) -> None:
    await home.install()
    await home.lifecycle("stop", ["redis"])
    before = dict(home.engine.containers)
    home.engine.containers["redis"].healthy_after = 5
    change = await home.lifecycle("start", ["redis"])
    assert change.result == {"verdict": "GO", "passed": 1, "warnings": [], "failures": []}
    assert home.engine.containers == before
    words = home.compose.calls("up")[-1]
    assert "--no-recreate" in words
    assert words[-1] == "redis"


async def test_a_missing_container_is_made_again(home: Home) -> None:
    await home.install()
    del home.engine.containers["redis"]
    await home.lifecycle("start", ["redis"])
    assert home.engine.containers["redis"].state == "running"


async def test_a_service_that_stays_unhealthy_is_no_go_and_left_to_be_looked_at(
    home: Home,
) -> None:
    await home.install()
    sick = home.engine.containers["redis"]
    sick.ails, sick.says = True, "WRONGPASS"
    change = await home.lifecycle("start", ["redis"])
    assert change.status is ChangeStatus.DONE
    assert change.result is not None
    assert change.result["verdict"] == "NO-GO"
    (failure,) = change.result["failures"]
    assert failure["subject"] == "redis"
    assert failure["summary"] == "unhealthy: WRONGPASS"
    assert failure["fix"] == "tarsctl logs redis"
    assert sick.state == "running"


async def test_a_restart_stops_and_starts_in_order(home: Home) -> None:
    await home.install(with_frontend=True)
    home.engine.calls.clear()
    await home.lifecycle("restart", ["redis", "webui"])
    assert [it.split()[0] for it in stops(home)] == ["webui", "redis"]
    assert [words[-1] for words in home.compose.calls("up")[-2:]] == ["redis", "webui"]
    assert set((await home.intent()).values()) == {"running"}


async def test_an_interrupted_stop_is_finished_by_the_next_daemon(home: Home) -> None:
    await home.install()
    home.engine.hang("/stop")
    change = await stopping(home, "redis")
    home.engine.recover()
    await home.crash()
    assert (await home.end(change)).status is ChangeStatus.DONE
    assert home.engine.containers["redis"].state == "exited"


async def test_names_are_checked_against_the_stack(home: Home) -> None:
    await home.install()
    assert home.generation is not None
    assert chosen(home.generation, []) == ["postgres", "redis"]
    assert chosen(home.generation, ["redis", "redis"]) == ["redis"]
    with pytest.raises(UnknownService, match="'rediss'; there are: postgres, redis"):
        chosen(home.generation, ["redis", "rediss"])


@pytest.mark.parametrize("gone", ["redis.conf", "webui.env"])
async def test_nothing_is_stopped_that_could_not_come_up_again(home: Home, gone: str) -> None:
    """Containers that run do not miss a file of the secrets directory; a start of any of them does."""
    home.compose.stack["secrets"] = {"redis.conf": {"file": str(home.paths.secrets / "redis.conf")}}
    await home.install(with_frontend=True)
    (home.paths.secrets / gone).unlink()
    change = await home.lifecycle("restart", ["redis"])
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert f"{gone} is missing" in change.error["message"]
    assert change.error["fix"] == "sudo tarsctl install --dry-run"
    assert stops(home) == []
    assert (await home.lifecycle("stop", ["redis"])).status is ChangeStatus.DONE


@pytest.mark.parametrize("act", ["start", "restart", "install"])
async def test_a_volume_that_was_removed_is_made_anew_and_that_is_told(
    home: Home, act: str
) -> None:
    home.compose.stack["volumes"] = VOLUMES
    await home.install()
    assert (await home.install()).result["warnings"] == []  # type: ignore[index]
    del home.engine.containers["redis"]
    del home.engine.volumes["tars_redis"]
    change = await (home.install() if act == "install" else home.lifecycle(act, ["redis"]))
    assert change.status is ChangeStatus.DONE
    assert change.result is not None
    (told,) = change.result["warnings"]
    assert (told["id"], told["subject"]) == ("data.begun-empty", "redis")
    assert "tars_redis was gone" in told["summary"]
    assert "tars_redis" in home.engine.volumes


async def test_a_volume_that_is_new_in_the_settings_was_not_lost(home: Home) -> None:
    home.compose.stack["volumes"] = VOLUMES
    await home.install()
    home.compose.stack["services"]["redis"]["volumes"][0]["source"] = "other"
    change = await home.install()
    assert change.result is not None
    assert [it["id"] for it in change.result["warnings"]] == []

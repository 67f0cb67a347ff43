"""An uninstall takes containers and networks, and leaves volumes with what makes them readable; a purge takes those too."""

from tarsd.changes.model import ChangeStatus
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home
from tests.unit.operations.nas_home import set_up, traces


async def test_volumes_secrets_and_generations_stay(home: Home) -> None:
    await home.install()
    secrets = home.secrets()
    change = await home.uninstall()
    assert change.status is ChangeStatus.DONE
    assert change.result == {"kept": ["tars_postgres", "tars_redis"], "left": []}
    assert home.engine.containers == {}
    assert home.generation is None
    assert home.secrets() == secrets
    assert (home.paths.generations / "1" / "compose.json").exists()
    assert await home.intent() == {}
    assert home.compose.calls("down") == [["--remove-orphans"]]


async def test_an_install_afterwards_takes_the_old_volumes_over(home: Home) -> None:
    await home.install()
    secrets = home.secrets()
    await home.uninstall()
    change = await home.install()
    assert change.status is ChangeStatus.DONE, change.error
    assert home.secrets() == secrets
    assert home.generation is not None
    assert home.generation.number == 2


async def test_a_purge_removes_the_data_and_then_what_only_it_needed(home: Home) -> None:
    home.engine.volumes["somebody-elses"] = "other"
    await home.install()
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.DONE
    assert change.result is not None
    assert change.result["removed"] == ["tars_postgres", "tars_redis"]
    assert change.result["kept"] == []
    assert home.engine.volumes.keys() == {"somebody-elses"}
    assert not home.paths.secrets.exists()
    assert not home.paths.generations.exists()


async def test_a_volume_that_cannot_be_removed_keeps_the_secrets(home: Home) -> None:
    """It is still there, so what makes it readable must be too."""
    await home.install()
    secrets = home.secrets()
    home.engine.say("/volumes/tars_redis", 409, {"message": "volume is in use"})
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.NEEDS_OWNER
    assert change.error is not None
    assert "volume is in use" in change.error["message"]
    assert home.secrets() == secrets
    assert home.engine.containers == {}, "nothing is started on volumes that are gone"
    home.engine.recover()
    assert (await home.uninstall(purge_data=True)).status is ChangeStatus.DONE
    assert home.engine.volumes == {}


async def test_a_purge_takes_earlier_values_of_secrets_too(home: Home) -> None:
    await home.install()
    previous = home.paths.secrets / "previous"
    previous.mkdir(mode=0o700)
    (previous / "redis-password.20261124").write_text("old")
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.DONE, change.error
    assert not home.paths.secrets.exists()


async def test_a_purge_that_removed_nothing_yet_is_undone_whole(home: Home) -> None:
    await home.install()
    home.engine.say("/volumes/tars_postgres", 409, {"message": "volume is in use"})
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.UNDONE, change
    assert home.engine.containers.keys() == {"postgres", "redis"}
    assert home.engine.volumes.keys() == {"tars_postgres", "tars_redis"}


async def test_a_volume_restored_by_hand_stays_and_so_does_what_makes_it_readable(
    home: Home,
) -> None:
    """`docker volume create` and an archive unpacked into it: the stack uses it, and it wears no label of the stack's."""
    home.compose.stack["volumes"] = {it: {"name": f"tars_{it}"} for it in ("postgres", "redis")}
    await home.install()
    secrets = home.secrets()
    home.engine.volumes["tars_postgres"] = ""
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.DONE, change.error
    assert change.result is not None
    assert (change.result["removed"], change.result["kept"]) == (["tars_redis"], ["tars_postgres"])
    (warning,) = change.result["warnings"]
    assert "tars_postgres" in warning["summary"]
    assert "docker volume rm tars_postgres" in warning["fix"]
    assert home.secrets() == secrets
    del home.engine.volumes["tars_postgres"]
    home.engine.volumes["tars_redis"] = "tars"
    await home.uninstall(purge_data=True)
    assert not home.paths.secrets.exists()


async def test_a_volume_of_another_project_of_the_same_name_stays(home: Home) -> None:
    """Compose names a project after its directory: anybody's ~/tars wears the same label, and nobody was asked about it."""
    home.compose.stack["volumes"] = {it: {"name": f"tars_{it}"} for it in ("postgres", "redis")}
    await home.install()
    home.engine.volumes["tars_photos"] = "tars"
    for removed in (["tars_postgres", "tars_redis"], []):
        change = await home.uninstall(purge_data=True)
        assert change.status is ChangeStatus.DONE, change.error
        assert change.result is not None
        assert change.result["removed"] == removed
        (warning,) = change.result["warnings"]
        assert "docker volume rm tars_photos" in warning["fix"]
    assert home.engine.volumes.keys() == {"tars_photos"}


async def test_an_engine_that_started_without_its_disk_is_not_believed(home: Home) -> None:
    await home.install()
    await home.uninstall()
    secrets, volumes = home.secrets(), home.engine.volumes.copy()
    home.engine.volumes.clear()
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.DONE, change.error
    assert change.result is not None
    (warning,) = change.result["warnings"]
    assert "for want of its disk" in warning["summary"]
    assert str(home.paths.secrets) in warning["fix"]
    assert home.secrets() == secrets
    home.engine.volumes |= volumes
    await home.uninstall(purge_data=True)
    assert not home.paths.secrets.exists()


async def test_a_volume_that_somebody_else_uses_is_named_before_anything_is_removed(
    home: Home,
) -> None:
    await home.install()
    home.engine.add(FakeContainer("backup", project="mine", volumes=["tars_redis"]))
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "volume-in-use"
    assert change.error["message"] == "cannot remove volume tars_redis: container backup uses it"
    assert home.engine.volumes.keys() == {"tars_postgres", "tars_redis"}


async def test_networks_of_the_stack_go_too_and_one_in_use_is_named(home: Home) -> None:
    home.engine.networks = {"tars_inner": "tars", "tars_default": "tars", "mine": "somebody-else"}
    home.engine.say("/networks/tars_inner", 403, {"message": "network has active endpoints"})
    await home.install()
    change = await home.uninstall()
    assert change.status is ChangeStatus.DONE
    assert change.result is not None
    assert change.result["left"] == ["tars_inner"]
    assert home.engine.networks.keys() == {"tars_inner", "mine"}


async def test_data_can_be_purged_after_the_stack_is_gone(home: Home) -> None:
    await home.install()
    await home.uninstall()
    change = await home.uninstall(purge_data=True)
    assert change.status is ChangeStatus.DONE
    assert home.engine.volumes == {}


async def test_a_down_that_compose_refuses_brings_the_stack_up_again(home: Home) -> None:
    await home.install()
    home.compose.fails["down"] = "network tars_inner has active endpoints\n"
    change = await home.uninstall()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert "has active endpoints" in change.error["message"]
    assert home.generation is not None
    assert home.engine.containers.keys() == {"postgres", "redis"}


async def test_purged_data_does_not_take_the_nas_along(home: Home) -> None:
    """Its mount goes on without the stack, and at the next boot it needs its password."""
    await home.install()
    await set_up(home)
    before = traces(home)
    await home.uninstall(purge_data=True)
    assert traces(home) == before
    assert home.secrets().keys() == set(before["credentials"])  # type: ignore[call-overload]

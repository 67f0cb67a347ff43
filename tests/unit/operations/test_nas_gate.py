"""A service that reads the NAS is not started on an empty directory."""

import asyncio
from collections.abc import Callable

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.host.mounts import Mount
from tarsd.operations.nas_gate import DEADLINE
from tests.unit.fake_engine import FakeContainer
from tests.unit.fake_nas import PATH
from tests.unit.home import Home
from tests.unit.operations.nas_home import set_up, traces

BIND = {"type": "bind", "source": "/mnt/nas", "target": "/nas"}


@pytest.fixture
async def reading(home: Home) -> Home:
    """The web UI reads the NAS; all of it is up."""
    await set_up(home)
    home.compose.stack["services"]["webui"]["volumes"] = [BIND]
    change = await home.install(with_frontend=True)
    assert change.status is ChangeStatus.DONE, change.error
    return home


async def test_it_waits_says_so_and_gives_up_with_the_command_to_look(
    reading: Home, clock: Callable[[], float]
) -> None:
    await reading.lifecycle("stop", ["webui"])
    reading.nas.mounts.clear()
    reading.nas.up = False
    began = clock()
    change = await reading.lifecycle("start", ["webui"])
    assert change.error is not None
    assert change.error["kind"] == "nas-absent"
    assert (
        "cannot start webui: //nas/docs is not mounted at /mnt/nas/documents"
        in change.error["message"]
    )
    assert change.error["fix"] == "tarsctl nas status"
    assert DEADLINE <= clock() - began < DEADLINE + 5
    assert reading.engine.containers["webui"].state == "exited"


async def test_others_start_without_it(reading: Home) -> None:
    reading.nas.mounts.clear()
    reading.nas.up = False
    change = await reading.lifecycle("restart", ["redis"])
    assert change.status is ChangeStatus.DONE, change.error


async def test_a_nas_that_has_come_up_since_is_mounted(reading: Home) -> None:
    await reading.lifecycle("stop", ["webui"])
    reading.nas.mounts.clear()
    change = await reading.lifecycle("start", ["webui"])
    assert change.status is ChangeStatus.DONE, change.error
    assert PATH in reading.nas.mounts


async def test_a_local_directory_in_its_place_is_not_the_nas(reading: Home) -> None:
    reading.nas.mounts[PATH] = Mount(PATH, "ext4", "/dev/sdb1")
    reading.nas.up = False
    change = await reading.lifecycle("restart", ["webui"])
    assert change.error is not None
    assert change.error["kind"] == "nas-absent"


async def test_a_mount_of_the_owners_own_may_be_of_any_kind(home: Home) -> None:
    home.paths.settings.write_text(f'[nas]\npath = "{PATH}"\n')
    home.app.reload()
    home.compose.stack["services"]["webui"]["volumes"] = [BIND]
    home.nas.mounts[PATH] = Mount(PATH, "ext4", "/dev/sdb1")
    assert (await home.install(with_frontend=True)).status is ChangeStatus.DONE
    home.nas.mounts.clear()
    change = await home.lifecycle("restart", ["webui"])
    assert change.error is not None
    assert change.error["message"] == f"cannot start webui: nothing is mounted at {PATH}"


@pytest.fixture
async def about_to_read(home: Home) -> Home:
    """The share is set up, nothing is installed; the database takes a while, so that something can happen meanwhile."""
    await set_up(home)
    home.compose.stack["services"]["webui"]["volumes"] = [BIND]
    home.compose.starts["postgres"] = FakeContainer("postgres", healthy_after=5)
    return home


async def begin_and_lose_the_nas(home: Home) -> Change:
    layers = len(home.compose.calls("up"))
    change = await home.begin_install(with_frontend=True)
    await asyncio.sleep(2)
    assert len(home.compose.calls("up")) == layers + 1, "the database is waited for"
    home.nas.mounts.clear()
    home.nas.up = False
    return change


async def test_a_nas_that_is_gone_half_way_through_an_install_undoes_it_and_stays_set_up(
    about_to_read: Home, clock: Callable[[], float]
) -> None:
    home = about_to_read
    before = traces(home)
    began = clock()
    change = await home.end(await begin_and_lose_the_nas(home))
    assert DEADLINE <= clock() - began < DEADLINE + 60
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert (change.error["kind"], change.error["fix"]) == ("nas-absent", "tarsctl nas status")
    assert home.engine.containers == {}
    assert home.generation is None
    assert traces(home) == {**before, "mounts": {}}
    home.nas.up = True
    await home.nas.start(PATH)
    assert (await home.install(with_frontend=True)).status is ChangeStatus.DONE
    assert traces(home) == before


async def test_a_nas_that_is_back_within_a_minute_costs_time_only(about_to_read: Home) -> None:
    home = about_to_read
    change = await begin_and_lose_the_nas(home)
    await asyncio.sleep(30)
    webui = "webui" in home.engine.containers
    home.nas.up = True
    await home.nas.start(PATH)
    assert (await home.end(change)).status is ChangeStatus.DONE
    assert not webui, "it was started on an empty directory"
    assert home.engine.containers["webui"].state == "running"


async def test_an_undo_does_not_wait_for_a_nas_that_is_gone(
    reading: Home, clock: Callable[[], float]
) -> None:
    """The web UI ran on with the share gone, and does so again."""
    for name in ("postgres", "webui"):
        reading.compose.stack["services"][name]["environment"] = {"NEW": "1"}
    reading.compose.starts["postgres"] = FakeContainer("postgres", healthy_after=5)
    began = clock()
    change = await reading.end(await begin_and_lose_the_nas(reading))
    assert change.status is ChangeStatus.UNDONE
    assert clock() - began < DEADLINE + 10
    assert {it.state for it in reading.engine.containers.values()} == {"running"}

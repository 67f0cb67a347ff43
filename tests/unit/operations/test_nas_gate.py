"""A service that reads the NAS is not started on an empty directory."""

from collections.abc import Callable

import pytest

from tarsd.changes.model import ChangeStatus
from tarsd.host.mounts import Mount
from tarsd.operations.nas_gate import DEADLINE
from tests.unit.fake_nas import PATH
from tests.unit.home import Home
from tests.unit.operations.nas_home import set_up

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

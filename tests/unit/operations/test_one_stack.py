"""The stack's files change while its images are pulled: nothing is made of a mixture, and what changed is named."""

import copy

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home


@pytest.fixture
async def pulling(home: Home) -> Change:
    """An install whose registry is having a bad time."""
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    home.engine.pulls_break = ["unexpected EOF"]
    change = seen = await home.begin_install()
    while "trying again" not in str(seen.tasks[3].detail):
        seen = await home.app.changes.wait(change.id, seen.revision, 30)
    return change


def edit(home: Home) -> None:
    """What Compose makes of the files is another stack from now on."""
    home.compose.stack = copy.deepcopy(home.compose.stack)
    home.compose.stack["services"]["redis"]["image"] = "redis:9"


async def test_an_override_that_was_edited_meanwhile_is_named(home: Home, pulling: Change) -> None:
    """It was undone before, too, for `redis:9 was removed while the stack was rendered`."""
    home.paths.override.write_text("services: {redis: {image: 'redis:9'}}\n")
    edit(home)
    ended = await home.end(pulling)
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert ended.error["message"] == (
        "cannot install the stack: compose.override.yaml changed while images were pulled; the images stay"
    )
    assert ended.error["fix"] == "sudo tarsctl install"
    assert home.engine.containers == {}
    assert "redis:8" in home.engine.images


async def test_what_else_changed_is_not_blamed_on_the_override(home: Home, pulling: Change) -> None:
    edit(home)
    ended = await home.end(pulling)
    assert ended.error is not None
    assert "something else than the override" in ended.error["message"]


async def test_an_override_that_changed_nothing_is_none_of_its_business(
    home: Home, pulling: Change
) -> None:
    home.paths.override.write_text("# only a remark\n")
    assert (await home.end(pulling)).status is ChangeStatus.DONE


async def test_a_daemon_that_goes_on_with_the_pull_takes_the_files_as_they_are_then(
    home: Home, pulling: Change
) -> None:
    """What it pulls for is then the new stack, and so is what it makes."""
    edit(home)
    home.engine.images["redis:9"] = {"Id": "sha256:redis:9"}
    home.compose.starts["redis"] = FakeContainer("redis", image="redis:9")
    await home.crash()
    ended = await home.end(pulling)
    assert ended.status is ChangeStatus.DONE, ended.error
    assert home.engine.containers["redis"].image.startswith("sha256:redis:9")


async def test_a_change_that_an_older_daemon_began_is_finished(home: Home, pulling: Change) -> None:
    images = pulling.tasks[3]
    edit(home)
    home.engine.images["redis:9"] = {"Id": "sha256:redis:9"}
    images.memo.clear()
    assert (await home.end(pulling)).status is ChangeStatus.DONE

"""Setting a NAS up and taking it away: all of it or nothing, and the old one is back if the new one fails."""

import sqlite3

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tests.unit.fake_nas import PATH, SHARE
from tests.unit.home import Home
from tests.unit.operations.nas_home import PASSWORD, REFUSED, remove, set_up, traces

NOTHING: dict[str, object] = {"units": {}, "mounts": {}, "credentials": {}, "file": None}


def without_settings(found: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in found.items() if key != "settings"}


def failed(change: Change) -> str:
    assert change.status is ChangeStatus.UNDONE, (change.status, change.error)
    assert change.error is not None
    return str(change.error["kind"])


async def test_a_share_is_mounted_counted_and_written_down(home: Home) -> None:
    change = await set_up(home)
    assert change.status is ChangeStatus.DONE, change.error
    assert change.result is not None
    assert (change.result["path"], change.result["documents"]) == (PATH, 4312)
    nas = home.app.configured.settings.nas
    assert (nas.source, nas.path) == (SHARE, PATH)
    (name,) = (path.name for path in home.paths.secrets.glob("*"))
    assert nas.credentials == name
    assert (home.paths.secrets / name).stat().st_mode & 0o777 == 0o600
    assert f"credentials={home.paths.secrets / name}" in home.nas.files[PATH]
    assert home.nas.mounts[PATH].source == SHARE


async def test_the_settings_say_who_wrote_them_so_that_a_purge_knows(home: Home) -> None:
    await set_up(home, "nas:/docs")
    text = (home.paths.conf_d / "40-nas.toml").read_text()
    assert text.startswith("# Written by tarsctl")
    assert "credentials" not in text


async def test_a_share_that_fails_its_trial_leaves_nothing(home: Home) -> None:
    before = traces(home)
    home.nas.problem = REFUSED
    assert failed(await set_up(home)) == "nas-refused"
    assert traces(home) == before
    assert without_settings(before) == NOTHING


async def test_a_share_that_works_on_trial_and_then_does_not_leaves_nothing(home: Home) -> None:
    home.nas.up = False
    assert failed(await set_up(home)) == "nas-refused"
    assert without_settings(traces(home)) == NOTHING
    assert home.nas.tidied == [PATH, "parent"]


async def test_another_share_takes_the_old_ones_place(home: Home) -> None:
    await set_up(home)
    change = await set_up(home, "nas:/docs", "/mnt/nas/other")
    assert change.status is ChangeStatus.DONE, change.error
    found = traces(home)
    assert found["mounts"] == {"/mnt/nas/other": "nas:/docs"}
    assert found["units"] == {"/mnt/nas/other": home.nas.files["/mnt/nas/other"]}
    assert found["credentials"] == {}, "the old password is of no use any more"


@pytest.mark.parametrize("path", [PATH, "/mnt/nas/other"])
async def test_the_old_share_is_back_if_the_new_one_fails(home: Home, path: str) -> None:
    await set_up(home)
    before = traces(home)
    fail_once(home)
    assert failed(await set_up(home, "//nas/films", path)) == "nas-refused"
    assert traces(home) == before


def fail_once(home: Home) -> None:
    """The next mount fails, those after it work."""
    right = home.nas.start

    async def start(path: str) -> str:
        home.nas.start = right  # type: ignore[method-assign]
        return "failed"

    home.nas.start = start  # type: ignore[method-assign]


async def test_an_old_share_that_is_gone_meanwhile_needs_the_owner(home: Home) -> None:
    await set_up(home)
    home.nas.up = False
    change = await set_up(home, "//nas/films")
    assert change.status is ChangeStatus.NEEDS_OWNER
    assert home.app.configured.settings.nas.source == SHARE


async def test_a_mount_that_was_down_stays_down_after_a_failed_change(home: Home) -> None:
    await set_up(home)
    home.nas.mounts.clear()
    before, starts = traces(home), home.nas.starts
    home.nas.problem = REFUSED
    assert failed(await set_up(home, "//nas/films")) == "nas-refused"
    assert (traces(home), home.nas.starts) == (before, starts)


async def test_a_removal_leaves_nothing(home: Home) -> None:
    before = traces(home)
    await set_up(home)
    change = await remove(home)
    assert change.status is ChangeStatus.DONE, change.error
    assert traces(home) == before
    assert not home.paths.documents.exists()


async def test_a_share_too_slow_to_count_is_still_mounted(home: Home) -> None:
    home.nas.documents = None
    change = await set_up(home)
    assert change.status is ChangeStatus.DONE, change.error
    assert change.result is not None
    assert change.result["documents"] is None


async def test_an_owners_later_file_that_says_otherwise_is_not_passed_over(home: Home) -> None:
    """Containers would be given another directory than the one that is mounted."""
    (home.paths.conf_d / "90-mine.toml").write_text('[nas]\npath = "/mnt/nas/mine"\n')
    assert failed(await set_up(home)) == "config-invalid"
    found = traces(home)
    assert (found["mounts"], found["units"], found["credentials"]) == ({}, {}, {})


async def test_the_count_belongs_to_its_source(home: Home) -> None:
    await set_up(home)
    home.nas.documents = None
    await set_up(home, "//nas/films")
    status = await home.app.heartbeat._status()  # pyright: ignore[reportPrivateUsage]  what GET /v1/status asks
    assert (status.nas.source, status.nas.documents) == ("//nas/films", None)


async def test_the_password_is_in_its_file_and_nowhere_else(home: Home) -> None:
    home.nas.problem = REFUSED
    await set_up(home)
    home.nas.problem = None
    await set_up(home)
    for path in home.paths.state.rglob("*"):
        if path.is_file() and path.suffix != ".credentials":
            assert PASSWORD.encode() not in path.read_bytes(), path
    with sqlite3.connect(home.paths.database) as database:
        assert PASSWORD not in "\n".join(database.iterdump())
    assert PASSWORD not in str(home.nas.asked)
    assert PASSWORD not in str(
        [(job.argv, job.environment, job.given) for job in home.compose.jobs]
    )


async def test_what_the_owner_is_told_to_do_next(home: Home) -> None:
    first = await set_up(home)
    assert first.result is not None
    assert first.result["next"] == ["sudo tarsctl install"]
    home.compose.stack["services"]["webui"].pop("profiles")
    await home.install()
    again = await set_up(home)
    assert again.result is not None
    assert again.result["next"] == ["sudo tarsctl install"], "the web UI does not see it yet"
    bind = {"type": "bind", "source": "/mnt/nas", "target": "/nas"}
    home.compose.stack["services"]["webui"]["volumes"] = [bind]
    await home.install()
    seen = await set_up(home)
    assert seen.result is not None
    assert seen.result["next"] == ["tarsctl status"]
    gone = await remove(home)
    assert gone.result is not None
    assert gone.result["next"] == ["sudo tarsctl install"], "containers still bind the parent"
    assert home.nas.tidied == [PATH], "what containers bind is not removed under them"

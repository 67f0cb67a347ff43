"""/v1/nas: who may ask what, what goes where, and where a password does not go."""

import os
import sqlite3
from typing import Any

import pytest

from tests.unit.api.caller import Caller
from tests.unit.api.test_handlers import ended
from tests.unit.fake_nas import PATH, SHARE
from tests.unit.home import Home

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the routes ask for root")

PASSWORD = 'pa,ss "w%rd'
DOCS = {"source": SHARE, "user": "scan", "password": PASSWORD}
REFUSED = {"reason": "password", "message": "cannot mount: wrong password", "fix": "type it anew"}


async def set_up(api: Caller, **share: object) -> dict[str, object]:
    return await ended(api, (await api.post("/v1/nas/setup", {"share": {**DOCS, **share}})).change)


def credentials(home: Home) -> list[str]:
    return sorted(path.name for path in home.paths.secrets.glob("*.credentials"))


async def test_a_nas_is_set_up_shown_and_removed(api: Caller, home: Home) -> None:
    assert (await api.get("/v1/nas")).result["configured"] is False
    assert (await set_up(api))["status"] == "done"
    shown = (await api.get("/v1/nas")).result
    assert (shown["source"], shown["path"], shown["mounted"]) == (SHARE, PATH, True)
    assert (shown["documents"], shown["documents_complete"]) == (4312, True)
    assert (shown["read_only"], shown["reachable"]) == (True, False)
    status = (await api.get("/v1/status")).result["nas"]
    assert (status["mounted"], status["documents"]) == (True, 4312)
    change = await ended(api, (await api.post("/v1/nas/remove")).change)
    assert change["status"] == "done"
    assert (await api.get("/v1/nas")).result["configured"] is False
    assert credentials(home) == []


async def test_the_credentials_are_as_mount_reads_them(api: Caller, home: Home) -> None:
    await set_up(api, domain="HOME")
    (name,) = credentials(home)
    file = home.paths.secrets / name
    assert file.read_text() == f"username=scan\npassword={PASSWORD}\ndomain=HOME\n"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_the_password_is_in_no_change_no_audit_and_no_answer(
    api: Caller, home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    home.nas.problem = REFUSED
    failed = await set_up(api)
    assert PASSWORD not in str(failed)
    assert PASSWORD not in str((await api.get("/v1/changes")).body)
    home.nas.problem = None
    await set_up(api)
    with sqlite3.connect(home.paths.database) as database:
        assert PASSWORD not in "\n".join(database.iterdump())
    assert PASSWORD not in "".join(capfd.readouterr())


async def test_credentials_of_a_setup_that_did_not_begin_are_gone(api: Caller, home: Home) -> None:
    home.nas.documents = None
    first = await api.post("/v1/nas/setup", {"share": DOCS})
    reply = await api.post("/v1/nas/setup", {"share": DOCS})
    assert (reply.status, reply.error["kind"]) == (409, "change-conflict")
    await ended(api, first.change)
    assert len(credentials(home)) == 1


async def test_a_test_says_what_is_wrong_and_changes_nothing(api: Caller, home: Home) -> None:
    home.nas.problem = REFUSED
    found = (await api.post("/v1/nas/test", {"share": DOCS})).result
    assert (found["works"], found["reason"], found["fix"]) == (False, "password", "type it anew")
    assert found["message"].startswith("cannot ")
    assert credentials(home) == []
    assert (home.nas.files, home.nas.mounts) == ({}, {})
    assert (await api.get("/v1/changes")).result["changes"] == []


async def test_a_test_of_what_is_set_up_uses_its_credentials_and_counts_anew(
    api: Caller, home: Home
) -> None:
    await set_up(api)
    home.nas.documents = 5000
    found = (await api.post("/v1/nas/test", {})).result
    assert (found["works"], found["version"]) == (True, "3.1.1")
    assert home.nas.asked[-1]["credentials"] == str(home.paths.secrets / credentials(home)[0])
    assert home.nas.asked[-1]["taken"] is True
    assert (await api.get("/v1/nas")).result["documents"] == 5000


async def test_a_test_of_what_is_not_mounted_counts_nothing(api: Caller, home: Home) -> None:
    """The local directory behind it would be counted instead."""
    await set_up(api)
    home.nas.mounts.clear()
    home.nas.documents = 0
    assert (await api.post("/v1/nas/test", {})).result["works"] is True
    assert (await api.get("/v1/nas")).result["documents"] == 4312


async def test_without_a_nas_there_is_nothing_to_test_or_remove(api: Caller) -> None:
    for reply in (await api.post("/v1/nas/test", {}), await api.post("/v1/nas/remove")):
        assert (reply.status, reply.error["kind"]) == (404, "not-found")


@pytest.mark.parametrize(
    "share",
    [
        {"source": "//nas"},
        {"source": "//nas/docs,exec"},
        {"source": "//nas/docs", "version": "1.0"},
        {"source": "//nas/docs", "version": "4.2"},
        {"source": "nas:/docs", "version": "3.0"},
        {"source": "nas:/docs", "user": "scan", "password": "x"},
        {"source": "//nas/docs", "password": "x"},
        {"source": "//nas/docs", "user": "scan", "password": "hunter2\npassword=other"},
        {"source": "//nas/docs", "user": "scan\ndomain=x", "password": "hunter2"},
        {"source": "//nas/docs", "user": "scan", "password": "hunter2" + "x" * 512},
        {"source": "//nas/docs", "user": "scan", "password": "hunter2\ud800"},
        {"source": "//nas/docs", "user": "", "password": "hunter2"},
        {"source": "//nas/docs", "user": "scan", "password": "hunter2", "options": "rw"},
    ],
)
async def test_what_cannot_be_a_share_is_refused_without_repeating_it(
    api: Caller, home: Home, share: dict[str, Any]
) -> None:
    for reply in (
        await api.post("/v1/nas/test", {"share": share}),
        await api.post("/v1/nas/setup", {"share": share}),
    ):
        assert (reply.status, reply.error["kind"]) == (400, "bad-request")
        assert "hunter2" not in str(reply.body)
    assert credentials(home) == []


@pytest.mark.parametrize(
    "path", ["/mnt", "/mnt/nas", "documents", "/mnt/nas/../../etc", "/mnt/nas/\ud800"]
)
async def test_a_path_that_would_give_containers_too_much_is_refused(
    api: Caller, path: str
) -> None:
    reply = await api.post("/v1/nas/setup", {"share": DOCS, "path": path})
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")

"""/v1/alerts of a whole daemon, on doubles."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tarsd.changes.hiding import Hiding
from tarsd.errors import JobFailed
from tarsd.host import delivery
from tarsd.host.secret_files import SecretFiles
from tests.unit.api.caller import Caller, not_root
from tests.unit.home import Home

SETTINGS = """
[alerts.channels.phone]
quiet = "22:00-07:00"
[alerts.channels.manager]
kind = "alertmanager"
"""


@pytest.fixture
async def told(home: Home) -> Home:
    """Its owner has two channels."""
    home.paths.settings.write_text(SETTINGS)
    home.app.reload()
    await home.app.incidents.load()
    return home


def answers(home: Home, *found: dict[str, Any]) -> list[Any]:
    """What the delivering job answers, one after another; returns what it is given."""
    given: list[Any] = []
    waiting = list(found)

    def deliver(asked: Any) -> dict[str, Any]:
        given.append(asked)
        return {"why": None, "retry_after": None, **waiting.pop(0)}

    home.compose.own["deliver"] = deliver
    return given


async def test_channels_before_they_have_an_address(told: Home, api: Caller) -> None:
    report = (await api.get("/v1/alerts")).result
    assert [(it["name"], it["status"]) for it in report["channels"]] == [
        ("phone", "no-address"),
        ("manager", "no-address"),
    ]
    assert report["heartbeat"] == {
        "minutes": 0,
        "address": False,
        "withheld": None,
        "message": None,
    }


async def test_a_disk_that_hangs_is_waited_for_once_and_not_for_each_channel(
    told: Home, api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status page waits for this, too."""
    channels = "".join(f"[alerts.channels.phone-{it}]\n" for it in range(8))
    told.paths.settings.write_text(channels)
    told.app.reload()
    monkeypatch.setattr(delivery, "PATIENCE", 0.5)
    back, exists = threading.Event(), Path.exists

    def hangs(path: Path) -> bool:
        return exists(path) if path.suffix != ".url" else back.wait(20)

    monkeypatch.setattr(Path, "exists", hangs)
    begun = time.monotonic()
    try:
        report = (await api.get("/v1/alerts")).result
    finally:
        back.set()
    assert time.monotonic() - begun < 3
    assert len(report["channels"]) == 8


@pytest.mark.skipif(not_root(), reason="the route asks for root")
async def test_an_address_is_kept_as_a_secret_and_never_shown(told: Home, api: Caller) -> None:
    given = answers(told, {"outcome": "sent"})
    body = {"channel": "phone", "address": "ntfys://my-t0pic"}
    assert (await api.post("/v1/alerts/url", body)).status == 200
    assert given[0]["kind"] == "look"
    file = told.paths.channels / "phone.url"
    assert file.read_text() == "ntfys://my-t0pic\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert "my-t0pic" not in str((await api.get("/v1/alerts")).body)
    hider = Hiding(SecretFiles(told.paths.secrets).hider)
    assert "my-t0pic" not in await hider.of("cannot POST to ntfys://my-t0pic")


@pytest.mark.skipif(not_root(), reason="the route asks for root")
@pytest.mark.parametrize(
    ("channel", "address", "kind"),
    [
        ("manager", "ftp://host", "channel-wrong"),
        ("heartbeat", "host", "channel-wrong"),
        ("phone", "a\nb", "channel-wrong"),
        ("phone", "nonsense", "channel-wrong"),
        ("nobody", "ntfys://x", "not-found"),
        ("../etc", "ntfys://x", "bad-request"),
        ("phone", "", "bad-request"),
        ("phone", "x" * 2001, "bad-request"),
    ],
)
async def test_what_is_no_address_or_no_channel(
    told: Home, api: Caller, channel: str, address: str, kind: str
) -> None:
    answers(told, {"outcome": "wrong", "why": "its address is none that Apprise understands"})
    reply = await api.post("/v1/alerts/url", {"channel": channel, "address": address})
    assert reply.error["kind"] == kind
    assert address[:20] == "" or address[:20] not in str(reply.error), "it may be one all the same"
    assert not told.paths.channels.exists()


async def test_a_test_says_what_became_of_it(told: Home, api: Caller) -> None:
    given = answers(told, {"outcome": "sent"}, {"outcome": "later", "why": "nobody answers there"})
    reply = (await api.post("/v1/alerts/test", {})).result
    assert reply == {"channels": [
        {"name": "phone", "outcome": "sent", "message": None},
        {"name": "manager", "outcome": "later", "message": "nobody answers there"},
    ]}  # fmt: skip
    assert {it["kind"] for it in given} == {"apprise", "alertmanager"}
    assert (await api.post("/v1/alerts/test", {"channel": "nobody"})).error["kind"] == "not-found"
    (phone, _) = (await api.get("/v1/alerts")).result["channels"]
    assert phone["last_sent"] is not None


async def test_the_job_itself_fails(told: Home, api: Caller) -> None:
    def deliver(asked: Any) -> dict[str, Any]:
        raise JobFailed("cannot finish job deliver: it ran past its 45 s")

    told.compose.own["deliver"] = deliver
    reply = (await api.post("/v1/alerts/test", {"channel": "phone"})).result
    assert reply["channels"][0]["outcome"] == "unknown"


async def test_a_silence_is_made_shown_and_lifted(told: Home, api: Caller) -> None:
    made = (await api.post("/v1/alerts/silence", {"seconds": 3600, "fault": "gpu.*"})).result
    (shown,) = (await api.get("/v1/alerts")).result["silences"]
    assert shown == made
    assert (await api.post(f"/v1/alerts/silence/{made['id']}/lift")).status == 200
    assert (await api.post(f"/v1/alerts/silence/{made['id']}/lift")).status == 404
    assert (await api.post("/v1/alerts/silence/x/lift")).status == 404
    for seconds in (0, -1, 59, 31 * 86400, 1.5, "3600"):
        assert (await api.post("/v1/alerts/silence", {"seconds": seconds})).status == 400


async def test_the_outbox_by_state(told: Home, api: Caller) -> None:
    assert (await api.get("/v1/alerts/outbox?state=open")).result == {"notices": []}
    assert (await api.get("/v1/alerts/outbox?state=lost")).status == 400
    assert (await api.post("/v1/alerts/retry", {})).result == {"parked": 0}

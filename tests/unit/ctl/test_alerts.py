"""Alerts as a person sees them, and the owner's word on them."""

import io
import json
import os

import pytest

from tests.unit.ctl.facts import Json
from tests.unit.ctl.fake_daemon import FakeDaemon, refused, sync
from tests.unit.ctl.runs import Tarsctl

root = pytest.mark.skipif(os.geteuid() != 0, reason="tarsctl asks for root first")


def channel(**more: object) -> Json:
    return {"name": "phone", "kind": "apprise", "severity": "warn", "faults": ["*"], "address": True,
            "status": "ok", "message": None, "failing_since": None, "last_sent": None, "waiting": 0,
            "parked": 0, "quiet": None, **more}  # fmt: skip


def notice(**more: object) -> Json:
    return {"channel": "phone", "kind": "opened", "state": "waiting", "incident": "31",
            "fault": "service.hung", "subject": "redis", "severity": "fail", "text": "it hangs",
            "seen": "2026-11-22T03:12:04.000Z", "ended": None, "attempts": 0, "why": None,
            "repeated": False, **more}  # fmt: skip


def test_channels_and_what_is_wrong_with_them(daemon: FakeDaemon, tarsctl: Tarsctl) -> None:
    report = {
        "channels": [
            channel(last_sent="2026-11-22T03:12:04.000Z", quiet="22:00-07:00"),
            channel(name="mail", status="failing", message="it answers HTTP 500", waiting=3, parked=1),
            channel(name="cards", status="no-address", address=False, faults=["gpu.*"]),
        ],
        "silences": [{"id": "3", "fault": "gpu.*", "subject": "*", "until": "2026-11-22T05:00:00.000Z",
                      "reason": "new card"}],
        "heartbeat": {"minutes": 5, "address": True, "withheld": "incident 31 (service.hung) is open"},
        "unwritten": 2,
    }  # fmt: skip
    daemon.on("GET", "/v1/alerts", sync(report))
    ran = tarsctl("alerts", "list")
    assert ran.status == 0
    for text in (
        "CHANNEL  STATE       TELLS           FAULTS  LAST SENT",
        "quiet 22:00-07:00",
        "it answers HTTP 500; 1 notice parked: it takes them in no form",
        "it has no address: sudo tarsctl alerts url cards",
        "Silence 3: gpu.* until",
        "Heartbeat: withheld, for incident 31 (service.hung) is open",
        "state.db does not take the outbox",
    ):
        assert text in ran.out
    assert json.loads(tarsctl("alerts", "list", "--json").out)["schema"] == 1


@pytest.mark.parametrize(
    ("beat", "said"),
    [
        ({"minutes": 5, "address": False}, "sudo tarsctl alerts url heartbeat"),
        ({"minutes": 5, "address": True, "message": "HTTP 500"}, "Heartbeat: HTTP 500"),
        ({"minutes": 5, "address": True}, "Heartbeat: every 5 min"),
    ],
)
def test_the_heartbeat(daemon: FakeDaemon, tarsctl: Tarsctl, beat: Json, said: str) -> None:
    daemon.on("GET", "/v1/alerts", sync({"channels": [channel()], "heartbeat": beat}))
    assert said in tarsctl("alerts", "list").out


def test_no_channels_yet(daemon: FakeDaemon, tarsctl: Tarsctl) -> None:
    daemon.on("GET", "/v1/alerts", sync({"channels": [], "silences": [], "heartbeat": {}}))
    assert "docs/alerts.md" in tarsctl("alerts", "list").err
    daemon.on("POST", "/v1/alerts/test", sync({"channels": []}))
    assert tarsctl("alerts", "test").status == 1
    error = json.loads(tarsctl("alerts", "test", "--json").out)["error"]
    assert "there is none in the settings" in error["message"]


def test_without_channels_a_silence_is_still_shown(daemon: FakeDaemon, tarsctl: Tarsctl) -> None:
    everything = {"id": "4", "fault": "*", "subject": "*", "until": "2026-11-22T05:00:00.000Z"}
    daemon.on("GET", "/v1/alerts", sync({"channels": [], "silences": [everything]}))
    assert tarsctl("alerts", "list").out.startswith("Silence 4: every fault until ")


def test_a_test_message_says_what_each_answered(daemon: FakeDaemon, tarsctl: Tarsctl) -> None:
    tried = [{"name": "phone", "outcome": "sent", "message": None},
             {"name": "mail", "outcome": "wrong", "message": "it answers HTTP 404"}]  # fmt: skip
    daemon.on("POST", "/v1/alerts/test", sync({"channels": tried}))
    ran = tarsctl("alerts", "test")
    assert ran.status == 1
    assert ran.out == "phone took the message\nmail takes nothing: it answers HTTP 404\n"
    daemon.on("POST", "/v1/alerts/test", sync({"channels": tried[:1]}))
    assert tarsctl("alerts", "test", "phone").status == 0
    assert daemon.requests[-1].json == {"channel": "phone"}


def test_what_waits_and_why(daemon: FakeDaemon, tarsctl: Tarsctl) -> None:
    rows = [
        notice(why="held by quiet hours"),
        notice(state="sent", kind="resolved", ended="2026-11-22T03:26:00.000Z"),
        notice(state="parked", incident=None, why="it does not take this message (HTTP 400)"),
    ]
    daemon.on("GET", "/v1/alerts/outbox", sync({"notices": rows}))
    ran = tarsctl("alerts", "outbox")
    assert daemon.requests[-1].target == "/v1/alerts/outbox?state=open"
    assert "  held by quiet hours" in ran.out
    assert "(HTTP 400)" in ran.out
    tarsctl("alerts", "outbox", "--all")
    assert daemon.requests[-1].target == "/v1/alerts/outbox"
    daemon.on("POST", "/v1/alerts/retry", sync({"parked": 1}))
    assert "1 of it was parked" in tarsctl("alerts", "outbox", "--retry").err
    daemon.on("GET", "/v1/alerts/outbox", sync({"notices": []}))
    assert tarsctl("alerts", "outbox").err == "nothing waits to be told\n"
    assert tarsctl("alerts", "outbox", "--all").err == "nothing was told yet\n"


def test_a_silence_is_made_and_lifted(daemon: FakeDaemon, tarsctl: Tarsctl) -> None:
    made = {"id": "3", "until": "2026-11-22T05:00:00.000Z"}
    daemon.on("POST", "/v1/alerts/silence", sync(made))
    ran = tarsctl("alerts", "silence", "gpu.*", "--for", "2h", "--reason", "new card")
    assert ran.status == 0
    assert "tarsctl alerts silence --lift 3" in ran.err
    wanted = {"seconds": 7200, "fault": "gpu.*", "subject": "*", "reason": "new card"}
    assert daemon.requests[-1].json == wanted
    daemon.on("POST", "/v1/alerts/silence/3/lift", sync({"silence": "3"}))
    assert tarsctl("alerts", "silence", "--lift", "3").err == "silence 3 is over\n"


@pytest.mark.parametrize(
    "words",
    [(), ("--for", "2"), ("--for", "31d"), ("--for", "59s"), ("--for", "-1h"), ("--lift", "../x")],
)
def test_a_silence_without_a_sensible_end_is_refused(
    daemon: FakeDaemon, tarsctl: Tarsctl, words: tuple[str, ...]
) -> None:
    assert tarsctl("alerts", "silence", *words).status == 2
    assert not daemon.requests


@root
def test_an_address_is_never_an_argument(
    daemon: FakeDaemon, tarsctl: Tarsctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tarsctl("alerts", "url", "phone", "ntfys://topic").status == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("ntfys://topic\n"))
    daemon.on("POST", "/v1/alerts/url", sync({"channel": "phone"}))
    ran = tarsctl("alerts", "url", "phone", "--stdin")
    assert ran.status == 0
    assert daemon.requests[-1].json == {"channel": "phone", "address": "ntfys://topic"}
    assert "topic" not in ran.out + ran.err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert tarsctl("alerts", "url", "phone", "--stdin").status == 2


@root
def test_a_wrong_address_is_refused_where_it_was_given(
    daemon: FakeDaemon, tarsctl: Tarsctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("nonsense\n"))
    message = "cannot take the address of phone: its address is none that Apprise understands"
    daemon.on("POST", "/v1/alerts/url", refused(422, "channel-wrong", message))
    ran = tarsctl("alerts", "url", "phone", "--stdin")
    assert (ran.status, message in ran.err) == (1, True)

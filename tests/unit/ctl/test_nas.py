"""tarsctl nas: what is asked, what is sent, what is shown."""

import io
import json
import sys

import pytest

from tests.unit.ctl.facts import NOW, Json, change
from tests.unit.ctl.fake_daemon import FakeDaemon, refused, started, sync
from tests.unit.ctl.runs import Tarsctl, Terminal

KNOWN: Json = {
    "configured": True, "mounted": True, "source": "//nas/docs", "path": "/mnt/nas/docs", "message": None,
    "documents": 4312, "documents_complete": True, "documents_at": NOW, "enabled": True, "reachable": True,
    "read_only": True, "options": ["ro", "vers=3.1.1"], "unit": "mnt-nas-docs.mount",
}  # fmt: skip
NONE: Json = {
    **KNOWN,
    "configured": False,
    "mounted": None,
    "source": None,
    "path": None,
    "unit": None,
}
DONE: Json = {
    "path": "/mnt/nas/documents", "source": "//nas/docs", "version": "3.1.1", "documents": 4312, "complete": True,
    "next": ["sudo tarsctl install"],
}  # fmt: skip
WRONG: Json = {
    "source": "//nas/docs", "works": False, "version": None, "steps": [{"step": "name", "said": "nas is 10.0.0.2"}],
    "reason": "share", "message": "cannot mount //nas/docs: nas has no share docs",
    "fix": "sudo tarsctl nas setup //nas/doc",
}  # fmt: skip


@pytest.fixture(autouse=True)
def root(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    daemon.on("GET", "/v1/nas", sync(NONE))
    daemon.on("GET", "/v1/version", sync({"version": "2"}))
    daemon.on("POST", "/v1/nas/setup", started("17"))
    daemon.on("POST", "/v1/nas/remove", started("17"))
    daemon.changes("17", change("done", kind="nas-setup", summary="set up //nas/docs", result=DONE))


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def sent(daemon: FakeDaemon, route: str = "setup") -> list[Json]:
    return [request.json for request in daemon.asked("POST", f"/v1/nas/{route}")]


def test_a_windows_share_with_its_password_from_a_file(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, " p ss \r\n")
    ran = tarsctl("nas", "setup", "//nas/docs", "--user", "scan", "--password-stdin", "--yes")
    assert ran.status == 0, ran
    share = {
        "source": "//nas/docs", "version": "auto", "user": "scan", "password": " p ss ", "domain": None
    }  # fmt: skip
    assert sent(daemon) == [{"share": share, "path": "/mnt/nas/documents"}]
    assert ran.out == (
        "//nas/docs is mounted at /mnt/nas/documents: 4,312 documents\nNext: sudo tarsctl install\n"
    )
    assert " p ss " not in ran.err


def test_a_new_share_goes_where_the_old_one_is(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/nas", sync(KNOWN))
    assert tarsctl("nas", "setup", "nas:/docs", "--vers", "4.2", "--yes").status == 0
    (body,) = sent(daemon)
    assert (body["path"], body["share"]["version"]) == ("/mnt/nas/docs", "4.2")
    assert body["share"]["user"] is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nas setup", "without its share"),
        ("nas setup //nas/docs", "without a yes"),
        ("nas setup //nas/docs --user scan --yes", "nobody is at the terminal"),
        ("nas setup //nas/docs --password-stdin --yes", "without a user"),
        ("nas setup nas:/docs --user scan --yes", "NFS has none"),
        ("nas setup //nas/docs --vers 1.0 --yes", "invalid choice"),
        ("nas setup //nas/docs --password x --yes", "there is no flag --password"),
        ("nas test --user scan", "a user goes with a share"),
        ("nas remove", "without a yes"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_sent(
    tarsctl: Tarsctl, daemon: FakeDaemon, line: str, words: str
) -> None:
    ran = tarsctl(*line.split())
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert not [request for request in daemon.requests if request.method == "POST"]


def test_an_empty_password_file_is_no_password(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "")
    ran = tarsctl("nas", "setup", "//nas/docs", "--user", "scan", "--password-stdin", "--yes")
    assert ran.status == 2
    assert "standard input holds none" in ran.err
    assert sent(daemon) == []


@pytest.mark.parametrize("member", ["setup", "test", "remove"])
def test_only_root_may(tarsctl: Tarsctl, monkeypatch: pytest.MonkeyPatch, member: str) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    ran = tarsctl("nas", member)
    assert ran.status == 4
    assert f"try: sudo tarsctl nas {member}" in ran.err


def test_a_trial_shows_what_was_right_and_then_what_was_wrong(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.on("POST", "/v1/nas/test", sync(WRONG))
    ran = tarsctl("nas", "test", "-q")
    assert (ran.status, ran.err) == (1, "")
    assert ran.out == (
        "  ok    name  nas is 10.0.0.2\n"
        "  fail  cannot mount //nas/docs: nas has no share docs\n"
        "        fix: sudo tarsctl nas setup //nas/doc\n"
    )
    assert sent(daemon, "test") == [{"share": None}]


def test_a_trial_of_nothing_is_not_announced(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    message = "cannot test the NAS: none is set up"
    daemon.on("POST", "/v1/nas/test", refused(404, "not-found", message, "sudo tarsctl nas setup"))
    ran = tarsctl("nas", "test")
    assert ran.err == f"tarsctl: {message}; try: sudo tarsctl nas setup\n"


def test_a_trial_as_json(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/nas/test", sync(WRONG))
    ran = tarsctl("nas", "test", "--json")
    assert (ran.status, ran.err) == (1, "")
    assert json.loads(ran.out) == {"schema": 1, **WRONG}


def test_a_share_that_works(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/nas/test", sync({**WRONG, "works": True, "message": None, "fix": None}))
    ran = tarsctl("nas", "test", "nas:/docs")
    assert ran.status == 0
    assert ran.out.endswith("\n\n//nas/docs works\n")


def test_the_status(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    counted = {"documents_complete": False, "documents_at": "2020-01-02T03:04:05.000Z"}
    daemon.on("GET", "/v1/nas", sync({**KNOWN, **counted}))
    ran = tarsctl("nas", "status")
    assert ran.status == 0
    assert ran.out == (
        "Source      //nas/docs\n"
        "Mounted at  /mnt/nas/docs\n"
        "Mounted     yes\n"
        "Reachable   yes\n"
        "Documents   more than 4,312, counted 2020-01-02 03:04\n"
        "Read-only   yes\n"
        "Options     ro vers=3.1.1\n"
    )


def test_the_status_of_a_dead_nas_names_the_next_command(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    dead: Json = {
        "mounted": False,
        "reachable": False,
        "read_only": None,
        "options": [],
        "documents": None,
    }
    daemon.on("GET", "/v1/nas", sync({**KNOWN, **dead, "message": "nothing is mounted there"}))
    ran = tarsctl("nas", "status")
    assert "Documents   not counted\n" in ran.out
    assert "Trouble     nothing is mounted there\n" in ran.out
    assert ran.out.endswith("\nNext: sudo tarsctl nas test\n")


def test_a_nas_that_came_up_later_than_the_machine_is_mounted_with_one_command(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.on("GET", "/v1/nas", sync({**KNOWN, "mounted": False}))
    ran = tarsctl("nas", "status")
    assert ran.out.endswith("\nNext: sudo systemctl start 'mnt-nas-docs.mount'\n")


def test_no_nas(tarsctl: Tarsctl) -> None:
    assert tarsctl("nas", "status").out == "NAS  not configured\n\nNext: sudo tarsctl nas setup\n"


def test_a_removal(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/nas", sync(KNOWN))
    assert tarsctl("nas", "remove", "--yes").status == 0
    assert sent(daemon, "remove") == [{}]


def test_on_a_terminal_it_asks_and_does_not_show_the_password(daemon: FakeDaemon) -> None:
    terminal = Terminal("nas", "setup")
    terminal.wait_for("Share (such as")
    terminal.press("//nas/docs\n")
    terminal.wait_for("User on the NAS")
    terminal.press("scan\n")
    terminal.wait_for("Password of scan on the NAS: ")
    terminal.press("hunter2\n")
    terminal.wait_for("Go ahead? [Y/n]")
    assert "mount it read-only at /mnt/nas/documents" in terminal.text
    terminal.press("\n")
    terminal.wait_for("4,312 documents")
    assert terminal.finish() == 0
    assert "hunter2" not in terminal.text
    assert sent(daemon)[0]["share"]["password"] == "hunter2"

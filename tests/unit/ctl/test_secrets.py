"""tarsctl secrets: a bare value where one was asked for, and nothing else that is secret."""

import pytest

from tests.unit.ctl.facts import Json, change, task
from tests.unit.ctl.fake_daemon import FakeDaemon, refused, started, sync
from tests.unit.ctl.runs import Tarsctl

VALUE = {"name": "admin-password", "value": "f00d"}


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)


def secret(name: str, **facts: object) -> Json:
    plain: Json = {"name": name, "present": True, "made": "2026-11-20T01:00:00.000Z", "length": 48}
    return {**plain, "seals": None, "rotates": True, **facts}


def test_list(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    secrets = [
        secret("encryption-key", seals="tars_postgres", rotates=False),
        secret("jwt-root", present=False, made=None, length=None),
    ]
    daemon.on("GET", "/v1/secrets", sync({"secrets": secrets}))
    ran = tarsctl("secrets", "list")
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[0] == ["NAME", "MADE", "LENGTH", "SEALS", "ROTATES"]
    assert rows[1][-3:] == ["48", "tars_postgres", "no"]
    assert rows[2] == ["jwt-root", "missing", "-", "-", "yes"]
    assert ran.err == "\nNext: sudo tarsctl install --dry-run\n"


def test_show_prints_the_bare_value(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/secrets/show", sync(VALUE))
    ran = tarsctl("secrets", "show", "admin-password")
    assert (ran.status, ran.out) == (0, "f00d\n")
    assert "admin@localhost" in ran.err
    assert daemon.asked("POST", "/v1/secrets/show")[0].json == {"name": "admin-password"}


def test_show_of_another_says_why_not(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    no = refused(400, "bad-request", "cannot show jwt-root: programs read it", "secrets rotate")
    daemon.on("POST", "/v1/secrets/show", no)
    ran = tarsctl("secrets", "show", "jwt-root")
    assert (ran.status, ran.out) == (2, "")
    assert "programs read it" in ran.err


def test_rotate_is_followed_to_its_end_with_its_note(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    note = {"id": "secret.note", "subject": "jwt-root", "summary": "sign in again", "fix": None}
    result = {"verdict": "GO", "passed": 1, "warnings": [note], "failures": []}
    daemon.on("POST", "/v1/secrets/rotate", started("17"))
    step = task(1, "replace jwt-root", "done")
    daemon.changes("17", change("done", step, kind="rotate-secret", result=result))
    ran = tarsctl("secrets", "rotate", "jwt-root")
    assert ran.status == 0
    assert "jwt-root: sign in again" in ran.out


@pytest.mark.parametrize("words", [("show", "admin-password"), ("rotate", "jwt-root")])
def test_both_ask_for_root_first(
    tarsctl: Tarsctl,
    daemon: FakeDaemon,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, str],
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    ran = tarsctl("secrets", *words)
    assert (ran.status, daemon.requests) == (4, [])
    assert f"sudo tarsctl secrets {' '.join(words)}" in ran.err

"""tarsctl uninstall: what it needs before it removes anything."""

import pytest

from tests.unit.ctl.facts import Json, change, status
from tests.unit.ctl.fake_daemon import FakeDaemon, started, sync
from tests.unit.ctl.runs import Tarsctl


@pytest.fixture(autouse=True)
def root(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    daemon.on("GET", "/v1/status", sync(status()))
    daemon.on("POST", "/v1/uninstall", started("17"))
    daemon.changes("17", change("done", kind="uninstall", summary="uninstall the stack"))


def bodies(daemon: FakeDaemon) -> list[Json]:
    return [request.json for request in daemon.asked("POST", "/v1/uninstall")]


def test_data_stays_unless_asked(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    ran = tarsctl("uninstall", "--yes")
    assert ran.status == 0
    assert ran.err == "done: uninstall the stack · 3 min 12 s\n"
    assert bodies(daemon) == [{"purge_data": False, "machine": None}]


def test_purge_with_the_machines_name(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    ran = tarsctl("uninstall", "--yes", "--purge-data", "--machine", "attic")
    assert ran.status == 0
    assert bodies(daemon) == [{"purge_data": True, "machine": "attic"}]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("uninstall", "cannot uninstall without a yes: nobody is at the terminal; "
         "try: tarsctl uninstall --yes"),
        ("uninstall --purge-data", "cannot uninstall without a yes: nobody is at the terminal; "
         "try: tarsctl uninstall --purge-data --yes --machine attic"),
        ("uninstall --purge-data --yes", "cannot purge data: --yes does not stand for the "
         "machine's name; try: tarsctl uninstall --purge-data --yes --machine attic"),
        ("uninstall --purge-data --yes --machine cellar",
         'cannot purge data: this machine is attic, not "cellar"'),
    ],
)  # fmt: skip
def test_nothing_is_removed_without_consent(
    tarsctl: Tarsctl, daemon: FakeDaemon, line: str, message: str
) -> None:
    ran = tarsctl(*line.split())
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"tarsctl: {message}\n"
    assert not bodies(daemon)


def test_asks_for_root_before_it_asks_anything_else(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    ran = tarsctl("uninstall", "--purge-data")
    assert ran.status == 4
    assert ran.err == (
        "tarsctl: cannot uninstall: this asks for root; try: sudo tarsctl uninstall --purge-data\n"
    )
    assert not daemon.requests

"""tarsctl abort: of what runs, of what has ended, with and without waiting."""

import json

import pytest

from tarsd.ctl import follow
from tests.unit.ctl.facts import Json, change, verdict
from tests.unit.ctl.fake_daemon import FakeDaemon, sync
from tests.unit.ctl.runs import Tarsctl

BASE = "/v1/changes/17"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits as long as a person's eye needs."""
    monkeypatch.setattr(follow, "PAUSE_SECONDS", 0.01)


def test_abort_is_done_when_the_change_is_undone(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{BASE}/abort", sync(change("undoing")))
    daemon.changes("17", change("undoing"), change("undone"))
    ran = tarsctl("abort", "17")
    assert ran.status == 0
    assert ran.err == "undone: stop redis · 3 min 12 s\n"


def test_abort_has_no_verdict_and_tells_what_stays(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{BASE}/abort", sync(change("undoing")))
    error: Json = {"kind": "aborted", "message": "cannot pull model m: it was aborted; 5 MiB stay"}
    no_go = verdict("NO-GO", failures=[{"id": "aborted", "subject": "pull-model"}])
    daemon.changes("17", change("doing"), change("undone", error=error, result=no_go))
    ran = tarsctl("abort", "17")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.endswith("it was aborted; 5 MiB stay\n")


def test_abort_of_the_models_of_an_install_says_that_the_stack_stays(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.on("POST", f"{BASE}/abort", sync(change("doing")))
    failure = {"id": "model.missing", "subject": "m", "summary": "aborted; the stack is up"}
    no_go = verdict("NO-GO", failures=[failure])
    daemon.changes("17", change("doing"), change("done", kind="install", result=no_go))
    ran = tarsctl("abort", "17")
    assert ran.status == 1
    assert "the stack is up" in ran.out
    assert "it ended done, but for what is told above" in ran.err


def test_abort_that_came_too_late(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{BASE}/abort", sync(change("doing")))
    daemon.changes("17", change("doing"), change("done", kind="install", result=verdict()))
    ran = tarsctl("abort", "17")
    assert (ran.status, ran.out) == (1, "")
    assert "cannot abort change 17 (stop redis): it ended done" in ran.err


@pytest.mark.parametrize("more", [[], ["--no-wait"]])
@pytest.mark.parametrize("end", ["done", "needs-owner"])
def test_abort_of_what_has_ended_is_refused_without_its_old_verdict(
    tarsctl: Tarsctl, daemon: FakeDaemon, end: str, more: list[str]
) -> None:
    daemon.changes("17", change(end, kind="install", result=verdict()))
    ran = tarsctl("abort", "17", *more)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        f"tarsctl: cannot abort change 17 (stop redis): it has ended, {end}; try: tarsctl tasks 17\n"
    )
    assert not daemon.asked("POST", f"{BASE}/abort")


def test_abort_of_what_is_undone_already_has_what_it_wants(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.changes("17", change("undone"))
    ran = tarsctl("abort", "17", "--no-wait")
    assert (ran.status, ran.err) == (0, "change 17 (stop redis) is undone already\n")


def test_abort_without_waiting_says_that_it_is_being_undone(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.changes("17", change("doing"))
    daemon.on("POST", f"{BASE}/abort", sync(change("undoing")))
    ran = tarsctl("abort", "17", "--no-wait")
    assert ran.status == 0
    assert ran.err == "change 17 is being undone; watch it with: tarsctl watch 17\n"
    ran = tarsctl("abort", "17", "--no-wait", "--json")
    assert json.loads(ran.out)["status"] == "undoing"

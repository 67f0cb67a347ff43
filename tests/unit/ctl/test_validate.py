"""tarsctl validate --restart: nothing is restarted without a yes, and one report tells all of it."""

import json
from typing import Any

import pytest

from tests.unit.ctl.facts import change, status
from tests.unit.ctl.fake_daemon import FakeDaemon, refused, started, sync
from tests.unit.ctl.runs import Tarsctl


def suite(name: str, *bad: str) -> dict[str, Any]:
    findings = [
        {"id": f"{name}.x", "subject": it, "status": "fail", "summary": "it is gone"} for it in bad
    ]
    return {
        "name": name,
        "verdict": "NO-GO" if bad else "GO",
        "reason": None,
        "fix": None,
        "summary": {"pass": 3, "warn": 0, "fail": len(bad), "skip": 0, "unknown": 0},
        "findings": findings,
    }


@pytest.fixture(autouse=True)
def answers(daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/status", sync(status()))
    daemon.on("GET", "/v1/version", sync({"version": "2.0.0"}))
    daemon.on("POST", "/v1/validation/restart", started("17"))
    told = {"verdict": "GO", "suites": [suite("deployment")], "seconds": 1.0}
    daemon.on("POST", "/v1/validation", sync(told))


def ends(daemon: FakeDaemon, *lost: str) -> None:
    result = {"verdict": "NO-GO" if lost else "GO", "suite": suite("persistence", *lost)}
    daemon.changes("17", change("done", kind="validate", result=result))


def test_what_is_kept_is_a_suite_of_the_report(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    ends(daemon)
    ran = tarsctl("validate", "deployment", "--restart", "--yes", "--json")
    report = json.loads(ran.out)
    assert (ran.status, report["verdict"]) == (0, "GO")
    assert [it["name"] for it in report["suites"]] == ["deployment", "persistence"]
    paths = [it.target for it in daemon.requests if it.method == "POST"]
    assert paths == ["/v1/validation/restart", "/v1/validation"]


def test_what_is_lost_is_no_go_though_all_else_is_well(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    ends(daemon, "redis")
    ran = tarsctl("validate", "--restart", "--yes")
    assert ran.status == 1
    assert "persistence: NO-GO" in ran.out
    assert "redis: it is gone" in ran.out
    assert ran.out.splitlines()[-1].startswith("NO-GO · 6 passed, 1 failed")


def test_without_a_yes_nothing_is_restarted(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    ran = tarsctl("validate", "deployment", "--restart")
    assert (ran.status, ran.out) == (2, "")
    assert "nobody is at the terminal; try: tarsctl validate deployment --restart --yes" in ran.err
    assert not [it for it in daemon.requests if it.method == "POST"]


@pytest.mark.parametrize("name", ["rag", "security"])
def test_another_suite_has_nothing_to_do_with_it(
    tarsctl: Tarsctl, daemon: FakeDaemon, name: str
) -> None:
    ran = tarsctl("validate", name, "--restart", "--yes")
    assert ran.status == 2
    assert "--restart goes with deployment" in ran.err
    assert not [it for it in daemon.requests if it.method == "POST"]


def test_a_refusal_is_told_and_nothing_else_is_asked(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    why = "cannot restart the services to see what they keep: redis: it takes nothing in"
    told = {"kind": "service-not-healthy", "message": why, "fix": "tarsctl doctor"}
    daemon.changes("17", change("undone", kind="validate", error=told))
    ran = tarsctl("validate", "--restart", "--yes")
    assert (ran.status, ran.out) == (1, "")
    assert why in ran.err
    assert not daemon.asked("POST", "/v1/validation")
    busy = refused(409, "change-conflict", "cannot restart: change 3 is running", change="3")
    daemon.on("POST", "/v1/validation/restart", busy)
    assert tarsctl("validate", "--restart", "--yes").status == 5

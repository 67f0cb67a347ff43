"""tarsctl version."""

import json

from tests.tree import ROOT
from tests.unit.ctl.fake_daemon import FakeDaemon, sync
from tests.unit.ctl.runs import Tarsctl

CLIENT = (ROOT / "VERSION").read_text().strip()


def test_both_versions(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    answer = {"version": CLIENT, "pid": 812, "uptime_seconds": 12.5}
    daemon.on("GET", "/v1/version", sync(answer))
    ran = tarsctl("version")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"tarsctl  {CLIENT}\ntarsd    {CLIENT} · pid 812 · up 12 s\n"
    assert tarsctl("--version") == ran


def test_versions_that_differ(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/version", sync({"version": "1.9", "pid": 812, "uptime_seconds": 1}))
    assert tarsctl("version").err == "they differ; try: sudo systemctl restart tarsd\n"


def test_without_a_daemon(tarsctl: Tarsctl) -> None:
    ran = tarsctl("version")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"tarsctl  {CLIENT}\ntarsd    it is not running (no /")
    ran = tarsctl("version", "--json")
    assert ran.status == 0
    assert json.loads(ran.out) == {
        "schema": 1, "client": CLIENT, "daemon": None, "pid": None, "uptime_seconds": None,
    }  # fmt: skip

"""tarsctl models: what is there, where it is loaded, and a removal that says what it means."""

import os

import pytest

from tests.unit.ctl.facts import Json, change, task
from tests.unit.ctl.fake_daemon import FakeDaemon, refused, started, sync
from tests.unit.ctl.runs import Tarsctl, Terminal

GIB = 1 << 30


def model(name: str = "llama3.1:8b", **facts: object) -> Json:
    plain: Json = {
        "name": name,
        "present": True,
        "kept": False,
        "size_bytes": 5 * GIB,
        "digest": "d1",
        "modified": "2026-11-20T01:00:00Z",
        "loaded": None,
    }
    return {**plain, **facts}


def loaded(gpu: int) -> Json:
    return {"size_bytes": 100, "gpu_bytes": gpu, "expires": "2026-11-22T03:17:04.123456789Z"}


def test_list_says_where_each_is(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    models = [
        model("all:1", loaded=loaded(100)),
        model("none:1", loaded=loaded(0)),
        model("some:1", loaded=loaded(63), kept=True),
        model("gone:1", present=False, kept=True, size_bytes=None),
    ]
    daemon.on("GET", "/v1/models", sync({"models": models}))
    ran = tarsctl("models", "list")
    rows = [line.split("  ") for line in ran.out.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells[0] == ["NAME", "SIZE", "KEPT", "LOADED", "UNTIL"]
    assert [row[0] for row in cells[1:]] == ["all:1", "none:1", "some:1", "gone:1"]
    assert [row[3] for row in cells[1:]] == ["GPU", "CPU", "63 % GPU, rest CPU", "missing"]
    assert cells[4][1:3] == ["-", "yes"]
    assert ran.err == "\nNext: tarsctl models pull gone:1\n"


def test_none_yet(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/models", sync({"models": []}))
    ran = tarsctl("models", "list")
    assert (ran.status, ran.out) == (0, "")
    assert "tarsctl models pull" in ran.err


def test_show_tells_each_fact_or_that_it_is_not_known(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    facts: Json = {
        "family": "llama",
        "context_length": 131072,
        "capabilities": ["completion", "tools"],
    }
    bad = "LLAMA\x1b[31m LICENSE"
    daemon.on("GET", "/v1/models/show", sync(model(**facts, license=bad, parameters=None)))
    ran = tarsctl("models", "show", "llama3.1:8b")
    told = dict(line.split(None, 1) for line in ran.out.splitlines())
    assert told["Context"] == "131,072 tokens"
    assert told["Capabilities"] == "completion, tools"
    assert told["Parameters"] == "-"
    assert told["License"] == "LLAMA [31m LICENSE"
    assert daemon.requests[0].target == "/v1/models/show?name=llama3.1:8b"


def test_pull_shows_a_warning_and_still_is_go(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    warning = {"id": "model.too-large", "subject": "m", "summary": "40 GiB", "fix": "a smaller one"}
    result = {"verdict": "GO", "passed": 1, "warnings": [warning], "failures": []}
    daemon.on("POST", "/v1/models/pull", started("17"))
    pulled = task(1, "pull m", "done")
    daemon.changes("17", change("done", pulled, kind="pull-model", result=result))
    ran = tarsctl("models", "pull", "m")
    assert ran.status == 0
    assert "GO · 1 passed, 1 warning" in ran.out
    assert "m: 40 GiB" in ran.out
    assert daemon.asked("POST", "/v1/models/pull")[0].json == {"name": "m"}


@pytest.mark.parametrize("name", ["", "-x", "a b", "../etc", "a?b=c", "a#b", "m:", ":8b"])
def test_what_is_no_name_is_not_sent(tarsctl: Tarsctl, daemon: FakeDaemon, name: str) -> None:
    for verb in ("pull", "show", "rm"):
        assert tarsctl("models", verb, name).status in (2, 4)
    assert not daemon.requests


def test_rm_asks_for_root_first(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    ran = tarsctl("models", "rm", "m")
    assert (ran.status, daemon.requests) == (4, [])
    assert "sudo tarsctl models rm m" in ran.err


def test_rm_of_what_there_is_not(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    missing = refused(404, "model-missing", "cannot show model m: none", "tarsctl models list")
    daemon.on("GET", "/v1/models/show", missing)
    assert tarsctl("models", "rm", "m").status == 2


def test_rm_needs_a_yes(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    daemon.on("GET", "/v1/models/show", sync(model()))
    daemon.on("POST", "/v1/models/remove", started("17"))
    daemon.changes("17", change("done", kind="remove-model", summary="remove model llama3.1:8b"))
    ran = tarsctl("models", "rm", "llama3.1:8b")
    assert ran.status == 2
    assert "try: tarsctl models rm llama3.1:8b --yes" in ran.err
    assert not daemon.asked("POST", "/v1/models/remove")
    assert tarsctl("models", "rm", "llama3.1:8b", "--yes").status == 0
    assert daemon.asked("POST", "/v1/models/remove")[0].json == {"name": "llama3.1:8b"}


def test_rm_says_that_it_is_loaded_and_kept(
    daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("the command asks for root")
    daemon.on("GET", "/v1/models/show", sync(model(kept=True, loaded=loaded(100))))
    terminal = Terminal("models", "rm", "llama3.1:8b")
    terminal.wait_for("Go ahead? [y/N]")
    assert "removes llama3.1:8b (5 GiB)" in terminal.text
    assert "it is in memory now (GPU)" in terminal.text
    assert "the next tarsctl install pulls it again" in terminal.text
    terminal.press("\n")
    assert terminal.finish() == 1
    assert "nothing was changed" in terminal.text
    assert not daemon.asked("POST", "/v1/models/remove")

"""Starting and watching changes."""

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tarsd.ctl import follow
from tests.unit.ctl.facts import Json, change, service, task, verdict
from tests.unit.ctl.fake_daemon import FakeDaemon, Request, refused, started, sync
from tests.unit.ctl.runs import Tarsctl

if TYPE_CHECKING:
    from tarsd.ctl.shapes import Change

BASE = "/v1/changes/17"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits as long as a person's eye needs."""
    monkeypatch.setattr(follow, "PAUSE_SECONDS", 0.01)


def stages() -> "list[Change]":
    stop, remember = "stop redis", "note that redis is wanted stopped"
    return [
        change("doing", task(1, remember, "doing"), task(2, stop)),
        change("doing", task(1, remember, "done"), task(2, stop, "doing")),
        change("done", task(1, remember, "done"), task(2, stop, "done")),
    ]


@pytest.mark.parametrize("action", ["start", "stop", "restart"])
def test_one_line_per_task(tarsctl: Tarsctl, daemon: FakeDaemon, action: str) -> None:
    daemon.on("POST", "/v1/services", started("17"))
    daemon.changes("17", *stages())
    ran = tarsctl(action, "redis", "postgres")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == (
        "  1/2  note that redis is wanted stopped  done in 12 s\n"
        "  2/2  stop redis                         done in 12 s\n"
        "done: stop redis · 3 min 12 s\n"
    )
    (asked,) = daemon.asked("POST", "/v1/services")
    assert asked.json == {"action": action, "services": ["redis", "postgres"]}


def test_flags_may_stand_between_services(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/services", started("17"))
    daemon.changes("17", *stages())
    tarsctl("stop", "redis", "--timeout", "5", "-q", "postgres")
    assert daemon.asked("POST", "/v1/services")[0].json["services"] == ["redis", "postgres"]


def test_waits_from_the_revision_it_knows(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.changes("17", change("doing", revision=41), change("done", revision=42))
    assert tarsctl("watch", "17").status == 0
    assert [each.target for each in daemon.asked("GET", f"{BASE}/wait")] == [
        f"{BASE}/wait?after=41&timeout=30.0"
    ]


def test_quiet_says_nothing_when_all_went_well(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.changes("17", *stages())
    ran = tarsctl("watch", "17", "--quiet")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_json_is_the_ended_change(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.changes("17", *stages())
    ran = tarsctl("watch", "17", "--json")
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out) == {"schema": 1, **stages()[-1]}


def test_no_wait_tells_how_to_watch(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/services", started("17"))
    daemon.changes("17", *stages())
    ran = tarsctl("stop", "--no-wait")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "change 17 is started; watch it with: tarsctl watch 17\n"
    ran = tarsctl("stop", "--no-wait", "--json")
    assert json.loads(ran.out) == {"schema": 1, **stages()[0]}


def failed(**facts: object) -> "Change":
    detail = "the Engine says: port is already allocated"
    steps = [
        task(1, "create the network", "done"),
        task(2, "start redis", "failed", detail=detail),
        task(1, "create the network", "undone"),
    ]
    return change("undone", *steps, summary="start redis", **facts)


def test_failed_change_tells_why_and_what_to_try(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    message = "cannot start redis: 127.0.0.1:6379 is held by redis-server (pid 812)"
    error = {"kind": "not-allowed", "message": message, "fix": "sudo systemctl stop redis-server"}
    daemon.changes("17", failed(error=error))
    ran = tarsctl("watch", "17")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        "  1/3  create the network  done in 12 s\n"
        "  2/3  start redis         failed in 12 s: the Engine says: port is already allocated\n"
        "  1/3  create the network  undone\n"
        f"tarsctl: {message}; try: sudo systemctl stop redis-server\n"
    )


def test_reason_of_a_failed_change_is_told_once_with_its_fix(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    """The verdict that tarsd gives every failed change holds the same as its error."""
    message, fix = "cannot install the stack: Compose says: no such network", "tarsctl status"
    error = {"kind": "stack-invalid", "message": message, "fix": fix}
    failures = [{"id": "stack-invalid", "subject": "start", "summary": message, "fix": fix}]
    warnings = [{"id": "memory.small", "subject": "memory", "summary": "15.4 GiB"}]
    end = verdict("NO-GO", failures=failures, warnings=warnings, open=[], next=[])
    for kind, status in (("install", "undone"), ("start", "needs-owner")):
        daemon.changes("17", change(status, kind=kind, error=error, result=end))
        ran = tarsctl("watch", "17")
        assert ran.status == 1
        assert ran.out.startswith("NO-GO · 21 passed, 1 warning, 1 failed · 3 min 12 s\n")
        assert "memory.small" in ran.out
        assert (ran.out + ran.err).count(message) == (ran.out + ran.err).count(fix) == 1
        assert ("not all of it could be undone" in ran.err) == (status == "needs-owner")


def test_one_failure_and_nothing_else_needs_no_verdict(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    error = {"kind": "internal", "message": "cannot start redis: the disk is full", "fix": "df -h"}
    alone = {"id": "internal", "subject": "start", "summary": error["message"], "fix": "df -h"}
    daemon.changes("17", change("undone", error=error, result=verdict("NO-GO", failures=[alone])))
    ran = tarsctl("watch", "17")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "tarsctl: cannot start redis: the disk is full; try: df -h\n"


def test_several_failures_are_told_above_and_counted_in_the_last_line(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    failures = [
        {"id": "port.taken", "subject": "8080", "summary": "held by nginx", "fix": "stop it"},
        {"id": "docker.down", "subject": "engine", "summary": "does not answer", "fix": "start it"},
    ]
    error = {"kind": "preflight-failed", "message": "cannot install: port.taken: 8080: held by nginx"
             " (and 1 more)", "fix": "stop it"}  # fmt: skip
    end = verdict("NO-GO", failures=failures, open=[], next=[])
    daemon.changes("17", change("undone", summary="install", error=error, result=end))
    ran = tarsctl("watch", "17")
    assert ran.err == "\ntarsctl: cannot install: 2 failures, told above\n"
    assert ran.out.count("held by nginx") == ran.out.count("fix: stop it") == 1


def test_failed_change_without_a_reason(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.changes("17", failed())
    ran = tarsctl("watch", "17", "-q")
    assert ran.status == 1
    assert ran.err == (
        "tarsctl: cannot start redis: change 17 ended undone; try: tarsctl tasks 17\n"
    )


def test_failed_change_as_json(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    error: Json = {"kind": "internal", "message": "cannot start redis", "fix": None, "details": {}}
    daemon.changes("17", failed(error=error))
    ran = tarsctl("watch", "17", "--json")
    assert ran.status == 1
    assert json.loads(ran.out)["error"] == error


def test_timeout_leaves_the_change_running(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.changes("17", change("doing"))
    ran = tarsctl("watch", "17", "--timeout", "0.05")
    assert ran.status == 6
    assert ran.err == (
        "tarsctl: cannot wait for change 17 (stop redis) any longer: it is still running "
        "after 0.05 s; try: tarsctl watch 17\n"
    )
    ran = tarsctl("watch", "17", "--timeout", "0.05", "--json")
    assert json.loads(ran.out)["error"]["kind"] == "still-running"
    assert json.loads(ran.out)["error"]["details"] == {"change": "17"}


@pytest.fixture
def east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An owner whose clock is two hours before UTC's."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EET-2")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("east")
def test_conflict_names_the_running_change_and_since_when_on_the_owners_clock(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    message = "cannot stop redis: change 16 (install) is running"
    answer = refused(
        *(409, "change-conflict", message, "tarsctl watch 16"),
        change="16",
        since="2025-11-22T12:03:00.000Z",
    )
    daemon.on("POST", "/v1/services", answer)
    ran = tarsctl("stop", "redis")
    assert ran.status == 5
    assert ran.err == f"tarsctl: {message} since 2025-11-22 14:03; try: tarsctl watch 16\n"


def test_bears_a_restart_of_the_daemon(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    back = threading.Event()

    def wait(_request: Request) -> bytes:
        if back.is_set():
            return sync(change("done"))
        back.set()
        return b""

    daemon.on("GET", BASE, sync(change("doing")))
    daemon.on("GET", f"{BASE}/wait", wait)
    ran = tarsctl("watch", "17")
    assert ran.status == 0
    assert ran.err.splitlines()[:2] == [
        "tarsd does not answer; the change is on disk, waiting for tarsd ...",
        "tarsd is back",
    ]


def test_gives_up_on_a_daemon_that_stays_away(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "RETURN_SECONDS", 0.05)
    daemon.on("GET", BASE, sync(change("doing")))
    daemon.on("GET", f"{BASE}/wait", b"")
    ran = tarsctl("watch", "17")
    assert ran.status == 3
    assert "cannot watch change 17: tarsd has not answered for" in ran.err


def test_interrupt_without_a_terminal_leaves_the_change(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ctrl_c(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", ctrl_c)
    daemon.changes("17", change("doing"))
    ran = tarsctl("watch", "17")
    assert ran.status == 130
    assert ran.err == (
        "tarsctl: cannot watch change 17 any longer: interrupted; it goes on; "
        "try: tarsctl watch 17\n"
    )
    assert not daemon.asked("POST", f"{BASE}/abort")


def test_watching_an_installation_ends_with_its_verdict(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.changes("17", change("done", kind="install", result=verdict()))
    ran = tarsctl("watch", "17")
    assert ran.status == 0
    assert ran.out.startswith("GO · 21 passed · 3 min 12 s\n")


def test_verdict_of_a_start_is_told_only_where_something_is_to_be_mended(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.changes("17", change("done", summary="start redis", result=verdict()))
    ran = tarsctl("watch", "17")
    assert (ran.status, ran.out, ran.err) == (0, "", "done: start redis · 3 min 12 s\n")
    unwell = {"id": "service.health", "subject": "redis", "summary": "not healthy", "fix": None}
    end = verdict("NO-GO", failures=[unwell], open=[], next=[])
    daemon.changes("17", change("done", result=end))
    ran = tarsctl("watch", "17")
    assert ran.status == 1
    assert "  fail  service.health  redis: not healthy\n" in ran.out


def test_list_of_changes(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    changes = [change("doing", id="18", kind="install", summary=None), change("undone")]
    daemon.on("GET", "/v1/changes", sync({"changes": changes}))
    lines = tarsctl("changes").out.splitlines()
    assert lines[0].split() == ["ID", "STATUS", "STARTED", "TOOK", "SUMMARY"]
    assert re.fullmatch(r"18  doing   \S.*  -           install", lines[1])
    assert re.fullmatch(r"17  undone  \S.*  3 min 12 s  stop redis", lines[2])
    assert json.loads(tarsctl("changes", "--json").out)["schema"] == 1


def test_no_changes_yet(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/changes", sync({"changes": []}))
    ran = tarsctl("changes")
    assert (ran.status, ran.out, ran.err) == (0, "", "no changes yet\n")


def test_tasks_of_a_failed_change(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    error = {"message": "cannot start redis: the port is taken", "fix": "tarsctl status"}
    daemon.on("GET", BASE, sync(failed(error=error, started=None)))
    assert (
        tarsctl("tasks", "17").out
        == """\
change 17 · start redis · undone

TASK  STATUS  TOOK  SUMMARY             DETAIL
1     done    12 s  create the network
2     failed  12 s  start redis         the Engine says: port is already allocated
1     undone  12 s  create the network

Error  cannot start redis: the port is taken
Fix    tarsctl status
"""
    )
    assert json.loads(tarsctl("tasks", "17", "--json").out)["id"] == "17"


def test_tasks_of_a_change_that_needs_its_owner_say_what_is_left_to_do(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    why, what = "cannot bring back tars_redis: it is gone", "restore a backup of yours"
    left = task(1, "remove volumes", "failed", detail=why, error={"message": why, "fix": what})
    error = {"message": "cannot uninstall: the disk is full", "fix": "df -h"}
    daemon.on("GET", BASE, sync(change("needs-owner", left, error=error)))
    out = tarsctl("tasks", "17").out
    assert f"1     failed  12 s  remove volumes  {why}\n" in out
    assert out.endswith(f"Fix    df -h\n\nTo do  task 1: {what}\n")


def test_unknown_service(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    names = ", ".join(service(name)["name"] for name in ("postgres", "redis"))
    message = f'cannot stop "reddis": there is no such service, only {names}'
    daemon.on("POST", "/v1/services", refused(404, "unknown-service", message, "tarsctl status"))
    ran = tarsctl("stop", "reddis")
    assert (ran.status, ran.err) == (2, f"tarsctl: {message}; try: tarsctl status\n")


@pytest.mark.parametrize(
    ("statuses", "asked"), [(("doing", "done"), "17"), (("done", "doing"), "16"), (("done",), "17")]
)
def test_without_a_number_the_one_at_work_is_watched_or_the_last(
    tarsctl: Tarsctl, daemon: FakeDaemon, statuses: tuple[str, ...], asked: str
) -> None:
    """What `--no-wait` had started, without looking its number up."""
    listed = [change(status, id=str(17 - place)) for place, status in enumerate(statuses)]
    daemon.on("GET", "/v1/changes", sync({"changes": listed}))
    daemon.changes(asked, change("done", task(1, "stop redis", "done"), id=asked))
    assert tarsctl("watch").status == 0
    assert tarsctl("tasks").out.startswith(f"change {asked} ·")


@pytest.mark.parametrize("command", ["watch", "tasks"])
def test_without_any_change_there_is_nothing_to_look_at(
    tarsctl: Tarsctl, daemon: FakeDaemon, command: str
) -> None:
    daemon.on("GET", "/v1/changes", sync({"changes": []}))
    ran = tarsctl(command)
    assert (ran.status, ran.err) == (
        1,
        "tarsctl: cannot find a change: there was none yet; try: tarsctl status\n",
    )

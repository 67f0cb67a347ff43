"""What comes in between at every task of an install, on a real Engine: the daemon's end, Ctrl-C, a stranger, a second one.

Each task is met when its work is done and nothing says so yet: the moment at which most could go wrong.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

import pytest

from tarsd.operations import install
from tests.integration.home import Home
from tests.unit.ctl.runs import Terminal

pytestmark = pytest.mark.timeout(120)

SERVICES = {"chromadb", "ollama", "postgres", "redis"}
TASKS = [task.kind for task in install.plan({}, pull=False)]
QUICK = 5.0  # seconds from SIGTERM to the daemon's end; the bar of 2 s is for a machine that does only this
LEAST = 10  # seconds: the shortest start.deadline there is
MODEL = "llama3.1:8b"
SLOW = {"pull_bytes": 64 << 20, "pull_rate": 1 << 20}


@pytest.fixture
def home(running: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Nothing is installed, but images and volumes are there, whatever the test before left."""
    running.hold.release()
    if not running.is_up():
        running.start()
    if not running.volumes():  # a first start of PostgreSQL that is cut off is another story
        running.finish(begin(running))
    if running.get("/v1/status")["installed"]:
        running.change("/v1/uninstall")
    for answers in running.paths.conf_d.glob("50-*"):
        answers.unlink()
    monkeypatch.setenv("TARS_SOCKET", str(running.paths.socket))
    monkeypatch.setenv("NO_COLOR", "1")
    own = running.paths.override.read_text(), running.paths.settings.read_text()
    yield running
    running.hold.release()
    running.paths.override.write_text(own[0])
    running.paths.settings.write_text(own[1])


def begin(home: Home) -> str:
    return home.begin("/v1/install", pull=False, skip_nas=True, with_frontend=False)


def begin_held(home: Home, task: str) -> str:
    home.hold.at(task)
    number = begin(home)
    home.wait_held(number)
    return number


def insist_on_nothing_left(home: Home) -> None:
    assert not home.get("/v1/status")["installed"]
    assert home.containers() == {}
    assert home.networks() == set()
    assert [it.name for it in home.paths.conf_d.glob("50-*")] == []
    assert not [it for it in home.paths.state.rglob("*") if it.name.startswith(".")]


def ctrl_c(number: str, answer: str) -> tuple[int, str]:
    """Watch a change as its owner does, interrupt, and answer the question; the exit status and what was shown."""
    terminal = Terminal("watch", number, columns=120)
    terminal.wait_for(f"of {len(TASKS)} tasks")
    terminal.press("\x03")
    terminal.wait_for("abort the change? [y/N]")
    terminal.press(answer)
    return terminal.finish(), terminal.text


def test_sigterm_at_every_task_of_one_install(home: Home) -> None:
    number = begin_held(home, TASKS[0])
    for task in [*TASKS[1:], None]:
        began = time.monotonic()
        assert home.stop() == 0, home.said("it did not end well")
        assert time.monotonic() - began < QUICK
        if task is None:
            home.hold.release()
        else:
            home.hold.at(task)
        home.start()
        if task is not None:
            home.wait_held(number)
    assert home.finish(number)["status"] == "done"
    assert set(home.containers()) == SERVICES


def test_ctrl_c_and_a_no_at_every_task_of_one_install(home: Home) -> None:
    number = begin_held(home, TASKS[0])
    for task in [*TASKS[1:], None]:
        status, shown = ctrl_c(number, "n\n")
        assert status == 130
        assert f"tarsctl watch {number}" in shown
        if task is not None:
            home.hold.at(task)
            home.wait_held(number)
    home.hold.release()
    assert home.finish(number)["status"] == "done"
    assert set(home.containers()) == SERVICES


@pytest.mark.parametrize("task", [task for task in TASKS if task != "models"])
def test_ctrl_c_and_a_yes(home: Home, task: str) -> None:
    secrets = {it.name for it in home.paths.secrets.glob("*")}
    volumes = home.volumes()
    number = begin_held(home, task)
    status, shown = ctrl_c(number, "y\n")
    assert status == 130
    assert f"cannot finish change {number} (install the stack): you aborted it; it is undone" in (
        " ".join(shown.split())
    )
    insist_on_nothing_left(home)
    assert home.volumes() >= volumes
    assert {it.name for it in home.paths.secrets.glob("*")} >= secrets


def test_ctrl_c_and_a_yes_while_a_model_comes_ends_the_download_and_keeps_the_stack(
    home: Home,
) -> None:
    home.hold.at("apply")
    answers = {"pull": False, "skip_nas": True, "with_frontend": False, "models": [MODEL]}
    number = home.begin("/v1/install", **answers)
    home.wait_held(number)
    where = f"http://127.0.0.1:{home.ports['ollama']}/double/scenario"
    urlopen(Request(where, json.dumps(SLOW).encode()), timeout=5).close()
    home.hold.release()
    while home.get(f"/v1/changes/{number}")["tasks"][-1]["unit"] != "bytes":
        time.sleep(0.05)
    status, _ = ctrl_c(number, "y\n")
    assert status == 130
    change = home.finish(number)
    assert (change["status"], change["result"]["verdict"]) == ("done", "NO-GO")
    (failure,) = change["result"]["failures"]
    assert (failure["id"], failure["subject"]) == ("model.missing", MODEL)
    assert set(home.containers()) == SERVICES


def test_a_port_that_is_taken_after_the_preflight_names_who_took_it(home: Home) -> None:
    number = begin_held(home, "preflight")
    with socket.create_server(("127.0.0.1", home.ports["redis"])):
        home.hold.release()
        change = home.finish(number)
    assert change["status"] == "undone"
    assert change["error"]["kind"] == "port-taken"
    (failure,) = change["result"]["failures"]
    assert (failure["id"], failure["subject"]) == ("port.taken", f"port {home.ports['redis']}")
    assert f"(pid {os.getpid()}" in failure["summary"]
    assert failure["summary"].endswith("; redis cannot start")
    assert "set ports.redis in" in failure["fix"]
    insist_on_nothing_left(home)
    assert home.finish(begin(home))["status"] == "done"


def test_a_service_that_never_gets_healthy_is_named_in_time_and_undone(home: Home) -> None:
    override = json.loads(home.paths.override.read_text())
    override["services"]["redis"]["command"] = ["sh", "-c", "echo I am lazy; sleep 1000"]
    home.paths.override.write_text(json.dumps(override))
    with home.paths.settings.open("a") as settings:
        settings.write(f"[start]\ndeadline = {LEAST}\n")
    began = time.monotonic()
    change = home.finish(begin(home))
    assert LEAST <= time.monotonic() - began < LEAST + 40
    assert change["status"] == "undone"
    (failure,) = change["result"]["failures"]
    assert (failure["id"], failure["subject"]) == ("service.unhealthy", "redis")
    assert failure["fix"] == "tarsctl logs redis"
    assert change["result"]["verdict"] == "NO-GO"
    assert change["error"]["message"].startswith("cannot get redis healthy: ")
    assert change["error"]["message"].endswith("; it said: I am lazy")
    insist_on_nothing_left(home)


def test_of_two_installs_at_once_one_runs_and_the_other_is_told_so(home: Home) -> None:
    home.hold.at("settings")
    body = {"pull": False, "skip_nas": True, "with_frontend": False}
    with ThreadPoolExecutor(2) as hands:
        asked = [hands.submit(home.ask, "/v1/install", **body) for _ in range(2)]
        answers = [it.result() for it in asked]
    kinds = sorted(it["type"] for it in answers)
    assert kinds == ["async", "error"], answers
    number = next(it["change"] for it in answers if it["type"] == "async")
    error = next(it["error"] for it in answers if it["type"] == "error")
    assert (error["kind"], error["fix"]) == ("change-conflict", f"tarsctl watch {number}")
    home.wait_held(number)
    assert home.ask("/v1/install", **body)["error"]["kind"] == "change-conflict"
    home.hold.release()
    assert home.finish(number)["status"] == "done"

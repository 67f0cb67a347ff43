"""Answers on a closed terminal: whoever cannot be asked has not said yes, and what runs goes on."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.tree import ROOT
from tests.unit.ctl.facts import change, plan, task
from tests.unit.ctl.fake_daemon import FakeDaemon, started, sync
from tests.unit.ctl.runs import PROGRAM, Terminal

QUESTIONS = [{"answer": "with_frontend", "about": "port 8080"}]
HANGUP = -signal.SIGHUP


@pytest.fixture(autouse=True)
def answering(daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/version", sync({"version": "2.0.0", "pid": 1, "uptime_seconds": 1}))
    daemon.on("POST", "/v1/install/plan", sync(plan(questions=QUESTIONS)))
    daemon.on("POST", "/v1/install", started("17"))
    daemon.changes("17", change("doing", task(1, "render", "doing")))


@pytest.mark.parametrize("stdin", ["</dev/null", "<&-", "<yes.txt", "</dev/full"])
def test_an_install_without_a_terminal_is_not_begun(
    daemon: FakeDaemon, tmp_path: Path, stdin: str
) -> None:
    """A file full of yeses is no terminal either: it was made before anybody knew the questions."""
    (tmp_path / "yes.txt").write_text("y\n" * 10)
    where = stdin.replace("yes.txt", str(tmp_path / "yes.txt"))
    command = ["sh", "-c", f'exec "$@" {where}', "sh", *PROGRAM, "install"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert ran.returncode == 2
    assert ran.stderr == (
        "tarsctl: cannot install without a yes: nobody is at the terminal; "
        "try: tarsctl install --yes\n"
    )
    assert not daemon.asked("POST", "/v1/install")


@pytest.mark.parametrize("answered", [0, 1])
def test_a_terminal_that_is_closed_at_a_question_begins_nothing(
    daemon: FakeDaemon, answered: int
) -> None:
    terminal = Terminal("install")
    terminal.wait_for("A web UI, on port 8080? [Y/n]")
    if answered:
        terminal.press("\n")
        terminal.wait_for("Go ahead? [Y/n]")
    assert terminal.hang_up() == HANGUP
    assert not daemon.asked("POST", "/v1/install")


def test_one_that_is_closed_half_way_through_an_answer_begins_nothing(daemon: FakeDaemon) -> None:
    """What was typed without Enter is no answer."""
    terminal = Terminal("install")
    terminal.wait_for("A web UI, on port 8080? [Y/n]")
    terminal.press("\n")
    terminal.wait_for("Go ahead? [Y/n]")
    terminal.press("y")
    assert terminal.hang_up() == HANGUP
    assert not daemon.asked("POST", "/v1/install")


def test_the_end_of_input_at_the_last_question_begins_nothing(daemon: FakeDaemon) -> None:
    terminal = Terminal("install")
    terminal.wait_for("A web UI, on port 8080? [Y/n]")
    terminal.press("\n")
    terminal.wait_for("Go ahead? [Y/n]")
    terminal.press("\x04")
    assert terminal.finish() == 1
    assert "cannot install without a yes: nothing was changed" in terminal.text
    assert not daemon.asked("POST", "/v1/install")


def test_one_that_is_closed_under_nohup_says_no(daemon: FakeDaemon) -> None:
    """Whoever ignores the hang-up meets an input that cannot be read."""
    terminal = Terminal("install", ignored=(signal.SIGHUP,))
    terminal.wait_for("A web UI, on port 8080? [Y/n]")
    assert terminal.hang_up() == 1
    assert not daemon.asked("POST", "/v1/install")


def test_one_that_is_closed_while_watching_leaves_the_change(daemon: FakeDaemon) -> None:
    terminal = Terminal("watch", "17")
    terminal.wait_for("0 of 1 tasks")
    assert terminal.hang_up() == HANGUP
    assert not daemon.asked("POST", "/v1/changes/17/abort")

"""tarsctl on a terminal: bars, colours, questions and Ctrl-C."""

import threading
from pathlib import Path

import pytest

from tests.unit.ctl.facts import change, plan, status, task, verdict
from tests.unit.ctl.fake_daemon import FakeDaemon, Request, started, sync
from tests.unit.ctl.image_archive import image_archive
from tests.unit.ctl.runs import Terminal

BASE = "/v1/changes/17"


@pytest.fixture(autouse=True)
def answering(daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/version", sync({"version": "2.0.0", "pid": 1, "uptime_seconds": 1}))
    daemon.on("GET", "/v1/status", sync(status()))
    daemon.on("POST", "/v1/images/load", sync({"loaded": ["redis:8.10.1"]}))
    daemon.on("POST", "/v1/install/plan", sync(plan()))
    for target in ("/v1/install", "/v1/uninstall"):
        daemon.on("POST", target, started("17"))
    daemon.changes("17", change("done", task(1, "render", "done")))


def test_status_is_coloured_and_fits() -> None:
    terminal = Terminal("status", columns=80)
    assert terminal.finish() == 0
    assert "\x1b[32mhealthy\x1b[0m" in terminal.raw
    assert "118 MiB / 2 GiB" not in terminal.text
    assert max(map(len, terminal.text.splitlines())) <= 80


@pytest.mark.parametrize("flag", ["--no-color", "NO_COLOR"])
def test_colour_can_be_refused(monkeypatch: pytest.MonkeyPatch, flag: str) -> None:
    if flag == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal("status", *([flag] if flag.startswith("-") else []))
    assert terminal.finish() == 0
    assert "\x1b[" not in terminal.raw


def test_installation_asks_then_shows_its_progress(daemon: FakeDaemon, tmp_path: Path) -> None:
    archive = tmp_path / "images.tar"
    archive.write_bytes(image_archive())
    pull = task(2, "pull redis:8.10.1", "doing", done=50 << 20, total=100 << 20, unit="bytes")
    daemon.changes(
        "17",
        change("doing", task(1, "render", "done"), pull),
        change(
            "done",
            task(1, "render", "done"),
            task(2, "pull", "done"),
            kind="install",
            result=verdict(),
        ),
    )
    terminal = Terminal("install", "--skip-nas", "--image-archive", str(archive), columns=110)
    terminal.wait_for("This would\n  Images    pull  redis:8.10.1\n")
    terminal.wait_for("GO · 15 passed\n\nGo ahead? [Y/n]")
    assert not daemon.asked("POST", "/v1/images/load")
    terminal.press("\n")
    assert terminal.finish() == 0
    assert "100 %  10 of 10 KiB" in terminal.text
    assert "  2/2  pull redis:8.10.1  ━━━━━━━━━━━━              " in terminal.text
    assert "       1 of 2 tasks       ━━━━━━━━━━━━━━━━━━         75 %" in terminal.text
    assert terminal.text.endswith("Next  tarsctl status\n")


def test_no_is_no(daemon: FakeDaemon) -> None:
    terminal = Terminal("install")
    terminal.wait_for("[Y/n]")
    terminal.press("n\n")
    assert terminal.finish() == 1
    assert "cannot install without a yes: nothing was changed" in terminal.text
    assert not daemon.asked("POST", "/v1/install")


def test_ctrl_c_at_a_question(daemon: FakeDaemon) -> None:
    terminal = Terminal("install")
    terminal.wait_for("[Y/n]")
    terminal.press("\x03")
    assert terminal.finish() == 130
    assert not daemon.asked("POST", "/v1/install")


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "\x03"])
def test_ctrl_c_while_watching_leaves_the_change(daemon: FakeDaemon, answer: str) -> None:
    daemon.changes("17", change("doing", task(1, "render", "doing")))
    terminal = Terminal("watch", "17")
    terminal.wait_for("0 of 1 tasks")
    terminal.press("\x03")
    terminal.wait_for("abort the change? [y/N]")
    terminal.press(answer)
    assert terminal.finish() == 130
    assert "interrupted; it goes on; try: tarsctl watch 17" in terminal.text.replace("\n  ", "; ")
    assert not daemon.asked("POST", f"{BASE}/abort")


def test_ctrl_c_while_watching_can_abort(daemon: FakeDaemon) -> None:
    aborted = threading.Event()

    def now(_request: Request) -> bytes:
        return sync(change("undone" if aborted.is_set() else "doing", task(1, "render", "doing")))

    def abort(_request: Request) -> bytes:
        aborted.set()
        return sync(change("undoing"))

    daemon.on("GET", BASE, now)
    daemon.on("GET", f"{BASE}/wait", now)
    daemon.on("POST", f"{BASE}/abort", abort)
    terminal = Terminal("watch", "17")
    terminal.wait_for("0 of 1 tasks")
    terminal.press("\x03")
    terminal.wait_for("[y/N]")
    terminal.press("y\n")
    assert terminal.finish() == 130
    assert "cannot finish change 17 (stop redis): you aborted it; it is undone" in terminal.text


@pytest.mark.parametrize(
    ("purge", "question", "answer", "sent"),
    [
        (False, "Go ahead? [y/N]", "y\n", {"purge_data": False, "machine": None}),
        (False, "Go ahead? [y/N]", "\n", None),
        (True, "the machine's name (attic)", "attic\n", {"purge_data": True, "machine": "attic"}),
        (True, "the machine's name (attic)", "yes\n", None),
        (True, "the machine's name (attic)", "\n", None),
    ],
)
def test_uninstall_says_what_goes_and_what_stays(
    daemon: FakeDaemon,
    monkeypatch: pytest.MonkeyPatch,
    purge: bool,
    question: str,
    answer: str,
    sent: object,
) -> None:
    terminal = Terminal("uninstall", *(["--purge-data"] if purge else []), columns=100)
    terminal.wait_for(question)
    removed, _, kept = terminal.text.partition("and keeps")
    assert "ollama, chromadb, postgres, redis" in removed
    assert ("volumes" in removed, "volumes" in kept) == (purge, not purge)
    assert "/etc/tars-home" in kept
    terminal.press(answer)
    assert (terminal.finish() == 0) == (sent is not None)
    assert [each.json for each in daemon.asked("POST", "/v1/uninstall")] == ([sent] if sent else [])


def test_long_error_puts_its_fix_on_a_line_of_its_own(daemon: FakeDaemon) -> None:
    daemon.path.unlink()
    terminal = Terminal("status", columns=60)
    assert terminal.finish() == 3
    assert terminal.text.endswith("\n  try: sudo systemctl start tarsd\n")

"""packaging/tarsctl, the program that is installed as /usr/bin/tarsctl."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tree import ROOT
from tests.unit.ctl.facts import status
from tests.unit.ctl.fake_daemon import FakeDaemon, sync
from tests.unit.ctl.runs import PROGRAM

INSTALLED = "/usr/lib/tars-home/python"
DEAR = {"typing", "dataclasses", "pathlib", "shutil", "http", "ssl", "asyncio", "urllib", "inspect"}


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    """How the program is started here, where nothing is installed."""
    text = (ROOT / "packaging/tarsctl").read_text()
    assert text.count(INSTALLED) == 1
    path = tmp_path / "tarsctl"
    path.write_text(text.replace(INSTALLED, str(ROOT)))
    return [sys.executable, *text.splitlines()[0].split()[1:], str(path)]


def test_everything_it_writes_arrives(program: list[str], daemon: FakeDaemon) -> None:
    many = [{"id": f"test.{number}", "message": "x" * 200} for number in range(2000)]
    daemon.on("GET", "/v1/status", sync(status(problems=many)))
    done = subprocess.run([*program, "status", "--json"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b'"test.') == 2000


@pytest.mark.parametrize(
    ("line", "exit_status", "out", "err"),
    [
        ("version -h", 0, "usage: tarsctl version", ""),
        ("stauts", 2, "", "tarsctl: cannot run"),
        ("status", 3, "", "tarsctl: cannot reach tarsd"),
    ],
)
def test_exit_status(program: list[str], line: str, exit_status: int, out: str, err: str) -> None:
    done = subprocess.run([*program, *line.split()], capture_output=True, text=True, check=False)
    assert done.returncode == exit_status
    assert done.stdout.startswith(out)
    assert done.stderr.startswith(err)


@pytest.mark.parametrize("line", ["version", "--help", "logs -h"])
def test_full_disk_is_told(program: list[str], line: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*program, *line.split()], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "tarsctl: cannot finish: [Errno 28] No space left on device\n"


def test_status_imports_nothing_dear(program: list[str], daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/status", sync(status()))
    timed = [*program[:-1], "-X", "importtime", program[-1], "status"]
    told = subprocess.run(timed, capture_output=True, text=True, check=True).stderr
    imported = {line.rpartition("|")[2].strip() for line in told.splitlines()}
    assert "tarsd.ctl.status_screen" in imported
    assert not imported & DEAR


def test_terminal_without_unicode(daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/status", sync(status()))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*PROGRAM, "status"], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"attic: healthy ? 4 of 4")

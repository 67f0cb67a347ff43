"""tarsctl in this process, or as a program on a terminal, against a fake daemon."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarsd.ctl.main import main
from tests.unit.ctl.fake_daemon import FakeDaemon
from tests.unit.ctl.runs import Ran, Tarsctl


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No owner's environment reaches a test: no socket but its own, no colour, UTC."""
    monkeypatch.setenv("TARS_SOCKET", str(tmp_path / "tarsd.sock"))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    """A daemon on TARS_SOCKET."""
    fake = FakeDaemon(Path(os.environ["TARS_SOCKET"]))
    yield fake
    fake.stop()


@pytest.fixture
def tarsctl(capfd: pytest.CaptureFixture[str]) -> Tarsctl:
    """Runs one command line in this process, with nobody at the terminal."""

    def run(*words: str) -> Ran:
        status = main(words)
        out, err = capfd.readouterr()
        return Ran(status, out, err)

    return run

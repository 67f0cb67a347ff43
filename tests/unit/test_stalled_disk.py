"""A disk that stalls under a real tarsd, on a clock that does not jump: it lives, answers, refuses, and takes over later."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.ctl.daemon import Daemon
from tarsd.ctl.errors import RefusedError
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tests.tree import ROOT
from tests.unit.disks import RealDisk

TARSD = """
import asyncio, sys
from pathlib import Path
from tarsd import app, configured, heartbeat, upkeep
from tarsd.operations import settle
from tarsd.paths import Paths
from tarsd.store import database
from tests.integration.jobs import SubprocessJobs

heartbeat.BEAT, upkeep.LOOK_EVERY, configured.DEADLINE = 0.5, 0.5, 0.5
app.TAKE_OVER, database.DEADLINE, database.SETTLE = 1.0, 0.4, 0.2
root, state = map(Path, sys.argv[1:])
paths = Paths(etc=root / "etc", share=root / "share", state=state, run=root)
settle.LONGEST = 1.0  # there is no Engine to wait for
asyncio.run(app.App(paths, engine_socket=str(root / "no.sock"), jobs=SubprocessJobs(), plugins=[]).run())
"""

LONGEST_SILENCE = 3.0
"""Seconds between beats: half a second, and a status whose parts each wait 1.3 s for the disk."""

INSTALL = {"skip_nas": None, "cpu_only": None, "with_frontend": None, "pull": False}


class Running:
    """A tarsd of its own process, with its clock run fast: a beat and a disk's patience are half a second."""

    def __init__(self, root: Path, state: Path) -> None:
        self.client = Daemon(str(root / "tarsd.sock"))
        self.beats: list[float] = []
        self.ready = threading.Event()
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(root / "notify"))
        threading.Thread(target=self._listen, daemon=True).start()
        self.process = subprocess.Popen(
            [sys.executable, "-c", TARSD, root, state],
            cwd=ROOT,
            env={**os.environ, "NOTIFY_SOCKET": str(root / "notify")},
        )

    def trouble(self) -> str:
        """What the status, which must come in tarsctl's 2 s, says of state.db."""
        problems = self.client.get("/v1/status")["problems"]
        return "; ".join(it["message"] for it in problems if it["id"] == "state.db")

    def statuses(self) -> list[str]:
        return [it["status"] for it in self.client.get("/v1/changes")["changes"]]

    def refused(self) -> str:
        """How an install is refused."""
        with pytest.raises(RefusedError) as caught:
            self.client.start("/v1/install", INSTALL)
        assert caught.value.kind == "state-unavailable"
        return caught.value.message

    def longest_silence(self) -> float:
        return max(after - before for before, after in pairwise([*self.beats, time.monotonic()]))

    def _listen(self) -> None:
        while True:
            said = self._told.recv(4096)
            if b"WATCHDOG=1" in said:
                self.beats.append(time.monotonic())
            if b"READY=1" in said:
                self.ready.set()


@contextmanager
def tarsd(root: Path, disk: RealDisk) -> Generator[Running]:
    made = Running(root, disk.at)
    try:
        yield made
    finally:
        disk.thaw()
        made.process.terminate()
        made.process.wait(10)


def until(what: str, probe: Callable[[], bool], within: float = 10) -> None:
    end = time.monotonic() + within
    while not probe():
        assert time.monotonic() < end, f"waited {within} s for {what}"
        time.sleep(0.05)


@pytest.fixture
def disk(tmp_path: Path) -> Generator[RealDisk]:
    """The state's own disk, with a change on it that a power cut interrupted."""
    for name in ("etc/conf.d", "share"):
        (tmp_path / name).mkdir(parents=True)

    async def interrupt(path: Path) -> None:
        database = Database(path)
        await database.open()
        doing = ChangeStatus.DOING
        change = Change("", "purge", "purge it", doing, frozenset({"a"}), "2026-11-22T03:12Z", [])
        await ChangeStore(database).add(change)
        await database.close()

    made = RealDisk(tmp_path / "disk")
    with made as directory:
        asyncio.run(interrupt(directory / "state.db"))
        yield made


def test_a_disk_that_is_silent_from_the_start(tmp_path: Path, disk: RealDisk) -> None:
    """It used to wait for it until systemd killed it, again and again: no status just when one is needed."""
    disk.freeze()
    with tarsd(tmp_path, disk) as running:
        assert running.ready.wait(10), "it never said READY"
        assert "cannot be read" in running.trouble()
        assert "cannot change anything" in running.refused()
        time.sleep(2)
        assert "cannot be opened: the disk has not answered" in running.trouble()
        assert running.longest_silence() < LONGEST_SILENCE

        disk.thaw()
        until("what was interrupted to be done", lambda: running.statuses() == ["done"])
        assert not running.trouble()


def test_a_disk_that_falls_silent_under_it(tmp_path: Path, disk: RealDisk) -> None:
    """A stalled copy or write used to stop the beats, and the watchdog killed a working daemon."""
    with tarsd(tmp_path, disk) as running:
        assert running.ready.wait(10)
        until("what was interrupted to be done", lambda: running.statuses() == ["done"])
        disk.freeze()
        assert "has not answered" in running.refused()
        time.sleep(2)
        assert "has not answered" in running.trouble()
        assert running.longest_silence() < LONGEST_SILENCE

        disk.thaw()
        until("state.db to be writable again", lambda: not running.trouble())
        time.sleep(1)
        assert running.statuses() == ["done"], "what was refused is done"

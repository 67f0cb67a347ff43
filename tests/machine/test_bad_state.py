"""A ledger that cannot be read or written: set aside, said, and never in the way of an answer."""

import subprocess
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.machine.home import STATE, Home

DATABASE = f"{STATE}/state.db"


@contextmanager
def spoilt(home: Home, script: str) -> Generator[None]:
    """Spoil the state while tarsd is down; afterwards everything is as it was."""
    home.machine.sh(
        f"systemctl stop tarsd; cp -a {STATE} /srv/state; {script}; systemctl start tarsd"
    )
    try:
        yield
    finally:
        home.machine.sh(
            f"systemctl stop tarsd; umount {STATE} 2>/dev/null || true;"
            f" rm -rf {STATE}; mv /srv/state {STATE}; systemctl start tarsd"
        )


@pytest.mark.parametrize(
    "script",
    [
        f"truncate --size=100 {DATABASE}",
        f"truncate --size=-4096 {DATABASE}",
        f": >{DATABASE}; echo nonsense >{DATABASE}-wal",
        f"head -c 65536 /dev/urandom >{DATABASE}",
        'python3 -c \'import sqlite3; base = sqlite3.connect("/var/lib/tars-home/state.db");'
        ' base.execute("PRAGMA user_version = 9999")\'',
    ],
    ids=["cut to 100 bytes", "last page lost", "empty", "noise", "newer version"],
)
def test_unusable_ledger_is_set_aside_and_said(home: Home, script: str) -> None:
    before = home.started()
    with spoilt(home, script):
        home.wait_for("healthy")
        status = home.status()
        assert status.installed
        assert [problem.id for problem in status.problems] == ["state.db"]
        aside = home.machine.sh(f"ls {STATE} | grep -c 'state.db.'").out
        assert int(aside) >= 1
        home.tarsctl("restart", "redis", within=120)
    assert home.started().keys() == before.keys()


@contextmanager
def full_disk(home: Home) -> Generator[None]:
    """The state directory on a disk of 2 MB that something else has filled to the last byte."""
    script = (
        f"mount -t tmpfs -o size=2m,mode=0755 tmpfs {STATE}; cp -a /srv/state/. {STATE}/;"
        f" dd if=/dev/zero of={STATE}/filler bs=1k 2>/dev/null || true"
    )
    with spoilt(home, script):
        yield


@contextmanager
def read_only_disk(home: Home) -> Generator[None]:
    script = f"mount --bind {STATE} {STATE}; mount -o remount,bind,ro {STATE}"
    with spoilt(home, script):
        yield


@pytest.mark.parametrize("trouble", [full_disk, read_only_disk])
def test_unwritable_state_is_said_and_changes_are_refused(
    home: Home, trouble: Callable[[Home], AbstractContextManager[None]]
) -> None:
    before = home.started()
    with trouble(home):
        home.wait_for("healthy")
        status = home.status()
        assert "state.db" in {problem.id for problem in status.problems}
        error = home.error("restart", "redis", status=1)
        assert error.kind == "state-unavailable"
        assert STATE in error.message
        assert home.started() == before
    home.wait_for_answer()
    assert not home.status().problems


LOOP_DEVICES = (
    "[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237;"
    " for number in {0..31}; do [ -e /dev/loop$number ] || mknod /dev/loop$number b 7 $number; done"
)


@contextmanager
def own_disk(home: Home, directory: Path) -> Generator[None]:
    """The state directory on an ext4 of its own, made here: machines have no mkfs."""
    image = directory / "disk"
    with image.open("wb") as stream:
        stream.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    home.machine.put(image, "/srv/disk")
    home.machine.sh(LOOP_DEVICES)
    with spoilt(home, f"mount -o loop /srv/disk {STATE}; cp -a /srv/state/. {STATE}/"):
        yield
    home.machine.exec("rm", "/srv/disk")


@contextmanager
def frozen(home: Home) -> Generator[None]:
    """Whoever writes to the state's disk waits in the kernel and cannot be killed."""
    home.machine.exec("fsfreeze", "--freeze", STATE)
    try:
        yield
    finally:
        home.machine.exec("fsfreeze", "--unfreeze", STATE)


def test_disk_that_stalls_under_tarsd_costs_the_records_only(home: Home, tmp_path: Path) -> None:
    before = home.started()
    with own_disk(home, tmp_path):
        pid = home.unit("MainPID")
        with frozen(home):
            error = home.error("restart", "redis", status=1)
            assert error.kind == "state-unavailable"
            assert "has not answered" in error.message
            status = home.status()
            assert status.overall == "healthy"
            assert "state.db" in {problem.id for problem in status.problems}
        home.machine.wait("state.db to be well", lambda: not home.status().problems, 60)
        assert home.unit("MainPID") == pid
        assert home.started() == before, "what was refused is done"
        home.tarsctl("restart", "redis", within=120)


def test_tarsd_starts_on_a_disk_that_stalls(home: Home, tmp_path: Path) -> None:
    before = home.started()
    with own_disk(home, tmp_path):
        home.machine.exec("systemctl", "stop", "tarsd")
        with frozen(home):
            home.machine.exec("systemctl", "start", "tarsd", within=20)
            status = home.status()
            assert "state.db" in {problem.id for problem in status.problems}
            assert home.error("restart", "redis", status=1).kind == "state-unavailable"
        home.machine.wait("state.db to be well", lambda: not home.status().problems, 60)
        assert home.started() == before

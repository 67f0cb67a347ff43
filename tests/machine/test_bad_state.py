"""A ledger that cannot be read or written: set aside, said, and never in the way of an answer."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

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

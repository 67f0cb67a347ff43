"""Two daemons on one machine would stop each other's jobs and do one change twice: the second one ends before it begins."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tarsd import __main__ as program
from tarsd.errors import AlreadyRunning
from tarsd.host.sole import sole
from tarsd.paths import Paths
from tests.tree import ROOT

HOLDER = """
import sys
from pathlib import Path
from tarsd.host.sole import sole
with sole(Path(sys.argv[1]), "hold it"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another(lock: Path) -> Generator[subprocess.Popen[bytes]]:
    """A process of its own that holds the lock."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, lock],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder
        holder.kill()


def test_the_second_is_told_who_the_first_is(paths: Paths) -> None:
    with another(paths.lock) as first:
        with (
            pytest.raises(
                AlreadyRunning, match=f"cannot mend it: process {first.pid} is"
            ) as caught,
            sole(paths.lock, "mend it"),
        ):
            raise AssertionError("both hold it")
        assert caught.value.details == {"pid": first.pid}


def test_a_killed_one_holds_nothing(paths: Paths) -> None:
    with another(paths.lock) as first:
        first.kill()
        first.wait()
        with sole(paths.lock, "mend it"):
            pass


def test_it_can_be_held_again_and_again(paths: Paths) -> None:
    for _ in range(2):
        with sole(paths.lock, "mend it"):
            assert paths.lock.stat().st_mode & 0o777 == 0o600


def test_children_do_not_inherit_it(paths: Paths) -> None:
    with sole(paths.lock, "mend it"):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with sole(paths.lock, "mend it"):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_second_daemon_touches_nothing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "Paths", lambda: paths)
    monkeypatch.setattr(sys, "argv", ["tarsd", "run"])
    paths.socket.touch()
    with another(paths.lock) as first:
        assert program.main() == 1
    assert capsys.readouterr().err == (
        f"tarsd: cannot run tarsd: process {first.pid} is looking after the stack already; "
        "try: systemctl status tarsd; sudo systemctl stop tarsd\n"
    )
    assert paths.socket.exists()
    assert list(paths.state.iterdir()) == []


def test_who_may_not_lock_is_told_so_in_one_line(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "Paths", lambda: paths)
    monkeypatch.setattr(sys, "argv", ["tarsd", "run"])
    paths.lock.mkdir()
    assert program.main() == 1
    assert capsys.readouterr().err.startswith("tarsd: cannot run tarsd: [Errno 21]")

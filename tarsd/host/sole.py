"""The lock that keeps two of us apart: a daemon from another daemon, a daemon's healer from an offline `--fix`."""

import fcntl
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tarsd.errors import AlreadyRunning

_FIX = "systemctl status tarsd; sudo systemctl stop tarsd"


@contextmanager
def sole(path: Path, act: str) -> Generator[None]:
    """Hold the lock at `path` for the time of the block; `act` is what needs it, as in "cannot `act`".

    The kernel lets it go when this process ends, however that is; jobs and children do not inherit it. Raises
    AlreadyRunning, naming the process that holds it, or OSError where there can be no such file.
    """
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _held(act, os.pread(descriptor, 32, 0)) from error
        # The file stays for good: who removes a lock file lets a third one lock another file of the same name.
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _held(act: str, said: bytes) -> AlreadyRunning:
    pid = re.fullmatch(rb"(\d+)\n", said)
    holder = f"process {int(pid[1])} is" if pid else "another process is"
    return AlreadyRunning(
        f"cannot {act}: {holder} looking after the stack already",
        fix=_FIX,
        details={"pid": int(pid[1])} if pid else {},
    )

"""Looks at a mounted share: whether it can be read, and whether the owner's marker is there.

The look itself is a child's, for it may hang in the kernel: it is killed when its time is over, and given up where not even
that ends it. Needs SYSLOG for the kernel's own reason.
"""

import errno
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NoReturn

from tarsd.host import mounts
from tarsd.host.nas import cifs_refusals, kernel_log

RECALLED = 180.0
"""Seconds of the kernel's log that may explain a failure: CIFS says it when it connects anew, every few seconds."""

PAUSE = 2.0

PASSING = frozenset(
    {
        errno.EAGAIN, errno.EHOSTDOWN, errno.EIO, errno.ENOTCONN, errno.ETIMEDOUT, errno.ECONNABORTED, errno.ECONNRESET,
        errno.EINTR, errno.EACCES,
    }
)  # fmt: skip
"""What a mount answers while the kernel connects anew to a server that has just come back."""


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given: `path`, `marker` (a name below it, or None), `seconds` for all of it, `patience` for what may pass, `inside`:
    process numbers, each with its own path to the same.

    Returns `hung`, `number` (errno of what failed, or None), `marker` (whether it is there; None: not known), `kernel`
    (what it logged about network mounts lately; only where something is wrong), `inside`: for each process the device that
    is mounted there, or None; nothing for one that has ended.
    """
    inside = {str(pid): device for pid, path in given["inside"] for device in _devices(pid, path)}
    begin = time.monotonic()
    while True:
        left = begin + given["seconds"] - time.monotonic()
        found = in_child(lambda: look(given["path"], given["marker"]), left)
        passing = found is not None and found["number"] in PASSING
        spent = time.monotonic() - begin
        # Each look at a share that is refused has the kernel sign in once more.
        if not passing or spent + PAUSE > given["patience"] or _refused(spent):
            break
        time.sleep(PAUSE)
    if found is None:
        found = {"number": None, "marker": None}
        return {"hung": True, **found, "inside": inside, "kernel": kernel_log.lately(RECALLED)}
    told = kernel_log.lately(RECALLED) if found["number"] is not None else []
    return {"hung": False, **found, "inside": inside, "kernel": told}


def _refused(seconds: float) -> bool:
    return cifs_refusals.signs_nobody_in("\n".join(kernel_log.lately(seconds + 1.0)))


def _devices(pid: int, path: str) -> Iterator[str | None]:
    """One, from the kernel's table of that process; the mount is not touched."""
    with suppress(OSError):
        seen = mounts.seen_by(pid, path)
        yield None if seen is None else seen.device


def look(path: str, marker: str | None) -> dict[str, Any]:
    """Ask the server in a way that no cache answers, then read the first name, then look for the marker."""
    try:
        os.statvfs(path)
        with os.scandir(path) as entries:
            next(entries, None)
        there = None if marker is None else _is_there(f"{path}/{marker}")
    except OSError as error:
        return {"number": error.errno, "marker": None}
    return {"number": None, "marker": there}


def _is_there(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def in_child(work: Callable[[], dict[str, Any]], seconds: float) -> dict[str, Any] | None:
    """What `work` returns, or None if it takes longer than so many seconds."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        _work(work, writes)
    os.close(writes)
    try:
        ready, _, _ = select.select([reads], [], [], max(seconds, 0.0))
        said = os.read(reads, 4096) if ready else b""
    finally:
        os.close(reads)
        _end(child)
    return json.loads(said) if said else None


def _work(work: Callable[[], dict[str, Any]], writes: int) -> NoReturn:
    """The child's: it keeps nothing of the job's open, for it may outlive that."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    try:
        os.write(writes, json.dumps(work()).encode())
    finally:
        os._exit(0)


def _end(child: int) -> None:
    """Kill it, and wait for a second at most: what hangs in the kernel may not die."""
    os.kill(child, signal.SIGKILL)
    end = time.monotonic() + 1.0
    while os.waitpid(child, os.WNOHANG) == (0, 0) and time.monotonic() < end:
        time.sleep(0.02)

"""What the kernel logs about shares: it knows the server's own reason, mount.cifs and a reader only a number."""

import os
import time
from contextlib import suppress

DEVICE = "/dev/kmsg"


class KernelLog:
    """From its making on. Silent where the log cannot be read (a container, a locked-down kernel)."""

    def __init__(self, device: str = DEVICE) -> None:
        self._descriptor: int | None = None
        with suppress(OSError):
            self._descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self._descriptor, 0, os.SEEK_END)

    def since(self) -> str:
        """The CIFS lines that came meanwhile, and closes the log."""
        if self._descriptor is None:
            return ""
        lines: list[str] = []
        with suppress(BlockingIOError):  # how the device says that this was all
            while record := self._record(self._descriptor):
                lines.append(record)
        os.close(self._descriptor)
        self._descriptor = None
        return "\n".join(line for line in lines if "CIFS" in line)

    @staticmethod
    def _record(descriptor: int) -> str:
        try:
            raw = os.read(descriptor, 8192)
        except BrokenPipeError:  # overwritten before it was read; the next one is there
            return "lost"
        return raw.decode(errors="replace").partition(";")[2].strip() or "empty"


OF_SHARES = ("CIFS", "nfs: ", "NFS: ", "lockd: ")
"""Beginnings of the kernel's messages about network mounts."""

MOST_LINES = 12


def lately(seconds: float, device: str = DEVICE) -> list[str]:
    """The newest lines about network mounts of the last so many seconds, oldest first; none where it cannot be read."""
    return between(time.monotonic() - seconds, float("inf"), device)


def between(begin: float, end: float, device: str = DEVICE) -> list[str]:
    """The same of a time, in seconds since the boot."""
    try:
        descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # a container has none
        return []
    found: list[str] = []
    try:
        with suppress(BlockingIOError):  # how the device says that this was all
            while record := _read(descriptor):
                at, text = _parsed(record)
                if begin <= at <= end and text.startswith(OF_SHARES):
                    found.append(text)
    finally:
        os.close(descriptor)
    return found[-MOST_LINES:]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 8192)
    except BrokenPipeError:  # overwritten before it was read; the next one is there
        return b"0,0,0,-;"


def _parsed(record: bytes) -> tuple[float, str]:
    """`6,1234,5678901,-;text`: level, number, microseconds; what follows a line break are details."""
    head, _, text = record.decode(errors="replace").partition(";")
    fields = head.split(",")
    at = int(fields[2]) / 1e6 if len(fields) > 2 and fields[2].isdigit() else 0.0
    return at, text.partition("\n")[0]

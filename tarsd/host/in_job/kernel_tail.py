"""The last lines of the kernel's log, with seconds since the boot as dmesg shows them."""

import os
from collections import deque
from contextlib import suppress

from tarsd.host.in_job import CannotAnswer

DEVICE = "/dev/kmsg"

LONGEST_RECORD = 8192
"""Bytes: the kernel's own limit."""


def answer(given: int, device: str = DEVICE) -> str:
    """The last `given` lines. Raises CannotAnswer where there is no such log (in a container) or it is closed."""
    try:
        descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CannotAnswer(f"cannot open {device}: {error.strerror}") from error
    lines: deque[str] = deque(maxlen=given)
    try:
        with suppress(BlockingIOError):  # how the device says that this was all
            while record := _record(descriptor):
                lines.append(record)
    finally:
        os.close(descriptor)
    return "\n".join(lines)


def _record(descriptor: int) -> str:
    """`6,1234,5678901,-;text`: level, number, microseconds; what follows a line break are details."""
    try:
        raw = os.read(descriptor, LONGEST_RECORD).decode(errors="replace")
    except BrokenPipeError:  # overwritten before it was read; the next one is there
        return "[...]"
    if not raw:
        return ""
    head, _, text = raw.partition(";")
    fields = head.split(",")
    at = int(fields[2]) / 1e6 if len(fields) > 2 and fields[2].isdigit() else 0.0
    return f"[{at:12.6f}] {text.partition(chr(10))[0]}"

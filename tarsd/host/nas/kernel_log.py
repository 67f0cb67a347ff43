"""What the kernel logs while a share is mounted: it knows the server's own reason, mount.cifs only a number."""

import os
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

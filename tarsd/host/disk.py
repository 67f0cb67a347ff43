"""Free space where the stack's data lies."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Disk:
    """Bytes of the file system that holds `path`; free is what root's services can still write."""

    path: str
    free: int
    total: int


def usage(path: str) -> Disk:
    """Ask the file system. Raises OSError. Only for local paths: a dead NAS would hang the caller."""
    found = os.statvfs(path)
    return Disk(path, found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)

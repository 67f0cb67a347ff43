"""What is mounted where, read from /proc/self/mountinfo: never by touching the mount, which may hang for ever."""

import re
from dataclasses import dataclass, field
from pathlib import Path

NETWORK = ("cifs", "smb3", "nfs", "nfs4", "fuse.sshfs", "9p", "ceph", "fuse.glusterfs")
"""File systems whose data is elsewhere."""


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo."""

    path: str
    type: str
    source: str
    options: tuple[str, ...] = ()
    """Of the mount, then of the file system."""
    device: str = field(default="", compare=False)
    """`major:minor` of what is mounted: the same wherever the same is seen, another one after each new mount."""

    @property
    def is_network(self) -> bool:
        """Whether it is a file server's share."""
        return self.type in NETWORK


INIT = Path("/proc/1/mountinfo")
"""Init's view: the daemon lives in a mount namespace of its own."""


def find(path: str, mountinfo: Path = INIT) -> Mount | None:
    """The mount at exactly `path`, the topmost if several; None if nothing, or only an automount, is there."""
    real = [mount for mount in all_at(path, mountinfo) if mount.type != "autofs"]
    return real[-1] if real else None


def seen_by(pid: int, path: str) -> Mount | None:
    """What a process has at `path`, by its own names: a container's first one sees what the container sees.

    Raises OSError: it has ended.
    """
    return find(path, Path(f"/proc/{pid}/mountinfo"))


def all_at(path: str, mountinfo: Path = INIT) -> list[Mount]:
    """All mounts at exactly `path`, the topmost last."""
    found: list[Mount] = []
    for line in mountinfo.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        left, _, right = line.partition(" - ")
        kind, source, options = (*right.split(" "), "", "")[:3]
        if _unescape(left.split(" ")[4]) == path.rstrip("/"):
            own = left.split(" ")[5].split(",")
            # A read-only mount of a file system that others may write shows both words; the mount's own counts.
            below = [it for it in options.split(",") if it and it not in ("rw", *own)]
            device = left.split(" ")[2]
            found.append(Mount(path, kind, _unescape(source), (*own, *below), device))
    return found


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)

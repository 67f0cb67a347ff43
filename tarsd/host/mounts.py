"""What is mounted where, read from /proc/self/mountinfo: never by touching the mount, which may hang for ever."""

import re
from collections.abc import Iterator
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
    return [_mount(path, line) for at, line in _lines(mountinfo) if at == path.rstrip("/")]


def holding(path: str, mountinfo: Path = INIT) -> Mount | None:
    """The mount that `path` lies in, the topmost if several, by where it is mounted. Links are not followed."""
    found: tuple[str, str] | None = None
    for at, line in _lines(mountinfo):
        inside = path == at or path.startswith(at.rstrip("/") + "/")
        if inside and (found is None or len(at) >= len(found[0])):
            found = at, line
    return None if found is None else _mount(*found)


def _lines(mountinfo: Path) -> Iterator[tuple[str, str]]:
    """Where each is mounted, and its line."""
    for line in mountinfo.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        yield _unescape(line.split(" ")[4]), line


def _mount(path: str, line: str) -> Mount:
    left, _, right = line.partition(" - ")
    kind, source, options = (*right.split(" "), "", "")[:3]
    own = left.split(" ")[5].split(",")
    # A read-only mount of a file system that others may write shows both words; the mount's own counts.
    below = [it for it in options.split(",") if it and it not in ("rw", *own)]
    return Mount(path, kind, _unescape(source), (*own, *below), left.split(" ")[2])


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)

"""What is mounted where, read from /proc/self/mountinfo: never by touching the mount, which may hang for ever."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo."""

    path: str
    type: str
    source: str


def find(path: str, mountinfo: Path = Path("/proc/1/mountinfo")) -> Mount | None:
    """The mount at exactly `path`, the topmost if several; None if nothing, or only an automount, is there.

    Init's view: the daemon lives in a mount namespace of its own.
    """
    found = None
    for line in mountinfo.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        left, _, right = line.partition(" - ")
        kind, source = right.split(" ")[:2]
        if _unescape(left.split(" ")[4]) == path.rstrip("/") and kind != "autofs":
            found = Mount(path, kind, _unescape(source))
    return found


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)

"""What the kernel has logged of cards, disks, memory and network mounts since this boot, as far as it still has it."""

import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

MOST = 64
"""Notes kept of each kind; the kernel's own buffer holds a few thousand lines."""

KINDS = {
    "xid": r"NVRM: Xid|NVRM:.*(?:fallen off the bus|API mismatch)",
    "memory": r"oom-kill:|Out of memory: Killed|Memory cgroup out of memory",
    "disk": r"Remounting filesystem read-only|Buffer I/O error|nvme\S* .*(?:timeout|I/O error|resetting)|I/O error, dev "
    r"|(?:EXT4|XFS|BTRFS|F2FS)\S* .*(?:error|corrupt|shutdown|shut down)",
    "mount": r"has not responded in \d+ seconds|nfs: server \S+ (?:not responding|OK)|CIFS: .*(?:cifs_mount failed"
    r"|No response|reconnect|STATUS_LOGON_FAILURE|Send error in SessSetup)",
}
"""The kernel's and the drivers' own words, by what they are about."""

_ANY = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in KINDS.items()), re.I)
_WORDS = (
    "NVRM", "oom-kill", "ut of memory", "read-only", "I/O error", "nvme", "EXT4", "XFS", "BTRFS", "F2FS",
    "responding", "responded", "nfs: ", "CIFS",
)  # fmt: skip
"""One of which is in every line that matters: the pattern above takes 80 us for a line, these 1."""

_XID = re.compile(r"Xid \(PCI:(?P<card>[0-9a-fA-F:.]+)\): (?P<number>\d+)(?P<rest>.*)")


@dataclass(frozen=True)
class Note:
    """`at`: seconds since the boot, without what the machine slept, as dmesg shows it."""

    at: float
    kind: str
    text: str

    @property
    def age(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.at


@dataclass(frozen=True)
class Xid:
    """An error of a card, as NVIDIA numbers them; `rest` is what the driver adds: process, channel, address."""

    note: Note
    card: str
    number: int
    rest: str

    @property
    def process(self) -> str | None:
        """The command of the process that it names."""
        found = re.search(r"\bname=([^,\s]+)", self.rest)
        return found[1] if found and not found[1].startswith("<") else None


class KernelNotes:
    """Filled by whoever follows the log. `followed`: whether it is; where it is not, silence proves nothing."""

    def __init__(self) -> None:
        self.followed = False
        self._notes: dict[str, deque[Note]] = {kind: deque(maxlen=MOST) for kind in KINDS}

    def take(self, at: float, text: str) -> str | None:
        """Note a line; returns its kind, None where it is about nothing that matters here."""
        if not any(word in text for word in _WORDS):
            return None
        found = _ANY.search(text)
        if found is None or found.lastgroup is None:
            return None
        self._notes[found.lastgroup].append(Note(at, found.lastgroup, text[:300]))
        return found.lastgroup

    def of(self, kind: str) -> Sequence[Note]:
        """Those of a kind, oldest first."""
        return tuple(self._notes[kind])

    def xids(self) -> Sequence[Xid]:
        """The errors of cards, oldest first."""
        found = ((note, _XID.search(note.text)) for note in self._notes["xid"])
        return [Xid(note, it["card"], int(it["number"]), it["rest"]) for note, it in found if it]

"""Lines of the kernel's log: which of them matter, and what an Xid says."""

import pytest

from tarsd.host.kernel_notes import KernelNotes


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("NVRM: Xid (PCI:0000:01:00): 31, pid=1234, name=ollama, Ch 00000008", "xid"),
        ("NVRM: GPU at PCI:0000:01:00: has fallen off the bus.", "xid"),
        ("NVRM: API mismatch: the client has the version 570.86.16, but", "xid"),
        ("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)", "memory"),
        ("Out of memory: Killed process 4711 (python3)", "memory"),
        ("EXT4-fs (sda1): Remounting filesystem read-only", "disk"),
        ("nvme nvme0: I/O 12 QID 3 timeout, aborting", "disk"),
        ("blk_update_request: I/O error, dev sda, sector 12", "disk"),
        ("CIFS: VFS: \\\\nas has not responded in 180 seconds. Reconnecting...", "mount"),
        ("nfs: server nas not responding, timed out", "mount"),
        ("nfs: server nas OK", "mount"),
        ("docker0: port 1(veth12) entered forwarding state", None),
        ("EXT4-fs (sda1): mounted filesystem with ordered data mode", None),
        ("nvidia: loading out-of-tree module taints kernel.", None),
    ],
)
def test_which_lines_matter(line: str, kind: str | None) -> None:
    notes = KernelNotes()
    assert notes.take(12.5, line) == kind
    if kind is not None:
        (note,) = notes.of(kind)
        assert (note.at, note.text) == (12.5, line)


@pytest.mark.parametrize(
    ("line", "number", "process"),
    [
        (
            "NVRM: Xid (PCI:0000:01:00): 31, pid=1234, name=ollama, Ch 00000008, MMU Fault",
            31,
            "ollama",
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off",
            79,
            None,
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 119, Timeout after 6s of waiting for RPC response",
            119,
            None,
        ),
    ],
)
def test_what_an_xid_says(line: str, number: int, process: str | None) -> None:
    notes = KernelNotes()
    notes.take(1.0, line)
    (xid,) = notes.xids()
    assert (xid.card, xid.number, xid.process) == ("0000:01:00", number, process)


def test_a_flood_is_bounded() -> None:
    notes = KernelNotes()
    for at in range(10_000):
        notes.take(at, f"NVRM: Xid (PCI:0000:01:00): 31, pid={at}")
    assert len(notes.xids()) == 64
    assert notes.xids()[-1].note.at == 9999

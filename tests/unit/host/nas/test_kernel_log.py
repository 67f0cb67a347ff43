"""The kernel's own words about shares, of the time that matters."""

import os
from pathlib import Path

import pytest

from tarsd.host.nas import kernel_log

LINES = (
    "6,1,1000000,-;eth0: link up",
    "3,2,41000000,-;CIFS: Status code returned 0xc000006d STATUS_LOGON_FAILURE\n SUBSYSTEM=x",
    "3,3,42000000,-;nfs: server 127.0.0.1 not responding, timed out",
    "3,4,99000000,-;CIFS: VFS: \\\\127.0.0.1 has not responded in 45 seconds. Reconnecting...",
)


@pytest.fixture
def device(tmp_path: Path) -> str:
    """A pipe gives one record after the other only where each is read by itself; a packet pipe does."""
    reads, writes = os.pipe2(os.O_DIRECT | os.O_NONBLOCK)
    for line in LINES:
        os.write(writes, line.encode())
    return f"/proc/self/fd/{reads}"


def test_of_a_time(device: str) -> None:
    assert kernel_log.between(40.0, 43.0, device) == [
        "CIFS: Status code returned 0xc000006d STATUS_LOGON_FAILURE",
        "nfs: server 127.0.0.1 not responding, timed out",
    ]


def test_a_machine_without_one(tmp_path: Path) -> None:
    assert kernel_log.lately(60.0, str(tmp_path / "kmsg")) == []

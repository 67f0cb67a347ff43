"""What is mounted, read from the kernel's table: a path on a dead NAS is never touched."""

from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.host import mounts
from tarsd.host.mounts import Mount

TABLE = """\
22 28 0:20 / /proc rw,nosuid - proc proc rw
28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
41 28 0:36 / /mnt/nas/auto rw,relatime shared:17 - autofs systemd-1 rw,fd=37,timeout=0
52 41 0:44 / /mnt/nas/auto rw,relatime shared:21 master:3 - cifs //nas/docs rw,vers=3.1.1
60 28 0:50 / /mnt/nas/waiting rw,relatime - autofs systemd-1 rw,fd=38
61 28 0:51 / /mnt/nas/my\\040own\\040files\\134x rw - nfs4 nas:/srv/a\\040b rw,vers=4.2
62 28 0:52 / /mnt/nas/twice rw - nfs4 nas:/old rw
63 28 0:53 / /mnt/nas/twice rw - cifs //nas/new rw
64 28 0:54 / /mnt/nas/gr\u00fcn rw - cifs //nas/gr\u00fcn rw
65 28 0:55 /deep /mnt/nas/bound rw - ext4 /dev/vda1 rw
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/mnt/nas/auto", Mount("/mnt/nas/auto", "cifs", "//nas/docs")),
        ("/mnt/nas/auto/", Mount("/mnt/nas/auto/", "cifs", "//nas/docs")),
        ("/mnt/nas/my own files\\x", Mount("/mnt/nas/my own files\\x", "nfs4", "nas:/srv/a b")),
        ("/mnt/nas/twice", Mount("/mnt/nas/twice", "cifs", "//nas/new")),
        ("/mnt/nas/gr\u00fcn", Mount("/mnt/nas/gr\u00fcn", "cifs", "//nas/gr\u00fcn")),
        ("/mnt/nas/bound", Mount("/mnt/nas/bound", "ext4", "/dev/vda1")),
    ],
)
def test_a_mount_is_found_by_its_path(table: Path, path: str, expected: Mount) -> None:
    found = mounts.find(path, table)
    assert found is not None
    assert replace(found, options=()) == expected


def test_options_of_the_mount_come_before_those_of_the_file_system(table: Path) -> None:
    found = mounts.find("/proc", table)
    assert found is not None
    assert found.options == ("rw", "nosuid")


def test_what_lies_under_a_mount_is_still_known(table: Path) -> None:
    found = mounts.all_at("/mnt/nas/auto", table)
    assert [mount.type for mount in found] == ["autofs", "cifs"]


@pytest.mark.parametrize(
    "path", ["/mnt/nas", "/mnt/nas/auto/below", "/mnt/nas/aut", "/mnt/nas/none", "mnt/nas/auto"]
)
def test_neither_what_is_above_nor_below_counts(table: Path, path: str) -> None:
    assert mounts.find(path, table) is None


def test_an_automount_that_waits_is_not_a_mount(table: Path) -> None:
    assert mounts.find("/mnt/nas/waiting", table) is None


def test_this_machines_own_table_is_understood() -> None:
    found = mounts.find("/proc")
    assert found is not None
    assert found.type == "proc"


@pytest.mark.parametrize(
    ("path", "at", "source"),
    [
        ("/var/lib/docker", "/", "/dev/vda1"),
        ("/", "/", "/dev/vda1"),
        ("/proc/sys", "/proc", "proc"),
        ("/processes", "/", "/dev/vda1"),
        ("/mnt/nas/twice/deep", "/mnt/nas/twice", "//nas/new"),
        ("/mnt/nas/my own files\\x/y", "/mnt/nas/my own files\\x", "nas:/srv/a b"),
    ],
)
def test_what_holds_a_path(table: Path, path: str, at: str, source: str) -> None:
    found = mounts.holding(path, table)
    assert found is not None
    assert (found.path, found.source) == (at, source)

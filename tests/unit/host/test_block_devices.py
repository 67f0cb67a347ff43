"""The names by which the kernel speaks of the disks under a file system."""

import os
from pathlib import Path

from tarsd.host.block_devices import names


def device(sys: Path, place: str, number: str | None = None) -> Path:
    made = sys / "devices" / place
    made.mkdir(parents=True, exist_ok=True)
    if number is not None:
        link = sys / "dev/block" / number
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(made, link.parent))
    return made


SDA = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda"
NVME = "pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1"


def test_a_partition_is_known_by_its_disk_and_port(tmp_path: Path) -> None:
    (device(tmp_path, f"{SDA}/sda2", "8:2") / "partition").write_text("2\n")
    assert names(os.makedev(8, 2), tmp_path) == {"sda2", "sda", "ata1"}


def test_a_volume_by_all_that_it_lies_on(tmp_path: Path) -> None:
    """LVM on encryption on a partition."""
    part = device(tmp_path, f"{NVME}/nvme0n1p3", "259:3")
    (part / "partition").write_text("3\n")
    crypt = device(tmp_path, "virtual/block/dm-0", "254:0")
    volume = device(tmp_path, "virtual/block/dm-1", "254:1")
    for upper, lower in ((volume, crypt), (crypt, part)):
        (upper / "slaves").mkdir()
        (upper / "slaves" / lower.name).symlink_to(os.path.relpath(lower, upper / "slaves"))
    assert names(os.makedev(254, 1), tmp_path) == {"dm-1", "dm-0", "nvme0n1p3", "nvme0n1", "nvme0"}


def test_a_file_system_without_a_disk_has_none(tmp_path: Path) -> None:
    device(tmp_path, SDA)
    assert names(os.makedev(0, 42), tmp_path) == frozenset()

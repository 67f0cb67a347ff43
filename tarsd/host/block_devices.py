"""By which names the kernel speaks of the disks that a file system lies on."""

import os
import re
from pathlib import Path

SYS = Path("/sys")

_PARTS = re.compile(r"ata\d+|nvme\d+|mmc\d+")
"""Of a device's place in sysfs: the port or controller that timeouts are told of."""


def names(device: int, sys: Path = SYS) -> frozenset[str]:
    """Of a device number (st_dev): its partition, its disk, what LVM, RAID or encryption put it on, and their ports.

    None for a file system without a disk of its own, as tmpfs. Reads sysfs only, which no disk can hold up.
    """
    found: set[str] = set()
    link = sys / "dev/block" / f"{os.major(device)}:{os.minor(device)}"
    _collect(Path(os.path.realpath(link)), sys, found)
    return frozenset(found)


def _collect(place: Path, sys: Path, found: set[str]) -> None:
    if place.name in found or not place.is_dir() or (sys / "devices") not in place.parents:
        return
    found.add(place.name)
    found.update(it for it in place.parts if _PARTS.fullmatch(it))
    if (place / "partition").exists():
        _collect(place.parent, sys, found)
    below = place / "slaves"
    for slave in sorted(below.iterdir()) if below.is_dir() else ():
        _collect(Path(os.path.realpath(slave)), sys, found)

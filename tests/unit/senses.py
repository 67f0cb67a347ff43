"""A machine as it should be: a Debian 13 of a few files, with all the memory, disk and time that one can want."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tarsd.host.clock import Clock, TimeSync
from tarsd.host.condition import Condition
from tarsd.host.control_groups import ControlGroups
from tarsd.host.disk import Disk, Disks
from tarsd.host.machine import Machine
from tarsd.host.mounts import Mount
from tarsd.host.units import Units
from tarsd.operations.worlds import Senses

FILES = {
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n',
    "proc/sys/kernel/osrelease": "6.12.43-amd64\n",
    "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu sse2 avx avx2\n",
    "proc/self/status": "Name:\ttarsd\nCpus_allowed_list:\t0-7\n",
    "proc/meminfo": "MemTotal:       32614180 kB\nMemFree:        1 kB\n",
}


def machine(root: Path, **other: str | None) -> Machine:
    """One in a directory; `other` replaces files by the end of their names, or leaves them out."""
    for name, content in FILES.items():
        text = other.get(Path(name).name.replace("-", "_"), content)
        (root / name).unlink(missing_ok=True)
        if text is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
    return Machine(root)


def plenty(path: str) -> Disk:
    return Disk(path, 400 * 10**9, 10**12, 1, 50_000_000, 60_000_000)


def all_enabled(names: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(names, "enabled")


def _root(_: str) -> Mount:
    return Mount("/", "ext4", "/dev/sda2", ("rw", "relatime"))


def _sda(_: int) -> frozenset[str]:
    return frozenset({"sda", "sda2", "ata1"})


def condition(**facts: Any) -> Condition:
    """A machine of yesterday's boot with a disk of its own, on which nothing waits; a test replaces what it is about."""
    well: dict[str, Any] = {
        "holding": _root,
        "memory_stall": lambda: 0.0,
        "disk_names": _sda,
        "up_for": lambda: 86_400.0,
        "contained": lambda: False,
    }
    return Condition(**{**well, **facts})


def senses(
    root: Path,
    *,
    sync: Callable[[], TimeSync] = lambda: TimeSync(synchronised=True, service=True),
    disk: Callable[[str], Disk] = plenty,
    mount: Callable[[str], Mount | None] = lambda _: None,
    units: Callable[[Sequence[str]], Mapping[str, str]] = all_enabled,
    deaths: Callable[[str], int] = lambda _: 0,
    **files: str | None,
) -> Senses:
    """What the daemon is given to look at that machine."""
    groups = ControlGroups(root / "sys/fs/cgroup")
    told = Units(units, deaths)
    return Senses(
        machine(root, **files), Clock(sync), Disks(disk), mount, told, condition(), groups
    )

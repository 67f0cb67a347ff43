"""What the machine is: distribution, kernel, processors, memory, and whether it waits for a reboot."""

import re
from dataclasses import dataclass
from pathlib import Path

from tarsd.errors import HostSilent

REBOOT_REQUIRED = "run/reboot-required"
"""Left by update-notifier-common and unattended-upgrades, with the packages' names beside it."""


@dataclass(frozen=True)
class Distribution:
    """From os-release(5): `name` is for people, `id` and `version` are for comparing."""

    id: str
    version: str
    name: str
    like: tuple[str, ...]


@dataclass(frozen=True)
class Processors:
    """How many this machine may use, and the instruction sets the first one has."""

    count: int
    flags: frozenset[str]


class Machine:
    """A few small files of /etc, /proc and /run; `root` is another machine in tests. Raises HostSilent."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def distribution(self) -> Distribution:
        """Which Linux this is."""
        rows = (line.partition("=") for line in self._read("etc/os-release").splitlines())
        facts = {key: value.strip().strip("\"'") for key, _, value in rows if value}
        return Distribution(
            id=facts.get("ID", "linux"),
            version=facts.get("VERSION_ID", ""),
            name=facts.get("PRETTY_NAME") or facts.get("NAME") or "an unnamed Linux",
            like=tuple(facts.get("ID_LIKE", "").split()),
        )

    def kernel(self) -> str:
        """The running kernel's release, such as 6.1.0-18-amd64."""
        return self._read("proc/sys/kernel/osrelease").strip()

    def processors(self) -> Processors:
        """Those that may be used: a container or a cpuset may have fewer than the board."""
        flags = re.search(r"^(?:flags|Features)\s*:(.*)$", self._read("proc/cpuinfo"), re.MULTILINE)
        allowed = re.search(
            r"^Cpus_allowed_list:\s*(\S+)", self._read("proc/self/status"), re.MULTILINE
        )
        if allowed is None:
            raise HostSilent("cannot count the processors: /proc/self/status does not list them")
        return Processors(_count(allowed[1]), frozenset(flags[1].split() if flags else ()))

    def memory(self) -> int:
        """Bytes of main memory, without what the firmware and the kernel keep for themselves."""
        found = re.search(r"^MemTotal:\s*(\d+) kB", self._read("proc/meminfo"), re.MULTILINE)
        if found is None:
            raise HostSilent("cannot read the size of memory: /proc/meminfo has no MemTotal")
        return int(found[1]) * 1024

    def reboot_required(self) -> list[str] | None:
        """The packages that ask for a reboot (perhaps none that is named); None where nothing asks for one."""
        if not (self._root / REBOOT_REQUIRED).exists():
            return None
        packages = self._root / f"{REBOOT_REQUIRED}.pkgs"
        return sorted(set(packages.read_text().split())) if packages.exists() else []

    def _read(self, name: str) -> str:
        try:
            return (self._root / name).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise HostSilent(f"cannot read /{name}: {error.strerror}") from error


def _count(ranges: str) -> int:
    """How many numbers are in a list such as 0-3,8."""
    pairs = (part.partition("-") for part in ranges.split(","))
    return sum(int(last or first) - int(first) + 1 for first, _, last in pairs)

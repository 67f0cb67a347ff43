"""The machine itself: is it one that the stack was tried on, and large enough for it?"""

import re

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World

GB = 10**9
"""Bytes, as memory and disks are sold: a machine sold with 16 GB shows 15.4 GiB."""

TRIED = {"debian": ("12", "13"), "ubuntu": ("22.04", "24.04")}
"""The distributions that the package is made for and tested on."""

OLDEST_KERNEL = (5, 15)
"""Ubuntu 22.04's: the oldest of the distributions above."""

FEWEST_PROCESSORS = 2
"""One is busy for as long as a model on the CPU answers; health checks need another."""

RECOMMENDED_MEMORY = 16 * GB
"""A model of 8 billion parameters takes 5 to 6 GB, the rest of the stack up to 7.5 (its limits in compose.yaml)."""

LEAST_MEMORY = 8 * GB
"""Below it, such a model and the databases do not fit beside each other."""

SETTLING = 600.0
"""Seconds after a boot that the clock may take to be put right from the network."""


class _Choice(Check):
    """What a machine is, which is good to know while one is being chosen. Later it is what it is, and only what comes of

    it is told: a warning that nobody can act on any more hides the others.
    """

    subject = "machine"

    def applies(self, world: World) -> bool:
        """Before an install."""
        return world.asked.install


class HostDistribution(_Choice):
    """A distribution that this version was not tried on: packages, paths and defaults may differ."""

    id = "host.distribution"
    severity = Status.WARN
    about = About(
        what="This machine runs a distribution on which this version of tars-home is not tested",
        seen="ID and VERSION_ID of os-release are none of Debian 12 and 13, Ubuntu 22.04 and 24.04",
        why="Packages, paths and defaults differ between distributions, and nobody has "
        "tried whether the stack survives that here",
        we="Nothing; the stack is installed and looked after all the same",
        you="Nothing while it works. A machine that you rely on should run one of those four",
        commands=("cat /etc/os-release",),
    )

    async def ask(self, world: World) -> Finding:
        """Read os-release."""
        found = world.machine.distribution()
        if found.version in TRIED.get(found.id, ()):
            return self.passed(found.name)
        return self.warn(
            f"{found.name} is not one that tars-home is tested on "
            "(Debian 12 and 13, Ubuntu 22.04 and 24.04)"
        )


class HostKernel(_Choice):
    """A kernel older than any this version was tried on."""

    id = "host.kernel"
    severity = Status.WARN
    about = About(
        what="The kernel is older than any on which tars-home was tried",
        seen="uname tells a release below 5.15, which is Ubuntu 22.04's and the oldest of "
        "the distributions that are tested",
        why="Control groups, figures of pressure and network mounts, on which supervision "
        "rests, may behave differently on it",
        we="Nothing but say so",
        you="Update the machine and reboot it",
        commands=(
            "uname -r",
            "sudo apt full-upgrade",
            "sudo systemctl reboot",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """Ask uname(2)."""
        release = world.machine.kernel()
        numbers = re.match(r"(\d+)\.(\d+)", release)
        if numbers is None:
            return self.unknown(f"the kernel calls itself {release[:60]!r}")
        if (int(numbers[1]), int(numbers[2])) < OLDEST_KERNEL:
            oldest = ".".join(map(str, OLDEST_KERNEL))
            return self.warn(f"Linux {release} is older than {oldest}", "sudo apt full-upgrade")
        return self.passed(f"Linux {release}")


class HostProcessors(_Choice):
    """Too few processors, or, without a GPU, ones that lack AVX2: answers will be slow."""

    id = "host.cpu"
    severity = Status.WARN
    about = About(
        what="The machine has too few processors, or, without a GPU, processors of a kind "
        "on which models are slow",
        seen="The daemon may use fewer than 2 processors; or no NVIDIA card with a driver "
        "is in use and /proc/cpuinfo of an x86 machine does not list avx2",
        why="One processor is busy for as long as a model on the CPU answers, and health "
        "checks need another. Without AVX2 such a model answers several times slower",
        we="Nothing but say so",
        you="Give a virtual machine more processors and its host's processor type, or keep "
        "to small models",
        commands=(
            "nproc",
            "grep -m1 -ow avx2 /proc/cpuinfo",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """Read the affinity mask and /proc/cpuinfo."""
        found = world.machine.processors()
        count = f"{found.count} processor" + ("" if found.count == 1 else "s")
        if found.count < FEWEST_PROCESSORS:
            return self.warn(f"{count}: the stack is slow while a model answers")
        slow = found.flags and "avx2" not in found.flags and _is_x86(found.flags)
        if slow and not await _has_gpu(world):
            return self.warn(f"{count} without AVX2: models on the CPU answer several times slower")
        return self.passed(count)


async def _has_gpu(world: World) -> bool:
    cpu_only = world.settings.stack.cpu_only
    return not cpu_only and any(card.driver for card in await world.gpus.all())


def _is_x86(flags: frozenset[str]) -> bool:
    return "sse2" in flags


class MemorySmall(_Choice):
    """Less memory than the stack and a model of common size need together: it swaps, or is killed."""

    id = "memory.small"
    severity = Status.WARN
    about = About(
        what="The machine has less memory than the stack and a model of common size need together",
        seen="MemTotal of /proc/meminfo is below 16 GB; below 8 GB it says that even a "
        "small model is tight",
        why="A model of 8 billion parameters takes 5 to 6 GB and the rest of the stack up "
        "to 7.5. What does not fit is swapped, which makes answers crawl, or the kernel "
        "kills a service",
        we="Nothing but say so",
        you="Use smaller models or a shorter context, or add memory",
        commands=(
            "free -h",
            "tarsctl models list",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """Read /proc/meminfo."""
        size = world.machine.memory()
        shown = f"{size / GB:.1f} GB"
        if size < LEAST_MEMORY:
            return self.warn(
                f"{shown}; {LEAST_MEMORY // GB} GB is the least for a small model, "
                f"{RECOMMENDED_MEMORY // GB} GB is recommended"
            )
        if size < RECOMMENDED_MEMORY:
            return self.warn(
                f"{shown}; {RECOMMENDED_MEMORY // GB} GB recommended: larger models will swap"
            )
        return self.passed(f"{shown} of memory")


class ClockUnsynced(Check):
    """The clock is not kept right: certificates and tokens fail as soon as it is minutes off."""

    id = "clock.unsynced"
    subject = "machine"
    deadline = 8.0
    every = 1800.0
    triggers = frozenset({Trigger.SETTINGS})
    warns = True
    severity = Status.WARN
    about = About(
        what="Nothing keeps this machine's clock right, or it has not been set from the "
        "network yet",
        seen="systemd-timedated says that the kernel's clock is not synchronised; it also "
        "says whether a service for that is on",
        why="Certificates and sign-in tokens are refused as soon as the clock is minutes "
        "off, and the times in every log mislead",
        we="Nothing; its own deadlines use a clock that nobody sets",
        you="Switch time synchronisation on. If it is on, look why it reaches no server",
        commands=(
            "timedatectl",
            "sudo timedatectl set-ntp true",
            "timedatectl timesync-status",
        ),
    )

    def applies(self, world: World) -> bool:
        """Not in a container: its host keeps the clock."""
        return not world.condition.contained()

    async def ask(self, world: World) -> Finding:
        """Ask systemd-timedated for the kernel's flag."""
        found = await world.clock.sync()
        if found.synchronised:
            return self.passed("the clock is synchronised")
        if found.service and world.condition.up_for() < SETTLING:
            return self.unknown(
                "the clock is not synchronised yet; the machine has only just come up"
            )
        if found.service:
            return self.warn(
                "the clock is not synchronised yet",
                "timedatectl timesync-status, or: chronyc sources",
            )
        return self.warn("nothing keeps the clock right", "sudo timedatectl set-ntp true")


class RebootRequired(Check):
    """An update waits for a reboot: until then a new driver or library may not fit what runs."""

    id = "host.reboot-required"
    subject = "machine"
    every = 3600.0
    triggers = frozenset({Trigger.SETTINGS})
    warns = True
    severity = Status.WARN
    about = About(
        what="An update has been installed that takes effect with the next reboot only",
        seen="/run/reboot-required exists; the packages come from /run/reboot-required.pkgs",
        why="Until then old and new parts run side by side: a new library or driver may not "
        "fit the kernel that runs, and a restart that was harmless yesterday may fail",
        we="Nothing; it never reboots a machine",
        you="Reboot at a time that suits you. The stack comes up again by itself, and the "
        "journal says whether it did",
        commands=(
            "cat /run/reboot-required.pkgs",
            "sudo systemctl reboot",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """Look for /run/reboot-required."""
        packages = world.machine.reboot_required()
        if packages is None:
            return self.passed("no reboot is due")
        named = f" for {', '.join(packages[:3])}" if packages else ""
        more = f" and {len(packages) - 3} more" if len(packages) > 3 else ""
        return self.warn(f"a reboot is due{named}{more}", "sudo systemctl reboot")


CHECKS: tuple[Check, ...] = (
    HostDistribution(),
    HostKernel(),
    HostProcessors(),
    MemorySmall(),
    ClockUnsynced(),
    RebootRequired(),
)

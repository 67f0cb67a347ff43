"""The machine: what it is, how it is doing, and what systemd makes of it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from tarsd.operations.bundle.collectors.page import Part, Run, page, program, reading
from tarsd.operations.bundle.collectors.processes import processes
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, Stream

UNITS = ("tarsd.service", "docker.service", "docker.socket", "containerd.service")
"""Whose files are shown, the owner's drop-ins with them."""

Read = Callable[[Path], Stream]


def _machine(run: Run, at: Callable[[str], Part]) -> dict[str, Sequence[Part]]:
    """What it is, and what there is of it."""
    return {
        "os": [
            at("etc/os-release"),
            program(run, "uname", "-a"),
            at("proc/cmdline"),
            at("proc/sys/kernel/tainted"),
            program(run, "systemd-detect-virt", fine=(0, 1)),
            program(run, "systemctl", "--version"),
        ],
        "hardware": [
            program(run, "lscpu"),
            at("sys/class/dmi/id/sys_vendor"),
            at("sys/class/dmi/id/product_name"),
            at("sys/class/dmi/id/bios_version"),
            program(run, "lspci", "-k"),
        ],
        "memory": [at("proc/meminfo"), at("proc/swaps"), at("proc/sys/vm/overcommit_memory")],
        "pressure": [
            at("proc/loadavg"),
            at("proc/uptime"),
            *(at(f"proc/pressure/{name}") for name in ("cpu", "memory", "io")),
        ],
        "disks": [
            program(run, "lsblk", "-o", "NAME,TYPE,SIZE,FSTYPE,MOUNTPOINTS,MODEL,RO"),
            # Only what is on this machine: a NAS that is down would hold whoever asks how full it is.
            program(run, "df", "--local", "--print-type", "--exclude-type=overlay"),
            program(run, "df", "--local", "--inodes", "--exclude-type=overlay"),
            at("proc/diskstats"),
        ],
        # Of the first process, not of this one: in a job, what it must not write to looks read-only.
        "mounts": [at("proc/1/mountinfo"), at("etc/fstab")],
    }


def _doings(run: Run, root: Path) -> dict[str, Sequence[Part]]:
    """What it does."""
    return {
        "time": [
            program(run, "date", "--iso-8601=seconds"),
            program(run, "timedatectl", "show"),
        ],
        "units": [
            program(run, "systemctl", "is-system-running", fine=(0, 1, 3)),
            program(run, "systemctl", "list-units", "--failed", "--all", "--no-legend"),
            program(run, "systemctl", "list-units", "--type=mount", "--no-legend"),
            program(run, "systemctl", "status", "--lines=0", *UNITS, fine=(0, 3, 4)),
            program(run, "systemctl", "cat", *UNITS, fine=(0, 1)),
            program(run, "systemctl", "list-units", "tars-*", "--all", "--no-legend"),
        ],
        "boots": [program(run, "journalctl", "--list-boots", "--no-pager")],
        "processes": [Part("processes of services and containers", lambda: processes(root))],
    }


def system(run: Run, read: Read, root: Path = Path("/")) -> Collector:
    """`run` is tarsd.host.programs.output, `read` tarsd.host.pieces.contents, unless a test is somewhere else."""

    def at(path: str) -> Part:
        return reading(read, root / path)

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        for name, parts in {**_machine(run, at), **_doings(run, root)}.items():
            yield File(f"system/{name}.txt", lambda parts=parts: page(parts))

    return Collector(
        "system",
        "System",
        "operating system, kernel, hardware, memory, disks, mounts, time, units, boots, processes of services",
        files,
        deadline=20.0,
    )

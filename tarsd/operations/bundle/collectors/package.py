"""The package: versions, whether its files are as they were installed, and what was installed around it."""

from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

from tarsd.operations.bundle.collectors.log_lines import newest
from tarsd.operations.bundle.collectors.page import Run, page, program, reading
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, Stream
from tarsd.operations.bundle.collectors.system import Read

PATTERNS = (
    "tars-home", "docker*", "containerd*", "runc", "nvidia-*", "libnvidia-*", "linux-image-*", "cifs-utils", "nfs-common",
    "python3", "systemd", "iptables", "nftables", "ufw",
)  # fmt: skip

MOST = 256 * 1024
"""Bytes of dpkg's log."""


def package(run: Run, read: Read, root: Path = Path("/")) -> Collector:
    """`dpkg --verify` reads the whole package, 50 MB: a fifth of a second."""
    form = "${db:Status-Abbrev} ${Package} ${Version} ${Architecture}\\n"
    parts = [
        program(run, "dpkg-query", "--show", f"--showformat={form}", *PATTERNS, fine=(0, 1)),
        program(run, "dpkg", "--verify", "tars-home", deadline=15.0, fine=(0, 1)),
        program(run, "dpkg", "--audit"),
        program(run, "apt-cache", "policy", "tars-home"),
        reading(read, root / "run/reboot-required.pkgs"),
    ]

    async def lines() -> AsyncIterator[tuple[int, bytes]]:
        async for piece in read(root / "var/log/dpkg.log"):
            yield 0, piece

    def log() -> Stream:
        return newest(lines(), MOST, shapes=False)

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        yield File("package/package.txt", lambda: page(parts), 20.0)
        yield File("package/dpkg.log", log)

    return Collector(
        "package",
        "Packages",
        "versions, whether the package's files are as installed, what dpkg did last",
        files,
        deadline=25.0,
    )

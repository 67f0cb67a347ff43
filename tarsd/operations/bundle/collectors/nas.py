"""The NAS: how its share is mounted, and what the kernel's client says. The share itself is never touched: it may hang."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from tarsd.operations.bundle.collectors.page import Part, Run, page, program, reading
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, NotHere
from tarsd.operations.bundle.collectors.system import Read
from tarsd.paths import Paths
from tarsd.settings import Settings

KINDS = ("cifs", "smb3", "nfs", "nfs4")
"""File systems of a NAS."""


def nas(
    run: Run, read: Read, paths: Paths, settings: Callable[[], Settings], root: Path = Path("/")
) -> Collector:
    """Of programs that ask the kernel's client, each may be left behind."""

    async def mounts() -> AsyncGenerator[bytes, None]:
        async for line in _mounts(read, root):
            yield line

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        found = [line async for line in _mounts(read, root)]
        if not found and settings().nas.path is None:
            raise NotHere("no NAS is set up, and none is mounted")
        yield File(
            "nas/nas.txt",
            lambda: page(
                [
                    Part("mounts of a NAS", mounts),
                    reading(read, paths.documents),
                    program(run, "systemctl", "list-units", "--type=mount", "--all", "--no-legend"),
                    program(run, "cat", str(root / "proc/fs/cifs/DebugData")),
                    program(run, "cat", str(root / "proc/fs/cifs/Stats")),
                    program(run, "cat", str(root / "proc/net/rpc/nfs")),
                    program(run, "dpkg-query", "--list", "cifs-utils", "nfs-common", fine=(0, 1)),
                ]
            ),
        )

    return Collector(
        "nas",
        "NAS",
        "how the share is mounted and what the kernel's client says; never what is on it",
        files,
    )


async def _mounts(read: Read, root: Path) -> AsyncGenerator[bytes, None]:
    whole = b"".join([piece async for piece in read(root / "proc/1/mountinfo")])
    for line in whole.splitlines():
        kind = line.partition(b" - ")[2].split(b" ", 1)[0].decode(errors="replace")
        if kind in KINDS:
            yield line + b"\n"

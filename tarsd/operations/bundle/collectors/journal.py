"""The journal: what tarsd, its jobs, Docker and the kernel wrote."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

from tarsd.operations.bundle.collectors.log_lines import newest
from tarsd.operations.bundle.collectors.page import Run
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, Stream

MOST = 2 * 1024 * 1024
"""Bytes of each."""

_OPTIONS = ("--no-pager", "--quiet", "--no-hostname", "--output=short-iso-precise")

DOCKER = (
    # Of docker.service only what dockerd itself says: with the journald driver, containers write under its name.
    "_SYSTEMD_UNIT=docker.service", "SYSLOG_IDENTIFIER=dockerd",
    "+", "_SYSTEMD_UNIT=containerd.service", "SYSLOG_IDENTIFIER=containerd",
    "+", "_PID=1", "UNIT=docker.service",
    "+", "_PID=1", "UNIT=containerd.service",
)  # fmt: skip

KINDS: Mapping[str, Sequence[str]] = {
    "tarsd": ("--unit=tarsd.service",),
    # Of jobs what went wrong: that each began and ended would be all there is to read.
    "jobs": ("--unit=tars-*", "--priority=notice"),
    "docker": DOCKER,
}


def journal(run: Run) -> Collector:
    """Of tarsd and of Docker."""

    async def files(asked: Asked) -> AsyncGenerator[File, None]:
        for name, matches in KINDS.items():
            yield File(f"journal/{name}.log", lambda matches=matches: _entries(run, asked, matches))

    return Collector(
        "journal", "Journal", "what tarsd, its jobs and Docker wrote into the journal", files
    )


def kernel(run: Run) -> Collector:
    """Of the kernel, this boot's."""

    async def files(asked: Asked) -> AsyncGenerator[File, None]:
        yield File("kernel/kernel.log", lambda: _entries(run, asked, ("--dmesg",)))

    return Collector("kernel", "Kernel log", "what the kernel wrote since this boot", files)


def _entries(run: Run, asked: Asked, matches: Sequence[str]) -> Stream:
    bounds = (f"--since=@{int(asked.since.timestamp())}", f"--lines={asked.log_lines}")
    return newest(_numbered(run(["journalctl", *_OPTIONS, *bounds, *matches])), MOST, shapes=False)


async def _numbered(pieces: Stream) -> AsyncIterator[tuple[int, bytes]]:
    try:
        async for piece in pieces:
            yield 0, piece
    finally:
        await pieces.aclose()

"""What the kernel counts for each container and for tarsd, and what tarsd measured. No Engine is asked for either."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tarsd.host.containers import Container, Containers
from tarsd.operations.bundle.collectors.documents import document
from tarsd.operations.bundle.collectors.page import page, reading
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, NotHere
from tarsd.operations.bundle.collectors.records import rows_of
from tarsd.operations.bundle.collectors.system import Read
from tarsd.store import export

COUNTERS: Mapping[str, Sequence[str]] = {
    "": (
        "memory.current", "memory.peak", "memory.max", "memory.swap.current", "memory.events", "memory.pressure",
        "cpu.stat", "cpu.pressure", "io.stat", "io.pressure", "pids.current", "pids.max",
    ),
    "memory": (
        "memory.usage_in_bytes", "memory.max_usage_in_bytes", "memory.limit_in_bytes", "memory.failcnt",
        "memory.oom_control",
    ),
    "cpuacct": ("cpuacct.usage",),
    "cpu": ("cpu.stat",),
    "pids": ("pids.current", "pids.max"),
}  # fmt: skip
"""Of control groups by hierarchy: the one of version 2, then those of version 1."""

GROUPS = (
    "system.slice/tarsd.service",
    "system.slice/docker.service",
    "system.slice/docker-*.scope",
    "docker/[0-9a-f]*",
)
"""The daemon's, and containers' with systemd's driver and with Docker's own."""


def metrics(read: Read, containers: Containers, history: Path, root: Path = Path("/")) -> Collector:
    """With an Engine that does not answer, the groups have numbers only."""
    place = root / "sys/fs/cgroup"

    def counters() -> list[Path]:
        found = (
            group / name
            for pattern in GROUPS
            for hierarchy, names in COUNTERS.items()
            for group in sorted((place / hierarchy).glob(pattern))
            for name in names
        )
        return [path for path in found if path.exists()]

    async def names() -> Any:
        return [_named(it) for it in await containers.all()]

    async def files(asked: Asked) -> AsyncGenerator[File, None]:
        yield document("metrics/containers.json", names)
        since = asked.since.timestamp()
        yield rows_of(history, lambda: export.history(history, since), "metrics/history.jsonl")
        parts = [reading(read, path) for path in await asyncio.to_thread(counters)]
        if not parts:
            raise NotHere("the control groups of this machine are not where they usually are")
        yield File("metrics/groups.txt", lambda: page(parts))

    return Collector(
        "metrics",
        "Metrics",
        "what the kernel counts for tarsd and each container, and what was measured since then",
        files,
    )


def _named(it: Container) -> dict[str, object]:
    return {
        "service": it.service,
        "id": it.id,
        "state": it.state,
        "health": it.health,
        "exit_code": it.exit_code,
        "oom_killed": it.oom_killed,
        "restarts": it.restarts,
        "started": it.started,
        "finished": it.finished,
    }

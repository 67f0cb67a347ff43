"""What the kernel counts for each container and for tarsd: memory, processor, disk, processes. No Engine is asked for it."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from tarsd.host.containers import Container, Containers
from tarsd.operations.bundle.collectors.documents import as_document
from tarsd.operations.bundle.collectors.page import page, reading
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File
from tarsd.operations.bundle.collectors.system import Read

COUNTERS = (
    "memory.current", "memory.peak", "memory.max", "memory.swap.current", "memory.events", "memory.pressure",
    "cpu.stat", "cpu.pressure", "io.stat", "io.pressure", "pids.current", "pids.max",
)  # fmt: skip
"""Of a control group, version 2."""


def metrics(read: Read, containers: Containers, root: Path = Path("/")) -> Collector:
    """With an Engine that does not answer, the groups have numbers only."""
    slices = root / "sys/fs/cgroup/system.slice"

    def groups() -> list[Path]:
        ours = [slices / "tarsd.service", slices / "docker.service"]
        return [*(it for it in ours if it.is_dir()), *sorted(slices.glob("docker-*.scope"))]

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        found = await asyncio.to_thread(groups)
        parts = [reading(read, group / name) for group in found for name in COUNTERS]
        yield File("metrics/groups.txt", lambda: page(parts))

        async def names() -> AsyncGenerator[bytes, None]:
            yield as_document([_named(it) for it in await containers.all()])

        yield File("metrics/containers.json", names)

    return Collector(
        "metrics", "Metrics", "what the kernel counts for tarsd and each container", files
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

"""The Engine and Compose: what they are, the stack's objects in them, and what happened to these."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from tarsd.host.containers import PROJECT_LABEL
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations
from tarsd.host.json_lines import json_lines
from tarsd.operations.bundle.collectors.documents import as_lines, document, given
from tarsd.operations.bundle.collectors.environment import without_values
from tarsd.operations.bundle.collectors.page import Part, Run, page, program
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, NotHere, Stream

EVENTS = ("container", "network", "volume", "image", "daemon")

_TOLD = ("name", "image", "exitCode", "signal", "container", "type", "driver", "execDuration")
"""Of an event's attributes; the rest are the container's labels, which its inspect has."""


def engine(
    docker: DockerApi, project: str, generations: Generations, plugins: Sequence[Path], run: Run
) -> Collector:
    """Asks through one door: an Engine that does not say its version is asked nothing else."""
    it = _Engine(docker, project)

    async def stack() -> Any:
        current = await asyncio.to_thread(generations.current)
        if current is None:
            raise NotHere("nothing is installed yet")
        return without_values(await asyncio.to_thread(current.stack))

    def compose() -> Stream:
        found = [path / "docker-compose" for path in plugins]
        parts = [program(run, str(path), "version") for path in found if path.is_file()]
        return page([*parts, Part("the current generation", lambda: _generation(generations))])

    async def files(asked: Asked) -> AsyncGenerator[File, None]:
        yield document("engine/compose.json", stack)
        yield File("engine/compose.txt", compose)
        version = await docker.version()
        yield document("engine/version.json", lambda: given(version))
        yield document("engine/info.json", lambda: docker.object("/info"))
        for name, ask in it.objects().items():
            yield document(f"engine/{name}.json", ask)
        yield File("engine/events.jsonl", lambda: it.events(asked))
        yield document("engine/disk.json", it.disk)

    return Collector(
        "engine",
        "Docker and Compose",
        "version, info, inspect of the stack's containers, images, networks and volumes, events, disk usage, resolved stack",
        files,
        deadline=30.0,
        cap=8 * 1024 * 1024,
    )


async def _generation(generations: Generations) -> AsyncGenerator[bytes, None]:
    current = await asyncio.to_thread(generations.current)
    if current is None:
        raise NotHere("nothing is installed yet")
    yield f"generation {current.number}\n".encode()
    for service in current.services.values():
        yield f"service {service.name} {service.image}\n".encode()


class _Engine:
    """What is asked of it. Of containers that are not the stack's only how many there are is told, by its info."""

    def __init__(self, docker: DockerApi, project: str) -> None:
        self._docker = docker
        self._mine = {"filters": json.dumps({"label": [f"{PROJECT_LABEL}={project}"]})}
        self._project = project

    def objects(self) -> Mapping[str, Any]:
        """By kind, how the stack's are inspected."""
        return {
            "containers": self._containers,
            "images": self._images,
            "networks": self._networks,
            "volumes": lambda: self._docker.object("/volumes", self._mine),
        }

    async def _rows(self) -> list[dict[str, Any]]:
        return await self._docker.objects("/containers/json", {"all": "true", **self._mine})

    async def _containers(self) -> Any:
        return [await self._inspect(f"/containers/{row['Id']}/json") for row in await self._rows()]

    async def _images(self) -> Any:
        names = sorted({str(row.get("ImageID")) for row in await self._rows()})
        return [await self._inspect(f"/images/{name}/json") for name in names]

    async def _networks(self) -> Any:
        rows = await self._docker.objects("/networks", self._mine)
        return [await self._inspect(f"/networks/{row['Id']}") for row in rows]

    async def _inspect(self, path: str) -> Any:
        return without_values(await self._docker.object(path))

    async def disk(self) -> Any:
        """Sums, and the stack's volumes; names of what is not the stack's are nobody's business."""
        found = await self._docker.object("/system/df")
        volumes = cast("list[Mapping[str, Any]]", found.get("Volumes") or [])
        mine = [it for it in volumes if str(it.get("Name")).startswith(f"{self._project}_")]
        return {
            "layers_bytes": found.get("LayersSize"),
            "images": len(found.get("Images") or ()),
            "containers": len(found.get("Containers") or ()),
            "volumes": len(volumes),
            "build_cache": len(found.get("BuildCache") or ()),
            "stack_volumes": {str(it.get("Name")): it.get("UsageData") for it in mine},
        }

    async def events(self, asked: Asked) -> AsyncGenerator[bytes, None]:
        """What the Engine remembers, the stack's and what has no container; without what health checks run."""
        query = {
            "since": str(int(asked.since.timestamp())),
            "until": f"{time.time():.9f}",
            "filters": json.dumps({"type": list(EVENTS)}),
        }
        rows: list[Any] = []
        async with self._docker.stream("GET", "/events", query, silence=5.0) as response:
            async for several in json_lines(response.content.iter_any()):
                rows += [told for event in several for told in self._told(event)]
        async for line in as_lines(rows):
            yield line

    def _told(self, event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        actor: Mapping[str, Any] = event.get("Actor") or {}
        attributes: Mapping[str, str] = actor.get("Attributes") or {}
        action = str(event.get("Action"))
        other = event.get("Type") == "container" and (
            attributes.get(PROJECT_LABEL) != self._project
        )
        if other or action.startswith("exec_"):
            return
        yield {
            "time_nano": event.get("timeNano"),
            "type": event.get("Type"),
            "action": action,
            "id": str(actor.get("ID"))[:19],
            **{name: attributes[name] for name in _TOLD if name in attributes},
        }

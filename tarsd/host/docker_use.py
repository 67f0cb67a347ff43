"""What takes the space in Docker's directory, as `docker system df` tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.host.docker_api import DockerApi


@dataclass(frozen=True)
class DockerUse:
    """Bytes."""

    images: int
    containers: int
    volumes: int
    build_cache: int


async def docker_use(docker: DockerApi) -> DockerUse:
    """Ask the Engine, which walks all volumes for it: seconds of work for a disk. Raises what DockerApi raises."""
    found = await docker.object("/system/df")
    cached = [it for it in _rows(found, "BuildCache") if not it.get("Shared")]
    return DockerUse(
        images=_bytes(found.get("LayersSize")),
        containers=sum(_bytes(it.get("SizeRw")) for it in _rows(found, "Containers")),
        volumes=sum(_in_use(it) for it in _rows(found, "Volumes")),
        build_cache=sum(_bytes(it.get("Size")) for it in cached),
    )


def _rows(found: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    return found.get(name) or []


def _in_use(volume: Mapping[str, Any]) -> int:
    usage: Mapping[str, Any] = volume.get("UsageData") or {}
    return _bytes(usage.get("Size"))


def _bytes(size: object) -> int:
    """Unknown sizes are -1 there, or missing."""
    return max(size, 0) if isinstance(size, int) else 0

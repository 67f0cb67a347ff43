"""Where the data of a service lies: in its container by the image's habit, and on the machine by what is mounted there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.errors import EngineRefused
from tarsd.host.containers import Mounted
from tarsd.host.docker_api import DockerApi

CHROMA, CHROMA_BEFORE_1 = "/data", "/chroma/chroma"
"""Chroma 1.x writes to the one, 0.x wrote to the other."""


@dataclass(frozen=True)
class ImageFacts:
    """What an image says of itself, as far as data is concerned."""

    id: str
    tags: tuple[str, ...]
    environment: Mapping[str, str]

    def data_path(self, role: str) -> str | None:
        """Where it keeps its data; None where neither its role nor its environment tells."""
        if role == "vector":
            old = any(re.search(r"chroma:v?0\.", tag) for tag in self.tags)
            return CHROMA_BEFORE_1 if old else CHROMA
        return self.environment.get("PGDATA") if role == "db" else None

    @property
    def postgres_major(self) -> str | None:
        """Such as `17`; by the official image's own variable, or the tag of a repository that is called postgres."""
        told = self.environment.get("PG_MAJOR", "")
        if told.isdecimal():
            return told
        found = (re.search(r"(?:^|/)postgres:(\d+)(?:\D|$)", tag) for tag in self.tags)
        return next((match[1] for match in found if match), None)


async def image_facts(docker: DockerApi, reference: str) -> ImageFacts:
    """Of an image by reference or id; of one that is not here, what its reference says. Raises what DockerApi raises."""
    try:
        raw = await docker.object(f"/images/{reference}/json")
    except EngineRefused as error:
        if error.details.get("status") != 404:
            raise
        return ImageFacts("", (reference,), {})
    config: Mapping[str, Any] = raw.get("Config") or {}
    pairs = (str(it).partition("=") for it in config.get("Env") or ())
    tags = (*map(str, raw.get("RepoTags") or ()), reference)
    return ImageFacts(str(raw.get("Id")), tags, {name: value for name, _, value in pairs})


def wanted_mounts(stack: Mapping[str, Any], definition: Mapping[str, Any]) -> tuple[Mounted, ...]:
    """What a service of a stack, as Compose resolves it, is to have mounted; volumes by the Engine's names."""
    defined: Mapping[str, Mapping[str, Any] | None] = stack.get("volumes") or {}
    rows: Sequence[Mapping[str, Any]] = definition.get("volumes") or ()
    found: list[Mounted] = []
    for row in rows:
        kind, source = str(row.get("type")), str(row.get("source") or "")
        name = (defined.get(source) or {}).get("name") if kind == "volume" else source
        found.append(Mounted(kind, str(name or source), str(row.get("target"))))
    return tuple(found)


def holding(mounts: Sequence[Mounted], path: str) -> Mounted | None:
    """The mount in which `path` lies, the innermost; None where it is in the container itself or in memory."""
    around = [
        it for it in mounts if path == it.target or path.startswith(it.target.rstrip("/") + "/")
    ]
    inner = max(around, key=lambda it: len(it.target), default=None)
    return inner if inner is not None and inner.kind in ("volume", "bind") else None


def outlives(mounted: Mounted | None) -> bool:
    """Whether what lies there is found again once the container is gone."""
    return mounted is not None and not mounted.anonymous

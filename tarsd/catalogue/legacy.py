"""What the shell scripts of version 1.0 left on this machine: seen, explained, never touched."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.host.containers import PROJECT_LABEL

PREFIX = "tars-home-"
"""How docker-compose.home.yml of 1.0 named its containers."""

ENV_FILE = "tars-home.env"
"""Its settings and passwords, beside that file."""

VOLUMES = frozenset({"ollama_data", "chroma_data", "postgres_data", "redis_data"})
"""Its volumes, after the project's name."""


def containers(rows: Iterable[Mapping[str, Any]], project: str) -> dict[str, Mapping[str, Any]]:
    """The containers of 1.0 by name."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if labels(row).get(PROJECT_LABEL) == project:
            continue
        for name in row.get("Names") or ():
            if name.lstrip("/").startswith(PREFIX):
                found[name.lstrip("/")] = row
    return found


def labels(row: Mapping[str, Any]) -> Mapping[str, str]:
    """An object's labels."""
    return row.get("Labels") or {}


def volumes(rows: Iterable[Mapping[str, Any]], project: str) -> list[str]:
    """The volumes of 1.0: a Compose project that has all of its names, or names of the same prefix as its containers."""
    projects: dict[str, dict[str, str]] = {}
    found: set[str] = set()
    for row in rows:
        name, marks = str(row.get("Name")), labels(row)
        owner = marks.get(PROJECT_LABEL, "")
        if owner == project:
            continue
        if name.startswith((PREFIX, "tars-home_")):
            found.add(name)
        projects.setdefault(owner, {})[marks.get("com.docker.compose.volume", "")] = name
    for own in projects.values():
        if own.keys() >= VOLUMES:
            found.update(name for mark, name in own.items() if mark in VOLUMES)
    return sorted(found)


class LegacyDeployment(Check):
    """A stack of the 1.0 shell scripts is on this machine. This version cannot take over its data yet.

    Installing beside it would start with empty databases while its own still hold the documents and chats, so an
    install is refused as long as its containers exist, running or not. They must not be removed to get round it: 1.0
    mounted Chroma's volume where Chroma 1.x writes nothing, so the vectors may be in the container itself. Volumes
    alone are only told of: they stay.
    """

    id = "legacy.deployment"
    subject = "version 1.0"
    after = ("docker.down", "docker.flavour")
    vital = True
    about = About(
        what="A stack of the 1.0 shell scripts is on this machine: its containers, or only "
        "its volumes",
        seen="Containers called `tars-home-*` outside this project, and volumes with the "
        "names that 1.0 gave them; no file is opened",
        why="This version cannot take over that data yet. Installed beside it, the new "
        "stack would start empty while documents and chats lie in the old one; and "
        "1.0's Chroma may keep its vectors in the container itself, so removing that "
        "loses them",
        we="Nothing; containers of 1.0 refuse an install, volumes alone are told of and kept",
        you="Keep using 1.0 until a release says that it migrates it. Do not remove its containers",
        commands=(
            "docker ps -a --filter name=^/tars-home-",
            "docker volume ls",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """List containers and volumes; no file is opened."""
        rows = await world.docker.objects("/containers/json", {"all": "true"})
        found = containers(rows, world.project)
        answer = await world.docker.object("/volumes")
        kept = volumes(answer.get("Volumes") or [], world.project)
        if found:
            return self.fail(*_refusal(found, kept))
        if kept and world.asked.install:
            return self.warn(
                f"volumes of a 1.0 deployment are kept as they are and not used: {', '.join(kept)}",
                "docker volume inspect " + " ".join(kept),
            )
        if kept:
            return self.passed(f"volumes of a 1.0 deployment are kept: {', '.join(kept)}")
        return self.passed("nothing of version 1.0 is here")


def _refusal(found: Mapping[str, Mapping[str, Any]], kept: Sequence[str]) -> tuple[str, str]:
    names = sorted(found)
    directories = {labels(row).get(f"{PROJECT_LABEL}.working_dir") for row in found.values()} - {
        None
    }
    parts = [f"containers {', '.join(names)}"]
    parts += [f"volumes {', '.join(kept)}"] if kept else []
    parts += [f"settings {it}/{ENV_FILE}" for it in sorted(map(str, directories))]
    return (
        f"a stack of the 1.0 scripts is here ({'; '.join(parts)}), and this version cannot take it over yet; "
        "nothing of it was touched",
        "keep using it until a release says it migrates 1.0, and do not remove its containers: what Chroma "
        f"knows may be in one of them. To look: docker ps -a --filter name=^/{PREFIX}",
    )


CHECKS: tuple[Check, ...] = (LegacyDeployment(),)

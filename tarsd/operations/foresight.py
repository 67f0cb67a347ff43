"""What an install would find and do, as far as it can be known without doing any of it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tarsd.catalogue.check import Asked, Check, Finding, Status, World
from tarsd.engine.runner import run
from tarsd.errors import (
    EngineRefused,
    EngineUnavailable,
    GenerationDamaged,
    HostSilent,
    JobFailed,
    StackInvalid,
)
from tarsd.host.containers import Containers
from tarsd.host.generations import Generations
from tarsd.host.images import Image
from tarsd.host.secret_files import NAMES, SecretFiles
from tarsd.operations.answers import Answered, Answers, answered, written
from tarsd.operations.comparison import ServiceChange, Sides
from tarsd.operations.lost_secrets import lost, remade
from tarsd.operations.render import pin, references
from tarsd.operations.verdict import failing, judged
from tarsd.operations.worlds import Worlds
from tarsd.paths import Paths
from tarsd.settings import Settings

Archive = Mapping[str, str | None]
"""Reference -> image id (None where it is not known) of an archive that is not loaded yet."""


@dataclass(frozen=True)
class Foresight:
    """Looks and never changes: nothing is written, pulled, loaded, created or started."""

    checks: Sequence[Check]
    paths: Paths
    worlds: Worlds
    containers: Containers
    generations: Generations
    secrets: SecretFiles

    async def plan(
        self, answers: Answers, in_force: Settings, *, pull: bool, archive: Archive
    ) -> dict[str, Any]:
        """The shape of docs/json.md. Raises ConfigInvalid."""
        given = await asyncio.to_thread(answered, self.paths, answers, written(self.paths))
        world = self.worlds.world(given.settings, Asked(pull, given.overruled, install=True))
        findings = await run(self.checks, world)
        missing = await asyncio.to_thread(self.secrets.missing, list(NAMES))
        seen = await self._seen(world, missing, pull=pull, archive=archive)
        refused = failing(findings, self.checks)
        blind = seen.services is None
        more = [] if refused and blind else seen.findings  # a check has said why already
        return {
            **judged([*findings, *more], self.checks),
            "settings": differences(in_force, given.settings),
            "images": seen.images,
            "secrets": sorted(missing),
            "services": seen.services,
            "models": list(given.settings.models.keep),
            "questions": await questions(given, world),
        }

    async def _seen(
        self, world: World, missing: Sequence[str], *, pull: bool, archive: Archive
    ) -> "_Seen":
        try:
            stack = await world.stack()
            names = references(stack)
            here = {it: await world.images.find(it) for it in sorted(set(names.values()))}
            volumes = await self.containers.volumes()
            services = await self._services(stack, here, archive)
        except (EngineUnavailable, EngineRefused, HostSilent, JobFailed, StackInvalid) as error:
            why = Finding(error.kind, "stack", Status.FAIL, error.message, error.fix)
            return _Seen(None, None, [why])
        images = [
            {"reference": it, "from": _source(it, found, pull=pull, archive=archive)}
            for it, found in here.items()
        ]
        absent = [it["reference"] for it in images if it["from"] == "nowhere"]
        findings = [_not_in_archive(absent, sorted(here))] if absent else []
        findings += lost(self.secrets, missing, volumes, world.project)
        findings += remade(missing, volumes, world.project)
        return _Seen(images, [it.as_json() for it in services], findings)

    async def _services(
        self, stack: Mapping[str, Any], here: Mapping[str, Image | None], archive: Archive
    ) -> list[ServiceChange]:
        names = references(stack)
        unknown = Image("", None)
        images = {service: here[it] or unknown for service, it in names.items()}
        new, _ = pin(stack, images, self.paths.secrets)
        settled = frozenset(
            service for service, it in names.items() if _settled(it, here[it], archive)
        )
        old, before = await asyncio.to_thread(self._current)
        renamed = frozenset(service for service, it in names.items() if before.get(service) != it)
        return Sides(json.loads(json.dumps(new)), old, settled, renamed).changes(
            await self.containers.by_service()
        )

    def _current(self) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """The current generation as it is on disk, and its references; empty where there is none that can be read."""
        try:
            generation = self.generations.current()
        except GenerationDamaged:
            return {}, {}
        if generation is None:
            return {}, {}
        return _read(generation.compose_file), {
            name: service.image for name, service in generation.services.items()
        }


@dataclass(frozen=True)
class _Seen:
    images: list[dict[str, str]] | None
    services: list[dict[str, str | None]] | None
    findings: list[Finding]


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_bytes())


def _source(reference: str, found: Image | None, *, pull: bool, archive: Archive) -> str:
    if reference in archive:
        return "archive"
    if found is not None:
        return "here"
    return "registry" if pull else "nowhere"


def _settled(reference: str, found: Image | None, archive: Archive) -> bool:
    """Whether the image that is here is the one that will run: an archive may hold another of the same name."""
    return found is not None and (reference not in archive or archive[reference] == found.id)


def _not_in_archive(missing: Sequence[str], wanted: Sequence[str]) -> Finding:
    return Finding(
        "image.missing",
        "images",
        Status.FAIL,
        f"neither on this machine nor in the archive: {', '.join(missing)}",
        f"make the archive again with all of: {' '.join(wanted)}",
    )


def differences(before: Settings, after: Settings) -> list[dict[str, Any]]:
    """Every setting whose value changes."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [
        {"key": f"{table}.{key}", "from": old[table][key], "to": value}
        for table, rows in new.items()
        for key, value in rows.items()
        if old[table][key] != value
    ]


async def questions(given: Answered, world: World) -> list[dict[str, str]]:
    """What is worth asking the owner: it matters on this machine, and neither a flag nor a file has answered it."""
    found: list[dict[str, str]] = []
    if given.undecided("with_frontend"):
        found.append({"answer": "with_frontend", "about": f"port {given.settings.ports.webui}"})
    cards = await _cards(world) if given.undecided("cpu_only") else []
    if cards:
        found.append({"answer": "cpu_only", "about": cards[0]})
    if given.settings.nas.path and given.undecided("skip_nas"):
        found.append({"answer": "skip_nas", "about": given.settings.nas.path})
    return found


async def _cards(world: World) -> list[str]:
    """The cards that models could run on; none where their driver does not answer, which a check tells of."""
    try:
        return [card.name for card in await world.gpus.all() if card.driver]
    except HostSilent:
        return []

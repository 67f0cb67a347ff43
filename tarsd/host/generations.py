"""Generations on disk: rendered, pinned forms of the stack, exactly one current, the one before kept."""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tarsd.errors import GenerationDamaged
from tarsd.host import probe_labels
from tarsd.host.files import (
    link_atomic,
    make_directory,
    sync_directory,
    unfinished,
    write_atomic,
)
from tarsd.host.probe_labels import NO_LABELS, ProbeLabels

COMPOSE_FILE = "compose.json"
LOCK_FILE = "stack.lock"

HUNG_GRACE = 5
"""Seconds, where the labels do not say: a stopped process hears no signal, however long it is given."""

Heal = Literal["restart", "recreate", "none"]
_HEAL: Mapping[str, Heal] = {"restart": "restart", "recreate": "recreate", "none": "none"}


@dataclass(frozen=True)
class Service:
    """One service of a generation as its labels (`tars.*`) describe it; `image` is the reference a person knows.

    `start_grace`: seconds from its container's start until it should answer; None where its labels set none.
    """

    name: str
    image: str
    role: str
    required: bool
    after: frozenset[str]
    stop_grace: int
    start_grace: int | None = None
    probe: ProbeLabels = NO_LABELS
    binds: Mapping[str, str] = field(default_factory=dict[str, str])
    """Directories of this machine that it is given, and where it sees them."""
    hung_grace: int = HUNG_GRACE
    """Seconds that a hung container gets to end by itself (`tars.stop.hung`)."""
    heal: Heal = "restart"
    """What the healer may do to a container that does not work (`tars.heal`)."""
    volumes: frozenset[str] = frozenset()
    """Its volumes by the Engine's names."""
    image_id: str | None = None
    """The Engine's id of the image that it was installed with."""
    gpu: bool = False
    """Whether it is given NVIDIA's cards."""


@dataclass(frozen=True)
class Generation:
    """One rendered stack."""

    number: int
    directory: Path
    services: Mapping[str, Service]

    @property
    def compose_file(self) -> Path:
        """What Compose runs."""
        return self.directory / COMPOSE_FILE

    def stack(self) -> Mapping[str, Any]:
        """All of it, read from the disk. Raises GenerationDamaged."""
        try:
            return json.loads(self.compose_file.read_bytes())
        except (OSError, ValueError) as error:
            raise GenerationDamaged(
                f"cannot read generation {self.number} in {self.directory}: {error!r}",
                fix="sudo tarsctl install --yes",
            ) from error

    def start_order(self) -> list[list[str]]:
        """Services in layers: each layer needs only those before it. A cycle ends up in the last layer."""
        layers: list[list[str]] = []
        waiting = dict(self.services)
        while waiting:
            ready = sorted(
                name for name, service in waiting.items() if not service.after & waiting.keys()
            )
            layers.append(ready or sorted(waiting))
            for name in layers[-1]:
                del waiting[name]
        return layers


class Generations:
    """The directory of generations."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def current(self) -> Generation | None:
        """The generation that runs, or None before the first install. Raises GenerationDamaged."""
        number = self.current_number()
        return None if number is None else self.get(number)

    def current_number(self) -> int | None:
        """Its number, whatever state it is in."""
        try:
            return int((self._directory / "current").readlink().name)
        except (OSError, ValueError):
            return None

    def get(self, number: int) -> Generation:
        """Read one generation. Raises GenerationDamaged."""
        directory = self._directory / str(number)
        try:
            stack: dict[str, Any] = json.loads((directory / COMPOSE_FILE).read_bytes())
            lock: dict[str, Any] = json.loads((directory / LOCK_FILE).read_bytes())
            services = {
                name: _service(
                    name,
                    definition,
                    lock["images"].get(name, {}),
                    stack.get("volumes") or {},
                )
                for name, definition in stack["services"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise GenerationDamaged(
                f"cannot read generation {number} in {directory}: {error!r}",
                fix="sudo tarsctl install --yes",
            ) from error
        return Generation(number, directory, services)

    def images(self) -> frozenset[str]:
        """Ids and pinned references of every image that a generation on disk names. Raises GenerationDamaged."""
        kept = [self.get(int(entry.name)) for entry in self._numbered()]
        services = [service for generation in kept for service in generation.services.values()]
        ids = {service.image_id for service in services if service.image_id is not None}
        return frozenset(ids | {service.image for service in services})

    def naming(self, volumes: Collection[str]) -> list[str]:
        """Those of these volumes that a generation on disk names; of a damaged one it is seen, too. Raises OSError."""
        files = [entry / COMPOSE_FILE for entry in self._numbered()]
        texts = [it.read_text(encoding="utf-8", errors="replace") for it in files if it.exists()]
        return sorted(it for it in volumes if any(f'"{it}"' in text for text in texts))

    def volumes(self) -> frozenset[str]:
        """Names of the volumes of every generation on disk that can be read."""
        found: set[str] = set()
        for entry in self._numbered():
            with suppress(GenerationDamaged):
                services = self.get(int(entry.name)).services.values()
                found.update(name for service in services for name in service.volumes)
        return frozenset(found)

    @property
    def any(self) -> bool:
        """Whether there is one on disk, of whatever state."""
        return bool(self._numbered())

    def add(self, stack: Mapping[str, Any], lock: Mapping[str, Any]) -> Generation:
        """Write a new generation, not yet current; one with the same content as the current is not written again.

        Nor is one that a power cut left right after it was written: it would push out the one that ran before.
        """
        content = json.dumps(stack, indent=1, sort_keys=True) + "\n"
        newest = max((int(entry.name) for entry in self._numbered()), default=0)
        current = self.current_number()
        if current is not None:
            for there in (current, max(current, newest)):
                if self._holds(there, content):
                    return self.get(there)
        make_directory(self._directory)
        number = newest + 1
        fresh = unfinished(self._directory / str(number))
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        write_atomic(fresh / COMPOSE_FILE, content)
        write_atomic(fresh / LOCK_FILE, json.dumps(lock, indent=1, sort_keys=True) + "\n")
        fresh.rename(self._directory / str(number))
        sync_directory(self._directory)
        return self.get(number)

    def make_current(self, number: int | None) -> None:
        """Switch to a generation in one step (None: to none)."""
        link = self._directory / "current"
        if number == self.current_number():
            return
        if number is None:
            link.unlink(missing_ok=True)
            sync_directory(self._directory)
            return
        link_atomic(link, str(number))

    def drop_old(self) -> None:
        """Drop all but the current generation and the one before it."""
        current = self.current_number() or 0
        older = sorted(int(it.name) for it in self._numbered() if int(it.name) < current)
        for gone in older[:-1]:
            self.drop(gone)

    def drop(self, number: int) -> None:
        """Remove what a generation consists of; a directory that holds anything else stays, with just that."""
        directory = self._directory / str(number)
        for name in (COMPOSE_FILE, LOCK_FILE):
            (directory / name).unlink(missing_ok=True)
        with suppress(OSError):
            directory.rmdir()

    def _holds(self, number: int, content: str) -> bool:
        try:
            found = self.get(number).compose_file.read_text(encoding="utf-8")
        except GenerationDamaged:
            return False
        return found == content

    def _numbered(self) -> list[Path]:
        if not self._directory.is_dir():
            return []
        return [entry for entry in self._directory.iterdir() if entry.name.isdecimal()]


def _service(
    name: str,
    definition: Mapping[str, Any],
    image: Mapping[str, str],
    volumes: Mapping[str, Mapping[str, Any] | None],
) -> Service:
    labels: Mapping[str, str] = definition.get("labels") or {}
    after = {part.strip() for part in labels.get("tars.after", "").split(",") if part.strip()}
    return Service(
        name=name,
        image=image.get("reference", str(definition["image"])),
        image_id=image.get("id") or None,
        role=labels.get("tars.role", "other"),
        required=labels.get("tars.required") == "true",
        after=frozenset(after | set(definition.get("depends_on") or {})),
        stop_grace=seconds(str(definition.get("stop_grace_period") or "10s")),
        start_grace=probe_labels.grace(labels.get("tars.start.grace") or ""),
        hung_grace=probe_labels.grace(labels.get("tars.stop.hung") or "") or HUNG_GRACE,
        heal=_HEAL.get(labels.get("tars.heal", "restart"), "none"),
        probe=probe_labels.read(definition),
        binds=_binds(definition.get("volumes") or []),
        volumes=_volumes(definition.get("volumes") or [], volumes),
        gpu=_has_gpu(definition),
    )


def _has_gpu(definition: Mapping[str, Any]) -> bool:
    """By a reservation, by `gpus`, by NVIDIA's runtime, or by a CDI device: each names the one or the other."""
    asked = json.dumps([definition.get(it) for it in ("deploy", "gpus", "devices", "runtime")])
    return "nvidia" in asked or '"gpu"' in asked


def _binds(volumes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    binds = (volume for volume in volumes if volume.get("type") == "bind")
    return {str(bind.get("source")): str(bind.get("target")) for bind in binds}


def _volumes(
    mounted: Sequence[Mapping[str, Any]], defined: Mapping[str, Mapping[str, Any] | None]
) -> frozenset[str]:
    """Compose writes each volume's full name beside it; one without is not of a stack that it has resolved."""
    sources = (str(it.get("source")) for it in mounted if it.get("type") == "volume")
    names = ((defined.get(source) or {}).get("name") for source in sources)
    return frozenset(str(name) for name in names if name)


def seconds(duration: str) -> int:
    """A Compose duration such as `2m0s` in whole seconds; 10 (Docker's default grace) where it makes no sense."""
    found = probe_labels.duration(duration)
    return 10 if found is None else round(found)

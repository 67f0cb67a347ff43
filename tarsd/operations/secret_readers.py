"""Which services of a generation read a secret: from a file, when they start, or the environment, when they are made."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tarsd.host.generations import Generation

FILES: Mapping[str, frozenset[str]] = {
    "postgres-password": frozenset({"postgres-password", "webui.env", "backend.env"}),
    "redis-password": frozenset({"redis-password", "redis.conf", "webui.env", "backend.env"}),
    "jwt-root": frozenset({"jwt-root", "backend.env"}),
    "admin-password": frozenset({"admin-password", "webui.env"}),
}
"""Secret -> the files that it is in."""

ONLY_ONCE = {("postgres", "postgres-password")}
"""Who reads a secret on an empty volume only, and need not be started again."""


@dataclass(frozen=True)
class Readers:
    """Services by what they need to take a new value over."""

    restarted: tuple[str, ...]
    recreated: tuple[str, ...]

    @property
    def all(self) -> list[str]:
        """Their names."""
        return sorted({*self.restarted, *self.recreated})


def readers(generation: Generation, secret: str, directory: Path) -> Readers:
    """The services that read `secret` from the secrets directory. Raises OSError."""
    stack: dict[str, Any] = json.loads(generation.compose_file.read_bytes())
    paths = {str(directory / name) for name in FILES[secret]}
    defined: dict[str, dict[str, Any]] = stack.get("secrets") or {}
    sources = {name for name, it in defined.items() if str(it.get("file")) in paths}
    restarted: list[str] = []
    recreated: list[str] = []
    for name, service in stack["services"].items():
        if paths & set(_env_files(service)):
            recreated.append(name)
        elif (name, secret) not in ONLY_ONCE and sources & set(_mounted(service)):
            restarted.append(name)
    return Readers(tuple(sorted(restarted)), tuple(sorted(recreated)))


def _env_files(service: Mapping[str, Any]) -> Iterable[str]:
    found: str | Sequence[str | Mapping[str, Any]] = service.get("env_file") or []
    rows = [found] if isinstance(found, str) else found
    return [row if isinstance(row, str) else str(row.get("path")) for row in rows]


def _mounted(service: Mapping[str, Any]) -> Iterable[str]:
    rows: Sequence[str | Mapping[str, Any]] = service.get("secrets") or []
    return [row if isinstance(row, str) else str(row.get("source")) for row in rows]

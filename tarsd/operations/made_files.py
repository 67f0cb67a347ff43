"""Files of the secrets directory that a stack is started with. Containers that run do not miss one; a start does."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def absent(stack: Mapping[str, Any], secrets: Path) -> list[Path]:
    """Those that a resolved stack names and that are not there. Compose refuses all of it for one of them."""
    named = {Path(name) for name in _named(stack)}
    return sorted(it for it in named if it.parent == secrets and not it.exists())


def _named(stack: Mapping[str, Any]) -> Iterator[str]:
    secrets: Mapping[str, Mapping[str, Any]] = stack.get("secrets") or {}
    services: Mapping[str, Mapping[str, Any]] = stack.get("services") or {}
    yield from (str(it["file"]) for it in secrets.values() if "file" in it)
    for service in services.values():
        files: Sequence[str | Mapping[str, str]] = service.get("env_file") or ()
        yield from (it if isinstance(it, str) else it["path"] for it in files)

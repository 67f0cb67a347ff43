"""What tarsd tells of backups; docs/json.md says what it means."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Backup(TypedDict, total=False):
        name: str | None
        service: str | None
        kind: str | None
        made: str | None
        size_bytes: int | None
        sha256: str | None
        image: str | None
        holds: int | None
        path: str | None

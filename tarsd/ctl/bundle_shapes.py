"""What tarsd and its program tell of support bundles; docs/json.md says what it means."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Withheld(TypedDict, total=False):
        name: str | None
        why: str | None

    class Missing(TypedDict, total=False):
        collector: str | None
        name: str | None
        why: str | None
        text: str | None

    class Bundle(TypedDict, total=False):
        name: str | None
        path: str | None
        size_bytes: int | None
        made: str | None
        sha256: str | None
        encrypted: bool | None
        files: int | None
        withheld: list[Withheld] | None
        missing: list[Missing] | None
        redactions: dict[str, int] | None
        needles: int | None
        signer: str | None

    class PlannedCollector(TypedDict, total=False):
        id: str | None
        title: str | None
        about: str | None
        seconds: float | None
        bytes: int | None

    class BundlePlan(TypedDict, total=False):
        collectors: list[PlannedCollector] | None
        needed_bytes: int | None
        free_bytes: int | None
        directory: str | None

    class Check(TypedDict, total=False):
        what: str | None
        good: bool | None
        words: str | None

    class Verified(TypedDict, total=False):
        file: str | None
        intact: bool | None
        checks: list[Check] | None
        bundle: str | None
        made: str | None
        version: str | None
        signer: str | None

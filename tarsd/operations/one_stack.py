"""One change, one stack: what images were pulled for is what is then made of them.

A pull may take hours, in which the owner edits his override. The stack is rendered anew after it, and compared with what
is remembered of it; the stack itself is not, for an override may hold passwords.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tarsd.changes.model import Step
from tarsd.errors import StackInvalid

MEMO = "rendered"


async def remember(step: Step, stack: Mapping[str, Any], override: Path) -> None:
    """Put into this task's memo which stack it works for."""
    step.task.memo[MEMO] = await _marks(stack, override)
    await step.remember()


async def require_same(step: Step, stack: Mapping[str, Any], override: Path) -> None:
    """Raises StackInvalid where an earlier task of the change worked for another stack, naming what changed."""
    known: dict[str, str | None] | None = next(
        (task.memo[MEMO] for task in step.change.tasks if MEMO in task.memo), None
    )
    if known is None:  # an older daemon began it
        return
    marks = await _marks(stack, override)
    if marks["stack"] == known["stack"]:
        return
    changed = override.name
    if marks["override"] == known["override"]:
        changed = "something else than the override (settings, the package or the GPU's driver)"
    raise StackInvalid(
        f"cannot {step.change.summary}: {changed} changed while images were pulled; the images stay",
        fix="sudo tarsctl install",
    )


async def _marks(stack: Mapping[str, Any], override: Path) -> dict[str, str | None]:
    raw = json.dumps(stack, sort_keys=True).encode()
    return {"stack": _sha256(raw), "override": await asyncio.to_thread(_of_file, override)}


def _of_file(path: Path) -> str | None:
    return _sha256(path.read_bytes()) if path.exists() else None


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()

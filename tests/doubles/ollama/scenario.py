"""What the double is told to do wrong, or slowly."""

import json
import os
from dataclasses import dataclass, fields, replace
from typing import Any

ENVIRONMENT = "OLLAMA_DOUBLE_SCENARIO"
"""A JSON object with fields of Scenario to start with; `POST /double/scenario` changes them."""


@dataclass(frozen=True)
class Scenario:
    """How the double behaves; each default is what a healthy server without a GPU does."""

    delay: float = 0.0
    """Seconds that every answer takes longer."""
    status: int = 0
    """HTTP status of every answer instead of its own; 0 leaves it alone."""
    work_delay: float = 0.0
    """Seconds that whatever a model makes takes longer: words, vectors."""
    work_status: int = 0
    """HTTP status of that instead of its own; everything else answers."""
    pull_bytes: int = 64 * 1024 * 1024
    """Size of a model that is pulled; nothing of that size is ever stored."""
    pull_rate: int = 0
    """Bytes per second of a pull; 0 is at once."""
    pull_error_at: float = 1.0
    """Share of the pull after which its stream reports an error; 1.0 is never."""
    pull_cut_at: float = 1.0
    """Share of the pull after which its connection breaks; 1.0 is never."""
    vram_share: float = 0.0
    """Share of a loaded model that `/api/ps` claims to be on a GPU."""

    def changed(self, changes: dict[str, Any]) -> "Scenario":
        """The scenario with some fields changed.

        Raises:
            ValueError: a field is unknown or its value is not a number.
        """
        known = [field.name for field in fields(self)]
        for name, value in changes.items():
            if name not in known or type(value) not in (int, float):
                raise ValueError(f"cannot set {name} to {value!r}: numbers {', '.join(known)}")
        return replace(self, **changes)


def from_environment() -> Scenario:
    """The scenario that the environment asks for, or the healthy one."""
    return Scenario().changed(json.loads(os.environ.get(ENVIRONMENT) or "{}"))

"""The Engine's truth at one moment: list and inspect, never what events say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tarsd.catalogue.views import EngineView
from tarsd.host.containers import Container


@dataclass(frozen=True)
class Snapshot:
    """`containers` are those of the stack by service, None where the Engine could not be asked; `at` is the loop's time."""

    at: float
    taken: datetime
    engine: EngineView
    containers: Mapping[str, Container] | None = None
    networks: frozenset[str] = field(default_factory=frozenset[str])
    """Names of the stack's networks that there are."""
